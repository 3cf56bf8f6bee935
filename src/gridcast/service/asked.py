"""What one asks: recent load and weather as JSON, and the panel that they make."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gridcast.attaching import with_features
from gridcast.availability import Availability
from gridcast.clock import describe_freq
from gridcast.config import RunConfig, WeatherConfig
from gridcast.errors import PanelError, Problem, ShapeError, counted, did_you_mean, listed
from gridcast.forecasters.exported import OnnxForecaster
from gridcast.panel import Panel
from gridcast.tabular import TARGET

FIRST, LAST = pd.Timestamp("1950-01-01", tz="UTC"), pd.Timestamp("2200-01-01", tz="UTC")
PLACED = ("time", "location")  # dims
MOST_PLACES = 1000
LONGEST = 100_000  # steps
LARGEST = 1e12  # of a reading, either way
FAR = 6.0  # spreads from the mean of training to the middle of weather, beyond which it is taken for that of another unit

Value = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
Values = Annotated[list[Value | None], Field(max_length=LONGEST)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Level = Annotated[float, Field(gt=0, lt=1)]

EXAMPLE: Any = {
    "start": "2024-01-01T00:00:00Z",
    "load": {"Kyiv": [51.2, 50.9, None], "Lviv": [20.1, 19.8, 19.9]},
    "weather": {"temperature": {"Kyiv": [3.1, 3.0, 2.8, 2.5], "Lviv": [1.0, 0.9, 0.7, 0.4]}},
}


class Place(BaseModel):
    """Where a place is that the model has not learned."""

    model_config = ConfigDict(extra="forbid")
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Asked(BaseModel):
    """Recent load of some places and the weather known for them, from `start` on in the model's step; null where it is missing."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [EXAMPLE]})
    start: AwareDatetime = Field(description="Start of the first interval, with an offset such as Z.")
    load: Annotated[dict[Name, Values], Field(min_length=1, max_length=MOST_PLACES)] = Field(
        description="Readings by place, all as long, in the unit of the model; the forecast is issued at their end."
    )
    weather: Annotated[dict[Name, dict[Name, Values]], Field(max_length=50)] = Field(
        {}, description="By variable and place, as long as the load or longer: what goes on after it is the weather forecast."
    )
    places: Annotated[dict[Name, Place], Field(max_length=MOST_PLACES)] = Field(
        {}, description="Coordinates of places that the model has not learned."
    )
    locations: Annotated[list[Name], Field(max_length=MOST_PLACES)] | None = Field(
        None, description="Of which places to answer; by default of all that have a load."
    )
    quantiles: Annotated[list[Level], Field(max_length=99)] | None = Field(
        None, description="Which quantiles of the model to answer; by default all."
    )


def panel_of(asked: Asked, model: OnnxForecaster) -> Panel:
    """Return the panel of a request, cut at its issue time: the end of the load.

    Raises:
        PanelError: If the parts do not fit each other or the model.
    """
    _require_alike(asked, model)
    freq, start = model.fitted.recipe.freq, pd.Timestamp(asked.start).tz_convert("UTC")
    names = list(asked.load)
    rows = len(asked.load[names[0]])
    after = max([rows, *(len(values) for told in asked.weather.values() for values in told.values())])
    times = pd.date_range(start.tz_localize(None), periods=min(after, rows + model.horizon), freq=freq, name="time")
    variables: dict[str, Any] = {TARGET: (PLACED, _laid([asked.load[name] for name in names], len(times)))}
    for variable, told in asked.weather.items():
        values = _laid([told.get(name, []) for name in names], len(times))
        variables[variable] = (PLACED, values, {"units": "", **Availability("known").attrs})
    dataset = xr.Dataset(
        variables,
        coords={"time": times, "location": names, **_columns(names, model.card["places"], asked)},
        attrs={"unit": model.fitted.unit, "timezone": model.card["timezone"], "issue_time": (start + rows * freq).isoformat()},
    )
    panel = Panel(dataset)
    if asked.weather:
        panel = with_features(panel, RunConfig(weather=WeatherConfig(features=tuple(model.card["features"]))))
    return panel if panel.end - model.reach <= start else panel.recent(model.reach)


def chosen(asked: list[str] | None, there: tuple[str, ...]) -> list[str]:
    """Return the places of which is to be answered.

    Raises:
        PanelError: Naming one that is not there.
    """
    unknown = [name for name in asked or () if name not in there]
    if unknown:
        hint = did_you_mean(unknown[0], there)
        raise PanelError(f"unknown place {listed(unknown)}", found=listed(unknown), expected=listed(there), hint=hint)
    return list(there) if not asked else list(dict.fromkeys(asked))


