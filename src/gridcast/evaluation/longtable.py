"""Forecasts as a LONG table, one row a model, place and hour, and the way back.

| column | is |
|---|---|
| `model`, `location` | names, as categories |
| `issue_time`, `valid_time` | when the forecast was made, and the start of the hour that it is about, UTC |
| `lead` | hours from the one to the other: 0 at step 1 |
| `actual`, `point` | the reading and the forecast, empty where there is none |
| `q0.05` ... | the quantiles, one column a level that any model tells, empty for those that do not |
| `quality` | what was special about the forecast; only where some model tells |
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.clock import HOUR
from gridcast.errors import PanelError, ShapeError, listed
from gridcast.forecast import DIMS, QUALITY_DIMS, QUANTILE_DIMS, Forecast

COLUMNS = ("model", "location", "issue_time", "valid_time", "lead", "actual", "point")

QUANTILE = re.compile(r"q(0\.\d+|\d(\.\d+)?e-\d+)")

Floats = npt.NDArray[np.float32]
Where = tuple[npt.NDArray[np.int64], ...]


class Read(NamedTuple):
    """What a table of forecasts holds: the forecasts by model, what was measured, and the steps of the gap."""

    forecasts: dict[str, Forecast]
    actual: Forecast
    gap: int


def quantile_column(level: float) -> str:
    """Return the name of the column of a quantile.

    Example:
        >>> quantile_column(0.05), quantile_column(0.5)
        ('q0.05', 'q0.5')
    """
    return f"q{float(level)!r}"


def forecast_table(forecasts: Mapping[str, Forecast], actual: Forecast, *, gap: int = 0) -> pd.DataFrame:
    """Return the table of all models; arguments as in `forecast_tables`, which needs less memory."""
    return pd.concat(forecast_tables(forecasts, actual, gap=gap), ignore_index=True)


def forecast_tables(forecasts: Mapping[str, Forecast], actual: Forecast, *, gap: int = 0) -> Iterator[pd.DataFrame]:
    """Give one table a model, all with the same columns, in the order of issue time, place and valid time.

    Args:
        forecasts: By the name of the model, all of one shape.
        actual: What was measured.
        gap: Steps after the issue time that are left out.

    Raises:
        ShapeError: If forecasts and readings are not of the same issue times, places and steps.
    """
    strangers = [name for name, each in forecasts.items() if _labels(each) != _labels(actual)]
    if strangers:
        found = f"{listed(strangers)} and the readings"
        raise ShapeError("not of the same issue times, places and steps", found=found, expected="one order of the same ones")
    levels = sorted({level for each in forecasts.values() for level in each.levels})
    told = any(each.quality is not None for each in forecasts.values())
    ex_post = [name for name, each in forecasts.items() if each.is_ex_post]
    attrs = {"unit": str(actual.values.attrs.get("unit", "")), "freq": actual.freq.isoformat(), "ex_post": ex_post}
    keys = _keys(actual, gap)
    for code, each in enumerate(forecasts.values()):
        table = keys.assign(point=_flat(each.values, gap))
        models = pd.Categorical.from_codes(np.full(len(keys), code), categories=pd.Index(list(forecasts)))
        table.insert(0, "model", pd.Series(models))
        for level in levels:
            table[quantile_column(level)] = _quantile(each, level, gap)
        if told:
            table["quality"] = _words(each, each.horizon - gap)
        table.attrs.update(attrs)
        yield table


def forecasts_of(table: pd.DataFrame, *, freq: pd.Timedelta | None = None) -> Read:
    """Return the forecasts of a table, and what was measured.

    Args:
        table: As `forecast_table` makes it; rows may be in any order, and may be missing.
        freq: Time between two steps, where the table does not tell by itself.

    Raises:
        PanelError: If columns are missing, or there is one lead time only and nothing tells the step.
    """
    missing = [name for name in COLUMNS if name not in table]
    if missing or table.empty:
        raise PanelError(
            "not a table of forecasts", found=f"no {listed(missing) or 'rows'}", expected=listed(COLUMNS, len(COLUMNS))
        )
    freq = freq or _freq(table)
    step = np.rint(table["lead"].to_numpy() * (HOUR / freq)).astype(np.int64)
    issued = pd.DatetimeIndex(pd.to_datetime(table["issue_time"], utc=True)).tz_convert(None)
    times, names = issued.unique().sort_values(), pd.Index(_in_order(table["location"]))
    where = times.get_indexer(issued), names.get_indexer(pd.Index(table["location"].astype(str))), step
    coords = {"issue_time": times.to_numpy(), "location": list(names), "step": np.arange(1, step.max() + 2)}
    attrs = {"unit": str(table.attrs.get("unit", "")), "freq": freq.value, "ex_post": 0}
    forecasts = {}
    for model in _in_order(table["model"]):
        rows = np.asarray(table["model"] == model)
        own = {**attrs, "ex_post": int(model in table.attrs.get("ex_post", ()))}
        forecasts[model] = _read(table[rows], (where[0][rows], where[1][rows], where[2][rows]), coords, own)
    actual = _laid(table["actual"], where, coords, DIMS, np.float32(np.nan))
    return Read(forecasts, Forecast(actual.assign_attrs(attrs)), int(step.min()))


def _keys(actual: Forecast, gap: int) -> pd.DataFrame:
    """Return the columns that are the same for all models."""
    issues, places, steps = *actual.values.shape[:2], actual.horizon - gap
    lead = np.arange(gap, actual.horizon) * (actual.freq / HOUR)
    valid = np.repeat(actual.valid_times[:, None, gap:], places, axis=1)
    names = np.tile(np.repeat(np.arange(places), steps), issues)
    return pd.DataFrame(
        {
            "location": pd.Categorical.from_codes(names, categories=pd.Index(actual.locations)),
            "issue_time": actual.issue_times.repeat(places * steps),
            "valid_time": pd.DatetimeIndex(valid.ravel()).tz_localize("UTC"),
            "lead": np.tile(lead, issues * places),
            "actual": _flat(actual.values, gap),
        }
    )


def _labels(forecast: Forecast) -> tuple[tuple[str, ...], list[object], int, pd.Timedelta]:
    """Return what the rows of a forecast are about."""
    return forecast.locations, list(forecast.issue_times), forecast.horizon, forecast.freq


def _flat(values: xr.DataArray, gap: int) -> Floats:
    """Return values of shape (issue_time, location, step) without the gap as a column."""
    return np.asarray(values.values[:, :, gap:], dtype=np.float32).ravel()


def _quantile(forecast: Forecast, level: float, gap: int) -> Floats:
    """Return the column of a quantile, empty where the forecaster does not tell it."""
    if forecast.quantiles is None or level not in forecast.levels:
        return np.full(forecast.values[:, :, gap:].size, np.nan, dtype=np.float32)
    return _flat(forecast.quantiles.sel(quantile=level), gap)


def _words(forecast: Forecast, steps: int) -> pd.Categorical:
    """Return the quality of each row."""
    words = np.full(forecast.values.shape[:2], "", dtype=object) if forecast.quality is None else forecast.quality.values
    return pd.Categorical(np.repeat(words.ravel(), steps))


def _in_order(names: pd.Series[Any]) -> list[str]:
    """Return the names that occur: in the order of the categories, or in which they come."""
    if isinstance(names.dtype, pd.CategoricalDtype):
        names = pd.Series(names.cat.remove_unused_categories().cat.categories)
    return [str(name) for name in names.unique()]


def _freq(table: pd.DataFrame) -> pd.Timedelta:
    """Return the time between two steps: what the table carries, or the least difference of its lead times."""
    if "freq" in table.attrs:
        return pd.Timedelta(table.attrs["freq"])
    leads = np.unique(table["lead"])
    if len(leads) < 2:
        raise PanelError(
            "a single lead time does not tell the time between two steps", found=f"{leads[0]:g} h", expected="`freq` as an argument"
        )
    return pd.Timedelta(hours=float(np.diff(leads).min())).round("s")


def _read(table: pd.DataFrame, where: Where, coords: Mapping[str, object], attrs: Mapping[str, object]) -> Forecast:
    """Return the forecast of one model."""
    empty = np.float32(np.nan)
    points = _laid(table["point"], where, coords, DIMS, empty).assign_attrs(attrs)
    columns = [str(name) for name in table if QUANTILE.fullmatch(str(name)) and table[name].notna().any()]
    levels = [float(name.removeprefix("q")) for name in columns]
    quantiles = [_laid(table[columns[each]], where, coords, DIMS, empty) for each in np.argsort(levels)]
    quality = None
    if "quality" in table and (table["quality"] != "").any():
        quality = _laid(table["quality"].astype(object), where[:2], coords, QUALITY_DIMS, "")
    return Forecast(
        points,
        xr.concat(quantiles, pd.Index(sorted(levels), name="quantile")).transpose(*QUANTILE_DIMS) if levels else None,
        quality,
    )


def _laid(column: pd.Series[Any], where: Where, coords: Mapping[str, Any], dims: Sequence[str], empty: object) -> xr.DataArray:
    """Return a column as labelled values, empty where there is no row."""
    own = {dim: coords[dim] for dim in dims}
    values = np.full([len(labels) for labels in own.values()], empty, dtype=np.asarray(empty).dtype if dims == DIMS else object)
    values[where] = column.to_numpy()
    return xr.DataArray(values, own, dims)
