"""How the load responds to temperature: what the network would have forecast with the weather of other days, beside what was read.

Letters: K earlier days, D of them whose weather is put in, H steps, N locations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY, local_labels
from gridcast.explain.parts import AT_ONCE
from gridcast.explain.question import YEAR, Floats, Question
from gridcast.samples.columns import columns_of
from gridcast.samples.samples import Float


@dataclass(frozen=True)
class Response:
    """Forecasts by temperature, and readings by temperature.

    Attributes:
        name: Of the place, or of the sum.
        variable: Which variable of the weather is told.
        units: Its unit.
        unit: Of the load.
        forecasts: Columns `hour` of the local clock, `temperature`, and `forecast`, the mean over the earlier days with the weather
            of one of them. [units, unit]
        readings: Columns `hour`, `temperature`, `reading`, of the last year. [units, unit]
    """

    name: str
    variable: str
    units: str
    unit: str
    forecasts: pd.DataFrame
    readings: pd.DataFrame


def response(question: Question) -> Response | None:
    """Return how the forecasts of the first day respond to the weather; None where the network reads none, or knew none.

    Into each earlier day the whole weather to come of each other one is put, all variables and all places, so that what belongs
    together stays together. It is told by its temperature at the hour; of several places their mean.

    References:
        Friedman (2001), doi:10.1214/aos/1013203451.
    """
    recipe = question.samples.recipe
    names = recipe.covariates.names
    if not names:
        return None
    variable = recipe.past or recipe.main[0]
    known = _inputs(question)
    told = columns_of(question.samples)
    steps = {column.name: k for k, column in enumerate(told["steps"])}
    donors = np.flatnonzero((known["steps"][..., steps["weather_known"]] > 0).all(axis=(1, 2)))
    if len(donors) < 2:
        return None
    places, k = list(question.places), names.index(variable)
    scaled = known["steps"][donors][:, :, places, steps[variable]].astype(np.float64).mean(axis=-1)  # (D, H)
    said = _with_weather_of(question, known, donors, _columns(question)).mean(axis=0)  # (D, H)
    day = min(question.horizon, recipe.lags.day)
    hours = _hours(question, question.samples.times[question.row : question.row + day])
    warm = (scaled * recipe.covariates.scale[k] + recipe.covariates.centre[k])[:, :day]
    forecasts = pd.DataFrame({"hour": np.tile(hours, len(donors)), "temperature": warm.ravel(), "forecast": said[:, :day].ravel()})
    forecasts = forecasts.groupby(["hour", "temperature"], as_index=False).mean()
    units = str(question.samples.panel.dataset[variable].attrs.get("units", ""))
    return Response(question.name, variable, units, question.samples.panel.unit, forecasts, _readings(question, k))


@dataclass(frozen=True)
class _Coming:
    """Columns of the weather to come: those of a step, and on the map those of it and of its change to the day before."""

    steps: list[int]
    coming: list[int]
    change: list[int]


def _columns(question: Question) -> _Coming:
    told = columns_of(question.samples)
    names = (*question.samples.recipe.covariates.names, "weather_known")
    on_map = [column.name for column in told["map"]]
    return _Coming(
        [k for k, column in enumerate(told["steps"]) if column.name in names],
        [k for k, name in enumerate(on_map) if name.startswith("coming_") and not name.startswith("coming_change")],
        [k for k, name in enumerate(on_map) if name.startswith("coming_change")],
    )


def _with_weather_of(question: Question, known: dict[str, Float], donors: npt.NDArray[np.intp], columns: _Coming) -> Floats:
    """Return the forecasts of each earlier day with the weather to come of each donor, shape (K, D, H). [the panel's unit]"""
    count = len(question.earlier)
    base, donor = np.repeat(np.arange(count), len(donors)), np.tile(donors, count)
    size = max(1, AT_ONCE // len(question.placed.number))
    found = np.empty((len(base), question.horizon))
    for start in range(0, len(base), size):
        some = np.minimum(np.arange(start, start + size), len(base) - 1)
        inputs = {name: values[base[some]] for name, values in known.items()}
        inputs["steps"][..., columns.steps] = known["steps"][donor[some]][..., columns.steps]
        if columns.coming:
            new, old = known["map"][donor[some]][..., columns.coming], inputs["map"][..., columns.coming]
            inputs["map"][..., columns.change] += new - old  # the day before stays what it was
            inputs["map"][..., columns.coming] = new
        end = min(start + size, len(base))
        found[start:end] = question.answer(inputs)[: end - start]
    return found.reshape(count, len(donors), -1)


def _readings(question: Question, k: int) -> pd.DataFrame:
    """Return the readings of the last year by hour and temperature; an hour at which a place has none is left out."""
    samples, places = question.samples, list(question.places)
    first = max(0, question.row - int(YEAR // samples.panel.freq))
    rows = np.arange(first, min(question.row, samples.panel.rows))
    covariates = samples.recipe.covariates
    known = (samples.weather[rows, :, -1][:, places] > 0).all(axis=-1)
    warm = samples.weather[rows, :, k][:, places].mean(axis=-1) * covariates.scale[k] + covariates.centre[k]
    load = samples.panel.consumption[rows][:, places].sum(axis=-1)
    table = pd.DataFrame({"hour": _hours(question, samples.times[rows]), "temperature": warm, "reading": load})
    kept: pd.DataFrame = table.loc[known & np.isfinite(load)].reset_index(drop=True)
    return kept


def _inputs(question: Question) -> dict[str, Float]:
    """Return what the network reads at the earlier days."""
    return {name: np.asarray(values) for name, values in question.placed.inputs(question.earlier).items()}


def _hours(question: Question, times: pd.DatetimeIndex) -> npt.NDArray[np.intp]:
    """Return the hour of the local clock at moments; 0 where a step is a day or longer."""
    if question.samples.panel.freq >= DAY:
        return np.zeros(len(times), dtype=np.intp)
    return np.asarray(local_labels(times, question.samples.panel.timezones[question.places[0]]).hour, dtype=np.intp)
