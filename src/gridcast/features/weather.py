"""Weather derived from weather: heating and cooling, recency, humidity, wind chill; each as available as its source is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
import xarray as xr

from gridcast.availability import Availability, Kind
from gridcast.errors import ConfigError, PanelError, listed
from gridcast.features import comfort
from gridcast.features.recency import lagged, smoothed, step_of, trailing_mean

Hours = tuple[float, ...]
Derived = Iterator[tuple[str, str, xr.DataArray]]  # name, units, values

HOUR = pd.Timedelta(hours=1)
LATEST_FIRST: tuple[Kind, ...] = ("observed", "forecast", "perfect", "known")
SPELLINGS = {
    "degC": ("degC", "°C", "C", "celsius", "Celsius", "degree_Celsius", "degrees_Celsius"),
    "%": ("%", "percent"),
    "m/s": ("m/s", "m s-1", "m s**-1"),
}


@dataclass(frozen=True)
class WeatherOptions:
    """What the weather is called, and what to derive from it.

    Attributes:
        temperature: Variable of the air temperature [degC]; the names of all that is derived begin with it.
        humidity: Variable of the relative humidity [%].
        dew_point: Variable of the dew point [degC], from which the humidity follows where it is not there.
        wind: Variable of the wind speed at 10 m [m/s].
        heating_base: Below it buildings are heated. [degC]
        cooling_base: Above it buildings are cooled. [degC]
        lags: Of the temperature. [h]
        windows: Of trailing means of the temperature. [h]
        half_lives: Of exponential smoothing of the temperature. [h]
    """

    temperature: str = "temperature"
    humidity: str = "humidity"
    dew_point: str = "dew_point"
    wind: str = "wind_speed"
    heating_base: float = 15.0
    cooling_base: float = 22.0
    lags: Hours = (1, 3, 6, 24, 48, 72)
    windows: Hours = (24, 72)
    half_lives: Hours = (24,)


def derive_weather(dataset: xr.Dataset, names: Sequence[str] | None = None, *, options: WeatherOptions | None = None) -> xr.Dataset:
    """Return the dataset with the weather that follows from its own.

    | name | adds to `temperature` |
    |---|---|
    | `heating`, `cooling` | `_heating`, `_cooling` [K]: degrees below and above a base |
    | `recency` | `_lag_1h` ..., `_mean_24h` ..., `_smooth_24h` ... [degC]: the temperature before; looks back only |
    | `humidity` | `_heat_index` [degC], `_humidex` [1], and `_dew_point` [degC] or, from that, `_relative_humidity` [%] |
    | `wind_chill` | `_wind_chill` [degC] |

    A derived variable has the availability and delay of its source, of several sources the latest of each, so that a lag of a
    measured variable does not count as known ahead, though it would be. Variables may have the dims (time, ...) or, as forecasts,
    (issued, lead, ...): then what reaches back beyond the first lead of a vintage is NaN, and never the measured value. To look
    back into what was measured, cut the panel by `as_of` and derive from what it knew. NaN gives NaN, but for means, which
    want half of their weight (`gridcast.features.recency`).

    Args:
        dataset: As in `Panel.dataset`.
        names: What to add; all that the variables allow if None.
        options: What the variables are called; bases, lags and windows. Of these, those that are no multiple of the step are left
            out.

    Raises:
        ConfigError: If a name is none of these.
        PanelError: If a name asks for a variable that is not there, units are others, or steps are not regular.

    Example:
        >>> air = xr.DataArray([[12.0], [25.0]], dims=("time", "location"), attrs={"availability": "perfect"})
        >>> derived = derive_weather(xr.Dataset({"temperature": air}), ["heating", "cooling"])
        >>> derived["temperature_heating"].values.ravel().tolist(), derived["temperature_heating"].attrs["availability"]
        ([3.0, 0.0], 'perfect')

    References:
        Wang, Liu & Hong (2016), doi:10.1016/j.ijforecast.2015.09.006; the formulas of `gridcast.features.comfort`.
    """
    options = options or WeatherOptions()
    unknown = [name for name in names or () if name not in GROUPS]
    if unknown:
        raise ConfigError(f"no weather is derived by the name {listed(unknown)}", found=listed(unknown), expected=listed(GROUPS))
    for name in GROUPS if names is None else names:
        sources = _sources(name, dataset, options)
        if sources is None and names is None:
            continue
        if sources is None:
            raise _lacking(name, dataset, options)
        attrs = _latest(sources).attrs
        for ending, units, values in GROUPS[name](options, *sources):
            dataset = dataset.assign({f"{options.temperature}_{ending}": values.assign_attrs(units=units, **attrs)})
    return dataset


def _heating(options: WeatherOptions, temperature: xr.DataArray) -> Derived:
    yield "heating", "K", comfort.heating_degrees(temperature, options.heating_base)


def _cooling(options: WeatherOptions, temperature: xr.DataArray) -> Derived:
    yield "cooling", "K", comfort.cooling_degrees(temperature, options.cooling_base)


def _recency(options: WeatherOptions, temperature: xr.DataArray) -> Derived:
    freq = step_of(temperature)
    for kind, spans, function in (("lag", options.lags, lagged), ("mean", options.windows, trailing_mean)):
        for hours in spans:
            if hours * HOUR >= freq and hours * HOUR % freq == pd.Timedelta(0):
                yield f"{kind}_{hours:g}h", "degC", function(temperature, hours * HOUR, freq)
    for hours in options.half_lives:
        yield f"smooth_{hours:g}h", "degC", smoothed(temperature, hours * HOUR, freq)


def _humidity(options: WeatherOptions, temperature: xr.DataArray, humidity: xr.DataArray) -> Derived:
    if humidity.name == options.dew_point:
        humidity = comfort.relative_humidity(temperature, humidity)
        yield "relative_humidity", "%", humidity
    else:
        yield "dew_point", "degC", comfort.dew_point(temperature, humidity)
    yield "heat_index", "degC", comfort.heat_index(temperature, humidity)
    yield "humidex", "1", comfort.humidex(temperature, humidity)


def _wind_chill(_: WeatherOptions, temperature: xr.DataArray, wind: xr.DataArray) -> Derived:
    yield "wind_chill", "degC", comfort.wind_chill(temperature, wind)


GROUPS: dict[str, Callable[..., Derived]] = {
    "heating": _heating,
    "cooling": _cooling,
    "recency": _recency,
    "humidity": _humidity,
    "wind_chill": _wind_chill,
}


def _second(name: str, options: WeatherOptions) -> dict[str, str]:
    """Return the variables of which one is needed beside the temperature, and their units."""
    return {"humidity": {options.humidity: "%", options.dew_point: "degC"}, "wind_chill": {options.wind: "m/s"}}.get(name, {})


def _sources(name: str, dataset: xr.Dataset, options: WeatherOptions) -> tuple[xr.DataArray, ...] | None:
    """Return the variables to derive from, all with the same dims; None if one is not there."""
    if options.temperature not in dataset:
        return None
    temperature, more = _variable(dataset, options.temperature, "degC"), _second(name, options)
    fitting = [each for each in more if each in dataset and set(dataset[each].dims) == set(temperature.dims)]
    if not more:
        return (temperature,)
    return (temperature, _variable(dataset, fitting[0], more[fitting[0]])) if fitting else None


def _lacking(name: str, dataset: xr.Dataset, options: WeatherOptions) -> PanelError:
    wanted = [options.temperature] if options.temperature not in dataset else list(_second(name, options))
    found = ", ".join(f"`{each}` ({', '.join(map(str, variable.dims))})" for each, variable in dataset.data_vars.items())
    return PanelError(
        f"the feature `{name}` lacks {' or '.join(f'`{each}`' for each in wanted)}",
        found=found or "no variables",
        expected="weather of that name, with the dims of the temperature",
    )


def _variable(dataset: xr.Dataset, name: str, unit: str) -> xr.DataArray:
    """Return a variable, which is in the unit, or says nothing of it."""
    variable = dataset[name]
    units = str(variable.attrs.get("units", ""))
    if units and units not in SPELLINGS[unit]:
        raise PanelError(f"`{name}` is in another unit", found=units, expected=unit, hint=f"convert it to `{unit}` first")
    return variable


def _latest(sources: Iterable[xr.DataArray]) -> Availability:
    """Return when all of several variables are there."""
    rules = [Availability.of(source) for source in sources]
    kind = next(each for each in LATEST_FIRST if each in {rule.kind for rule in rules})
    return Availability(kind, max(rule.delay for rule in rules))
