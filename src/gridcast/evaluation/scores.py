"""All scores of several forecasters in one long table: overall, by place, lead time, hour, season and issue time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, HOUR, WEEK, steps_in
from gridcast.errors import ShapeError, listed
from gridcast.evaluation.hours import ScoredHours, scored_hours
from gridcast.evaluation.splits import Split, splits_of
from gridcast.forecast import Forecast
from gridcast.metrics import day_statistics, quantile_statistics, ratios_of, seasonal_scale, series_statistics
from gridcast.panel import Panel

Array = npt.NDArray[np.float64]
Column = npt.NDArray[Any]
Sums = dict[str, Array]
Metrics = dict[str, tuple[Array, Array]]

KINDS: dict[str, tuple[npt.DTypeLike, object]] = {
    "model": (object, ""),
    "split": (object, ""),
    "location": (object, ""),
    "lead": (np.float64, np.nan),
    "hour": (np.float64, np.nan),
    "season": (object, ""),
    "issue_time": ("datetime64[ns]", np.datetime64("NaT")),
    "metric": (object, ""),
    "value": (np.float64, np.nan),
    "n": (np.int64, 0),
}  # of each column, and what stands in it where it is empty


def score_table(
    forecasts: Mapping[str, Forecast],
    actual: Forecast,
    *,
    panel: Panel,
    gap: int = 0,
    places: Sequence[str] | None = None,
    scale: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return all scores of several forecasters on the same hours, one row a score.

    An hour counts if it has a reading and a forecast of every forecaster that makes forecasts at all. How many readings a
    forecaster could not forecast stands in the rows `missed`, where `n` is the number of readings.

    Args:
        forecasts: Forecasts by the forecaster's name, all of one shape.
        actual: What was measured.
        panel: The panel that they are of, for its clocks, latitudes and the readings before the first issue time.
        gap: Number of first steps that are not scored.
        places: Names of the places to score; all if left out.
        scale: By place the error that `mase` is scaled by; by default the MAE of the same hour a week ago over the readings
            before the first issue time. [the panel's unit]

    Returns:
        Columns `model`; `split`, one of `overall`, `location`, `lead`, `hour`, `season` and `issue`; `location`, `lead` [h],
        `hour` and `season` by the local clock, `issue_time` [UTC], each empty where it is not the split; `metric`, `value` and
        `n`, the count of what it is a mean of. Metrics: `mae`, `rmse`, `bias`, `pinball` (mean over the levels), `crps` and
        `width80` [the panel's unit]; `mape`, `wape` (of the sums over all places), `nmae` (the mean over places of MAE by mean
        reading), `median_mape` (over places), `relative_bias` and `coverage80` [%]; `mase` [1]; and of whole days, which lead
        times and hours do not have, `peak_error`, `energy_error` [%] and `peak_shift` [h]. Groups in which nothing counts are
        left out, but for `overall`.

    Raises:
        ShapeError: If a forecast is not of the issue times, places and steps that were measured, or not of the panel's places.
        ConfigError: If a place is unknown, or the gap leaves no steps.
    """
    hours = scored_hours(forecasts, actual, gap=gap, places=places)
    strangers = [name for name in hours.locations if name not in panel.locations]
    if strangers:
        raise ShapeError("forecasts of places that the panel does not have", found=listed(strangers), expected="its own places")
    scale = _weekly_scale(panel, actual.issue_times) if scale is None else scale
    scales = np.array([scale.get(name, np.nan) for name in hours.locations], dtype=np.float64)
    splits = splits_of(actual, hours, panel)
    parts = [rows for name, forecast in forecasts.items() for rows in _rows_of(name, forecast, hours, splits, scales)]
    table = pd.DataFrame(
        {name: np.concatenate([np.empty(0, kind), *(p[name] for p in parts)]) for name, (kind, _) in KINDS.items()}
    )
    table["issue_time"] = pd.DatetimeIndex(table["issue_time"]).tz_localize("UTC")
    return table[(table["n"] > 0) | (table["split"] == "overall")].reset_index(drop=True)


def _weekly_scale(panel: Panel, issue_times: pd.DatetimeIndex) -> dict[str, float]:
    """Return how much the readings before the first issue time change in a week, by place."""
    rows = int(panel.times.searchsorted(issue_times[0] - panel.freq, side="right"))
    scale = seasonal_scale(panel.measured[:rows], steps_in(WEEK, panel.freq))
    return dict(zip(panel.locations, scale.tolist(), strict=True))


