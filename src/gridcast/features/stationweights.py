"""Which stations tell the weather of a place, learned from its consumption where coordinates are not known."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.clock import DAY, infer_freq, utc
from gridcast.errors import GridcastWarning, PanelError, counted, listed, require_positive
from gridcast.panel import Panel

Floats = npt.NDArray[np.float64]

HEATING, COOLING = (16.0, 8.0), (18.0, 24.0)  # bends of the response to the daily mean temperature [degC]
FOLDS, BLOCK = 5, 28  # of the cross-validation; days that stay together in it
PICKS = 8  # at most; a station picked twice counts twice
GAIN = 0.002  # of the error, for which one pick more is made
FEWEST_DAYS = 120  # in the training part, to learn anything
WHOLE_DAY = 0.75  # of its readings, for a day to count
RIDGE = 1e-6


@dataclass(frozen=True)
class Response:
    """Daily mean consumption as a function of weekday, trend and temperature, ready for cross-validation.

    Attributes:
        load: As a share of its mean, shape (day,). [1]
        calendar: Constant, weekdays and trend, shape (day, 8). [1]
        fold: In which part of the cross-validation each day is held out, shape (day,).
    """

    load: Floats
    calendar: Floats
    fold: npt.NDArray[np.intp]

    @classmethod
    def of(cls, load: Floats, days: pd.DatetimeIndex) -> Response:
        """Return the response of daily means to temperatures that are still to be named."""
        fold = (np.arange(len(days)) // BLOCK) % FOLDS
        return cls(load / np.abs(load).mean(), calendar_terms(days), fold)

    def error(self, temperature: Floats) -> float:
        """Return the cross-validated error with the daily temperatures of shape (day,), as a share of the mean. [%]"""
        X = np.column_stack([self.calendar, temperature_terms(temperature)])
        parts = [self.fold == number for number in range(FOLDS)]
        grams = [(X[part].T @ X[part], X[part].T @ self.load[part]) for part in parts]
        left, right = sum(gram for gram, _ in grams), sum(moment for _, moment in grams)
        squares = 0.0
        for part, (gram, moment) in zip(parts, grams, strict=True):
            off = self.load[part] - X[part] @ _solve(left - gram, right - moment)
            squares += float(off @ off)
        return 100 * float(np.sqrt(squares / len(self.load)))


def learned_weights(
    panel: Panel, stations: xr.Dataset, *, until: pd.Timestamp, most: int = 3, variable: str = "temperature"
) -> xr.DataArray:
    """Return how much each station counts for each place, learned from what was known at a moment and nothing later.

    Stations are picked one after the other, each time that one whose temperature, averaged with those picked before, best
    explains the daily mean consumption by weekday, linear trend and a response that bends twice on the cold and twice on the warm
    side; judged by cross-validation over blocks of four weeks, and as long as it gains (forward selection with replacement,
    Caruana et al. 2004; after the choice of stations by Hong, Wang & White 2015). A place with too few days gets all stations
    equally, with a warning.

    Args:
        panel: Consumption of the places.
        stations: Observed weather (time, station).
        until: The end of the training part.
        most: How many stations a place has at most.
        variable: The temperature. [degC]

    Returns:
        Shape (location, station), at least 0, the sum over stations is 1; the coordinate `error` on `location` is the
        cross-validated error. [1; %]

    Raises:
        PanelError: If the weather is not observed, or has no such variable.

    References:
        Hong, Wang & White (2015), doi:10.1016/j.ijforecast.2014.07.001. Caruana et al. (2004), doi:10.1145/1015330.1015432.
    """
    require_positive(most=most)
    until = utc(until)
    temperature = _known_temperatures(stations, variable, until)
    known = np.asarray(panel.times + panel.freq <= until)
    load = daily_means(panel.consumption[known].astype(np.float64), panel.times[known])
    days = load.index.intersection(temperature.index)
    names = [str(name) for name in stations["station"].values]
    weights = np.full((len(panel.locations), len(names)), 1 / len(names))
    errors = np.full(len(weights), np.nan)
    heat = temperature.loc[days].to_numpy()
    alive = np.flatnonzero(np.isfinite(heat).any(axis=0))
    measured, heat = np.isfinite(heat).any(axis=1), without_gaps(heat[:, alive])
    short = []
    for place, name in enumerate(panel.locations):
        values = load.loc[days, place].to_numpy()
        there = np.isfinite(values) & measured
        if there.sum() < FEWEST_DAYS or not np.abs(values[there]).mean() > 0:
            short.append(name)
            continue
        shares, errors[place] = _pick(Response.of(values[there], days[there]), heat[there], most)
        weights[place] = 0.0
        weights[place, alive] = shares
    if short:
        warnings.warn(
            f"too few days before {until:%Y-%m-%d %H:%M} to learn the stations of {counted(short, 'place')}, all stations count "
            f"equally: {listed(short)}",
            GridcastWarning,
            stacklevel=2,
        )
    coords = {"location": list(panel.locations), "station": names, "error": ("location", errors)}
    return xr.DataArray(weights, dims=("location", "station"), coords=coords, name="weights")


def apply_weights(stations: xr.Dataset, weights: xr.DataArray) -> xr.Dataset:
    """Return weather at places: at each moment the weighted mean of a place's stations that have a reading then.

    Args:
        stations: Variables (time, station) or (issued, lead, station).
        weights: Shape (location, station), by names of the stations.

    Raises:
        PanelError: If a station that counts is not there.

    Example:
        >>> stations = xr.Dataset({"temperature": (("time", "station"), [[0.0, 10.0], [0.0, np.nan]])}, {"station": ["A", "B"]})
        >>> weights = xr.DataArray([[0.5, 0.5]], {"location": ["Kyiv"], "station": ["A", "B"]}, ("location", "station"))
        >>> apply_weights(stations, weights)["temperature"].values.tolist()
        [[5.0], [0.0]]
    """
    names = [str(name) for name in stations["station"].values]
    counting = weights["station"].values[(weights.values > 0).any(axis=0)]
    absent = [str(name) for name in counting if str(name) not in names]
    if absent:
        raise PanelError("stations that count are not there", found=listed(names), expected=listed(absent))
    share = weights.reindex(station=names, fill_value=0.0).values
    variables = {}
    for name, each in stations.data_vars.items():
        ordered = each.transpose(..., "station")
        there = np.isfinite(ordered.values)
        total = np.where(there, ordered.values, 0.0) @ share.T
        counted_in = there.astype(np.float64) @ share.T
        values = np.divide(total, counted_in, out=np.full(total.shape, np.nan), where=counted_in > 0)
        variables[name] = ((*ordered.dims[:-1], "location"), values.astype(each.dtype), each.attrs)
    coords = {dim: stations[dim] for dim in ("time", "issued", "lead") if dim in stations.coords}
    return xr.Dataset(variables, coords={**coords, "location": weights["location"].values})


def daily_means(values: Floats, times: pd.DatetimeIndex) -> pd.DataFrame:
    """Return the means of the days in UTC, one column a series; NaN where less than three quarters of a day is there.

    Args:
        values: Shape (time, series).
        times: Shape (time,), regular but for holes.
    """
    table = pd.DataFrame(values, index=times)
    if len(times) < 2:
        return table.iloc[:0]
    grouped = table.groupby(times.normalize())
    whole = grouped.count() >= WHOLE_DAY * (DAY / infer_freq(times))
    return grouped.mean().where(whole)


def without_gaps(heat: Floats) -> Floats:
    """Return daily temperatures, shape (day, station), with the mean of the others where a station is silent, less its offset."""
    there = np.isfinite(heat)
    mean = _mean(heat, there, axis=1)[:, None]
    return np.where(there, heat, mean + _mean(heat - mean, there, axis=0))


def _mean(values: Floats, there: npt.NDArray[np.bool_], *, axis: int) -> Floats:
    """Return the mean of the values that are there; 0 where none is."""
    mean: Floats = np.where(there, values, 0.0).sum(axis=axis) / np.maximum(1, there.sum(axis=axis))
    return mean


def calendar_terms(days: pd.DatetimeIndex) -> Floats:
    """Return a constant, weekdays and a trend [years], shape (day, 8)."""
    weekdays = np.equal.outer(days.day_of_week.to_numpy(), np.arange(6)).astype(np.float64)
    trend = (days - pd.Timestamp("2000-01-01", tz="UTC")) / (365.25 * DAY)
    return np.column_stack([np.ones(len(days)), weekdays, np.asarray(trend, dtype=np.float64)])


def temperature_terms(temperature: Floats) -> Floats:
    """Return degrees below and above the bends, in tens, shape (day, 4).

    Example:
        >>> temperature_terms(np.array([6.0, 28.0])).tolist()
        [[1.0, 0.2, 0.0, 0.0], [0.0, 0.0, 1.0, 0.4]]
    """
    below = [np.maximum(0, bend - temperature) for bend in HEATING]
    above = [np.maximum(0, temperature - bend) for bend in COOLING]
    return np.column_stack([*below, *above]) / 10


def _solve(gram: Floats, moment: Floats) -> Floats:
    """Return least-squares coefficients from the normal equations, those of terms that are always zero being zero."""
    solved: Floats = np.linalg.solve(gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)), moment)
    return solved


def _known_temperatures(stations: xr.Dataset, variable: str, until: pd.Timestamp) -> pd.DataFrame:
    """Return the daily mean temperatures that were known at a moment, one column a station."""
    if variable not in stations or stations[variable].dims != ("time", "station"):
        raise PanelError(
            f"stations are learned from their observed `{variable}`",
            found=", ".join(f"`{name}` {each.dims}" for name, each in stations.data_vars.items()),
            expected=f"`{variable}` (time, station)",
        )
    series = stations[variable]
    times = pd.DatetimeIndex(stations.indexes["time"], name=None).tz_localize("UTC")
    delay = pd.Timedelta(int(series.attrs.get("delay", 0)), unit="ns")
    known = np.asarray(times + (infer_freq(times) if len(times) > 1 else DAY) <= until - delay)
    return daily_means(series.values[known].astype(np.float64), times[known])


def _pick(response: Response, heat: Floats, most: int) -> tuple[Floats, float]:
    """Return the weights of the stations whose temperatures, shape (day, station), explain best, and the error."""
    picked: list[int] = []
    best = np.inf
    total = np.zeros(len(heat))
    for _ in range(PICKS):
        open_ = range(heat.shape[1]) if len(set(picked)) < most else sorted(set(picked))
        errors = {station: response.error((total + heat[:, station]) / (len(picked) + 1)) for station in open_}
        station = min(errors, key=errors.__getitem__)
        if picked and errors[station] > (1 - GAIN) * best:
            break
        picked.append(station)
        best = errors[station]
        total = total + heat[:, station]
    return np.bincount(picked, minlength=heat.shape[1]) / len(picked), best