def chosen_levels(asked: list[float] | None, levels: tuple[float, ...]) -> list[float]:
    """Return the quantiles that are to be answered.

    Raises:
        ShapeError: Naming one that the model does not tell.
    """
    unknown = [level for level in asked or () if level not in levels]
    if unknown:
        expected = ", ".join(f"{level:g}" for level in levels)
        raise ShapeError("the model does not tell this quantile", found=", ".join(map(str, unknown[:5])), expected=expected)
    return list(levels) if asked is None else sorted(set(asked))


def _require_alike(asked: Asked, model: OnnxForecaster) -> None:
    """Refuse parts that do not fit each other or the model, naming all that is wrong."""
    lengths = {len(values) for values in asked.load.values()}
    least = max(2, model.fitted.recipe.lags.day)
    found = ", ".join(map(str, sorted(lengths)[:5]))
    problems = []
    if len(lengths) > 1 or min(lengths) < least:
        expected = f"as many of each place, at least {least}, better {model.fitted.recipe.reach}"
        problems.append(
            Problem("the load is too short or not as long for all places", found=f"{found} readings", expected=expected)
        )
    problems += _problems_of_start(asked.start, model)
    if not any(value is not None for values in asked.load.values() for value in values):
        problems.append(Problem("there is no reading", found="null only", expected="readings of at least one place"))
    variables = model.card["variables"]
    unknown = [name for name in asked.weather if name not in variables]
    gone = [name for name in variables if asked.weather and name not in asked.weather]
    if unknown or gone:
        expected = f"{listed(variables)}, or none" if variables else "none, as in training"
        problems.append(Problem("the weather is not what the model reads", found=listed(asked.weather), expected=expected))
    problems += _problems_of_unit(asked, model)
    strangers = sorted({name for told in asked.weather.values() for name in told if name not in asked.load})
    homeless = [name for name in asked.load if name not in model.card["places"] and name not in asked.places]
    if strangers:
        problems.append(Problem("weather of places without a load", found=listed(strangers), expected=listed(asked.load)))
    if homeless and any("latitude" in told for told in model.card["places"].values()):
        expected = f"{listed(model.card['places'])}, or their coordinates in `places`"
        hint = did_you_mean(homeless[0], model.card["places"])
        problems.append(Problem(counted(homeless, "unknown place"), found=listed(homeless), expected=expected, hint=hint))
    if problems:
        raise PanelError.of(problems)


def _problems_of_unit(asked: Asked, model: OnnxForecaster) -> Iterator[Problem]:
    """Yield which weather is far from all that the model was trained with."""
    known = model.fitted.recipe.covariates
    for name, centre, spread in zip(known.names, known.centre, known.scale, strict=True):
        told = [value for values in asked.weather.get(name, {}).values() for value in values if value is not None]
        if told and abs((middle := float(np.median(told))) - centre) > FAR * spread:
            yield Problem(
                f"`weather.{name}` is far from all that the model was trained with",
                found=f"around {middle:.4g}",
                expected=f"around {centre:.4g}, and seldom farther from it than {3 * spread:.4g}",
                hint="is it in another unit, such as Fahrenheit or kelvin? Convert it first",
            )


def _problems_of_start(start: datetime, model: OnnxForecaster) -> list[Problem]:
    """Return what is wrong with the start of the readings."""
    if not FIRST.year <= start.year < LAST.year:
        return [Problem("`start` is far off", found=start.isoformat(), expected=f"{FIRST:%Y} to {LAST:%Y}")]
    tick, freq = pd.Timestamp(model.card["run"]["first_reading"]), model.fitted.recipe.freq
    if (pd.Timestamp(start) - tick) % freq != pd.Timedelta(0):
        expected = f"such as {tick}, and every {describe_freq(freq)} from there"
        return [Problem("`start` lies between two readings of the model", found=start.isoformat(), expected=expected)]
    return []


def _laid(columns: list[list[float | None]], rows: int) -> npt.NDArray[np.float32]:
    """Return columns side by side, cut or filled up with NaN to so many rows, shape (rows, columns)."""
    found = np.full((rows, len(columns)), np.nan, dtype=np.float32)
    for number, column in enumerate(columns):
        values = np.array(column[:rows], dtype=np.float64)
        found[: len(values), number] = values
    return found


def _columns(names: list[str], known: dict[str, Any], asked: Asked) -> dict[str, tuple[str, Any]]:
    """Return the static columns of places: those of training, and the coordinates of others."""
    told = [known.get(name) or (asked.places[name].model_dump() if name in asked.places else {}) for name in names]
    columns = sorted({key for each in known.values() for key in each})
    texts = {key for key in columns if any(isinstance(each.get(key), str) for each in known.values())}
    usual = {"timezone": "UTC"}
    found: dict[str, tuple[str, Any]] = {}
    for key in columns:
        missing: Any = usual.get(key, "") if key in texts else np.nan
        found[key] = ("location", np.array([each.get(key, missing) for each in told], dtype=object if key in texts else np.float64))
    return found
