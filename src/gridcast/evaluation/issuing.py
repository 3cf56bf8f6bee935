"""Issuing forecasts: each from what was known at its issue time; and putting forecasts of several parts together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gridcast.availability import ISSUED, Availability, is_timed
from gridcast.errors import ShapeError, counted, listed
from gridcast.forecast import Forecast, Predictor
from gridcast.panel import Panel

Part = tuple[Forecast, Sequence[str]]  # a forecast and the places that are taken from it; no place stands for all


def issue(forecaster: Predictor, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
    """Return the forecasts of a fitted forecaster, which for each issue time gets only what was available then.

    A forecaster that has the attribute `batched = True` promises that the forecast issued at t uses no reading and no observed
    variable from the row of t on. It is asked once for all issue times, where that comes to the same.

    Args:
        forecaster: Fitted on what was known at the first issue time.
        panel: Readings and weather of the whole period.
        issue_times: Moments of issue, UTC, ascending, shape (issue_time,).

    Raises:
        ShapeError: If the forecasts are not of the panel's places and the issue times, or differ in steps or levels.
    """
    if getattr(forecaster, "batched", False) and is_cut_by_rows(panel, issue_times):
        span = issue_times[-1] - issue_times[0] + panel.freq
        known = panel.as_of(issue_times[-1]).recent(forecaster.reach + span)
        parts = [forecaster.predict(known, issue_times)]
    else:
        parts = [
            forecaster.predict(recent_as_of(panel, time, forecaster.reach), issue_times[[i]]) for i, time in enumerate(issue_times)
        ]
    return assembled([(part, ()) for part in parts], panel=panel, issue_times=issue_times)


def recent_as_of(panel: Panel, issue_time: pd.Timestamp, reach: pd.Timedelta) -> Panel:
    """Return `panel.as_of(issue_time).recent(reach)`, without a copy of the long years before and after it.

    Raises:
        PanelError: If fewer than two readings had been made by then.
    """
    moment = issue_time if panel.issue_time is None else min(issue_time, panel.issue_time)
    ended = int(panel.times.searchsorted(moment - panel.freq, side="right"))
    start = panel.times[0] + ended * panel.freq - max(reach, 2 * panel.freq)
    end = None if panel.ahead else max(moment, panel.times[0] + 2 * panel.freq)
    return panel.between(start, end).as_of(moment)


def is_cut_by_rows(panel: Panel, issue_times: pd.DatetimeIndex) -> bool:
    """Return whether what was known at each issue time is what stands in the rows before it, and all that is known ahead.

    It is not where a forecast has vintages, something arrives with a delay, or readings were filled; nor where one of the issue
    times comes before the second reading.
    """
    if panel.issue_time is not None or issue_times[0] < panel.times[0] + 2 * panel.freq or panel.filled.any():
        return False
    timed = [variable for variable in panel.dataset.data_vars.values() if is_timed(variable)]
    rules = [Availability.of(variable) for variable in timed]
    prompt = all(rule.kind in ("perfect", "known") or rule.delay == pd.Timedelta(0) for rule in rules)
    return prompt and not any(ISSUED in variable.dims for variable in timed)


def assembled(parts: Sequence[Part], *, panel: Panel, issue_times: pd.DatetimeIndex) -> Forecast:
    """Return one forecast made of parts, with their quantiles and quality; what no part tells is missing.

    Args:
        parts: Forecasts of all the panel's places and some of the issue times, and the places that are taken from each.
        panel: Whose places, unit and step they are of.
        issue_times: Of the whole, UTC, ascending, shape (issue_time,).

    Raises:
        ShapeError: If they are of other places or issue times, or differ in steps or levels of quantiles.
    """
    forecasts = [forecast for forecast, _ in parts]
    _require_alike(forecasts, panel, issue_times)
    shape = (len(issue_times), len(panel.locations), forecasts[0].horizon)
    levels = next((forecast.levels for forecast in forecasts if forecast.levels), ())
    dtype = np.result_type(np.float32, *(forecast.values.dtype for forecast in forecasts))
    values = np.full(shape, np.nan, dtype=dtype)
    quantiles = np.full((*shape, len(levels)), np.nan, dtype=dtype)
    quality = np.full(shape[:2], "", dtype=object)
    names = pd.Index(panel.locations)
    for forecast, places in parts:
        columns = names.get_indexer(pd.Index(places)) if places else np.arange(len(names))
        whole, part = np.ix_(issue_times.get_indexer(forecast.issue_times), columns), (slice(None), columns)
        values[whole] = forecast.values.values[part]
        if forecast.quantiles is not None:
            quantiles[whole] = forecast.quantiles.values[part]
        if forecast.quality is not None:
            quality[whole] = forecast.quality.values[part]
    return Forecast.of(
        values,
        panel=panel,
        issue_times=issue_times,
        ex_post=any(forecast.is_ex_post for forecast in forecasts),
        quantiles=(levels, quantiles) if levels else None,
        quality=None if all(forecast.quality is None for forecast in forecasts) else quality,
    )


def _require_alike(forecasts: Sequence[Forecast], panel: Panel, issue_times: pd.DatetimeIndex) -> None:
    """Refuse forecasts that do not go together."""
    strangers = [f for f in forecasts if f.locations != panel.locations or not f.issue_times.isin(issue_times).all()]
    if strangers:
        raise ShapeError(
            "the forecast is not of the places and issue times that were asked for",
            found=f"{counted(strangers[0].locations, 'place')}, issued at {listed(strangers[0].issue_times)}",
            expected=f"{counted(panel.locations, 'place')} in the order of the panel, issued at {listed(issue_times)}",
        )
    for word, kinds in (
        ("number of steps", {forecast.horizon for forecast in forecasts}),
        ("levels of quantiles", {forecast.levels for forecast in forecasts if forecast.levels}),
    ):
        if len(kinds) > 1:
            raise ShapeError(f"the {word} changes from one forecast to the next", found=listed(sorted(kinds)), expected="one")
