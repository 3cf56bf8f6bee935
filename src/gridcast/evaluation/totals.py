"""The sum of all places: what a system is operated by, coherent with the forecasts of its parts."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.availability import Availability
from gridcast.forecast import Forecast
from gridcast.panel import Panel
from gridcast.reconcile import sum_bottom_up
from gridcast.tabular import TARGET

TOTAL = "total"  # name of the sum as a place
CLOCK = ("timezone", "country", "subdivision")  # columns by which a place has a clock and holidays of its own

Residuals = npt.NDArray[np.floating]


def summed_panel(panel: Panel) -> Panel:
    """Return the panel whose only place is the sum of all, with the mean of their weather and the clock of most of them.

    It is missing where any place was not measured, filled or not, and arrives when the readings of the places do.
    """
    total = panel.measured.sum(axis=1)
    readings = pd.DataFrame(total[: panel.rows], index=panel.times[: panel.rows], columns=[TOTAL])
    coords = {name: [float(np.nanmean(values))] for name, values in zip(("latitude", "longitude"), _where(panel), strict=False)}
    places = pd.DataFrame({"id": [TOTAL], **coords}) if coords else None
    summed = Panel.from_wide(readings, places, unit=panel.unit)
    dataset = summed.dataset.assign_attrs({**panel.dataset.attrs, **summed.dataset.attrs})
    dataset[TARGET].attrs = dict(panel.dataset[TARGET].attrs)
    summed = Panel(dataset.assign_coords(_clock(panel)))
    for name in panel.variables:
        variable = panel.dataset[name]
        if "location" not in variable.dims:
            continue
        rule = Availability.of(variable)
        mean = variable.mean("location", skipna=True, keepdims=True).assign_coords(location=[TOTAL])
        units = str(variable.attrs.get("units", ""))
        summed = summed.with_variable(name, mean, units=units, availability=rule.kind, delay=rule.delay)
    return summed


def summed_forecast(forecast: Forecast, residuals: Residuals | None = None) -> Forecast:
    """Return the forecast of the sum of a forecast's places.

    Its quantiles come from what the places missed together.

    Args:
        forecast: Of all places.
        residuals: Errors of earlier point forecasts, reading less forecast, shape (V, location, step); without them there are
            no quantiles. [the forecast's unit]
    """
    point = forecast.values.values.astype(np.float64)
    if residuals is None or not forecast.levels:
        return _of_sum(forecast, point.sum(axis=1))
    total, quantiles = sum_bottom_up(point, residuals, np.asarray(forecast.levels))
    return _of_sum(forecast, total, quantiles)


def summed_actual(actual: Forecast) -> Forecast:
    """Return what all places together were measured at; missing where any of them is."""
    return _of_sum(actual, actual.values.values.sum(axis=1))


def _of_sum(forecast: Forecast, values: npt.ArrayLike, quantiles: npt.ArrayLike | None = None) -> Forecast:
    """Return the forecast of one place, values of shape (issue_time, step)."""
    coords = {"issue_time": forecast.values["issue_time"].values, "location": [TOTAL], "step": forecast.values["step"].values}
    laid = xr.DataArray(np.asarray(values)[:, None], coords, forecast.values.dims, attrs=forecast.values.attrs)
    if quantiles is None:
        return Forecast(laid)
    levels = {**coords, "quantile": np.asarray(forecast.levels)}
    return Forecast(laid, xr.DataArray(np.asarray(quantiles)[:, None], levels, (*forecast.values.dims, "quantile")))


def _clock(panel: Panel) -> dict[str, tuple[str, list[str]]]:
    """Return zone, country and part of it that most places have, as far as places have their own."""
    told = [name for name in CLOCK if name in panel.dataset.coords]
    each = zip(*(panel.dataset[name].values.tolist() for name in told), strict=True)
    return (
        {name: ("location", [value]) for name, value in zip(told, Counter(each).most_common(1)[0][0], strict=True)} if told else {}
    )


def _where(panel: Panel) -> tuple[npt.NDArray[np.float64], ...]:
    return panel.coordinates if panel.has_coordinates else ()