def _rows_of(
    name: str, forecast: Forecast, hours: ScoredHours, splits: Sequence[Split], scales: Array
) -> Iterator[dict[str, Column]]:
    """Yield the rows of a forecaster's scores, split by split, as columns."""
    readings, missed = np.isfinite(hours.readings).sum(axis=(0, 2)), hours.missed[name]
    for split, sums in _sums(name, forecast, hours, splits, scales):
        metrics = _metrics(sums)
        if split.name == "overall":
            of_places = _metrics({statistic: values.T for statistic, values in sums.items()})
            del of_places["median_mape"]  # of one place that is its MAPE
            of_places["missed"] = missed.astype(np.float64), readings.astype(np.float64)
            metrics["missed"] = np.array([missed.sum()], np.float64), np.array([readings.sum()], np.float64)
            yield _rows(name, "location", ("location", np.array(hours.locations, dtype=object)), of_places)
        yield _rows(name, split.name, (split.column, split.labels), metrics)


def _sums(
    name: str, forecast: Forecast, hours: ScoredHours, splits: Sequence[Split], scales: Array
) -> Iterator[tuple[Split, Sums]]:
    """Yield for each split the sums of all statistics, shape (group, location)."""
    counts, points = hours.counts_of(name), hours.cut(forecast.values.values)
    readings, place = hours.readings[counts], np.broadcast_to(np.arange(len(hours.locations))[:, None], counts.shape)
    statistics = series_statistics(readings, points[counts], scales[place[counts]])
    if forecast.quantiles is not None:
        statistics |= quantile_statistics(readings, hours.cut(forecast.quantiles.values)[counts], forecast.levels)
    days = _days(np.where(counts, hours.readings, np.nan), points, forecast.freq)
    for split in splits:
        cells = np.int64(len(hours.locations)) * split.codes + place
        shape = (len(split.labels), len(hours.locations))
        sums = {statistic: _summed(values, cells[counts], shape) for statistic, values in statistics.items()}
        if split.by_day and days:
            first = np.arange(days["n_day"].shape[2]) * steps_in(DAY, forecast.freq)  # a day's first step tells its group
            sums |= {statistic: _summed(values, cells[:, :, first], shape) for statistic, values in days.items()}
        yield split, sums


def _days(readings: Array, points: npt.NDArray[np.floating], freq: pd.Timedelta) -> Sums:
    """Return the statistics of whole days; none where steps don't make up days."""
    return day_statistics(readings, points, hours=freq / HOUR) if DAY % freq == pd.Timedelta(0) else {}


def _summed(values: Array, cells: npt.NDArray[np.int64], shape: tuple[int, int]) -> Array:
    """Return the sum of the values in each cell, shape (group, location)."""
    sums = np.bincount(cells.ravel(), weights=values.ravel(), minlength=shape[0] * shape[1])
    return sums.astype(np.float64).reshape(shape)


def _metrics(sums: Sums) -> Metrics:
    """Return the metrics of sums of shape (group, location): over all places, values and counts of shape (group,)."""
    each, pooled = ratios_of(sums), ratios_of({name: values.sum(axis=1) for name, values in sums.items()})
    return {
        **pooled,
        "nmae": (_over_places(np.nanmean, each["wape"][0]), pooled["wape"][1]),
        "median_mape": (_over_places(np.nanmedian, each["mape"][0]), pooled["mape"][1]),
    }


def _over_places(function: Callable[..., Array], values: Array) -> Array:
    """Return a mean or median over the places that have a value, shape (group,)."""
    found = np.full(len(values), np.nan)
    some = np.isfinite(values).any(axis=1)
    found[some] = function(values[some], axis=1)
    return found


def _rows(model: str, split: str, labels: tuple[str, Column], metrics: Metrics) -> dict[str, Column]:
    """Return the rows of one split as columns: a row a metric and group, which are labelled in a column of their own."""
    groups, rows = len(labels[1]), len(labels[1]) * len(metrics)
    columns = {name: np.full(rows, empty, kind) for name, (kind, empty) in KINDS.items()}
    columns |= {"model": np.full(rows, model, object), "split": np.full(rows, split, object)}
    columns |= {"metric": np.repeat(np.array(list(metrics), object), groups), labels[0]: np.tile(labels[1], len(metrics))}
    columns["value"] = np.concatenate([values for values, _ in metrics.values()])
    columns["n"] = np.concatenate([counts for _, counts in metrics.values()]).round().astype(np.int64)
    return columns
