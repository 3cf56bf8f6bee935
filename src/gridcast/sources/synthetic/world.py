"""A synthetic world: places clustered as towns are, and their hourly consumption under weather that travels."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import utc
from gridcast.errors import ConfigError, PanelError, Problem, listed, require_positive
from gridcast.sources.synthetic.consumers import HOLIDAY, KINDS, Kind
from gridcast.sources.synthetic.weatherfield import YEAR, Floats, generator, hours_since_epoch, synthetic_temperature
from gridcast.tabular import SPATIAL_COLUMNS

HEATING_BELOW, COOLING_ABOVE = 15.0, 21.0  # [degC]
TYPICAL_HEATING, TYPICAL_COOLING = 6.3, 0.7  # mean degrees below and above these in a year at 50 degrees north [K]
INERTIA = 9.0  # buildings follow the air temperature as an exponential mean of this memory [h]
GROWTH, GROWTH_SPREAD = 0.015, 0.005  # a year
SENSITIVITY_SPREAD = 0.12  # places differ in how strongly they answer to the weather
NOISE_MEMORY = 0.9  # correlation of the noise with that of the hour before
LEAST = 0.01  # consumption never falls below this share of the mean of the place
REGION = {"latitude": (44.0, 54.0), "longitude": (-2.0, 19.0)}  # about 1,100 km by 1,500 km
TOWNS = 12
TOWN_RADIUS = 40.0  # of the largest town; the others are smaller as the root of their size [km]
RURAL_SHARE = 0.1
URBAN_MIX = (0.45, 0.38, 0.17)  # shares of the kinds in the largest town
RURAL_MIX = (0.70, 0.08, 0.22)  # and outside of towns
KM_PER_DEGREE = 111.2


def generate_synthetic_temporal_data(
    num_days: int = 365,
    noise_level: float = 0.1,
    *,
    locations: pd.DataFrame | None = None,
    seed: int = 0,
    start: str | pd.Timestamp = "2023-01-01",
    country: str = "DE",
    return_signal: bool = False,
) -> pd.DataFrame:
    """Return hourly consumption as a long table, place after place: `timestamp`, `location`, `consumption` [MW].

    The signal of a place is the product of its mean, its growth (about 1.5 % a year), the profile of its kind on this
    day of the week or holiday, its lighting in the dark, and its answer to the weather of `synthetic_temperature`:
    heating below 15 degC and cooling above 21 degC of the temperature smoothed over hours. The weather travels from
    west to east, so that western neighbours tell what a place's own past does not. The local clock is UTC.

    The noise added to it grows with the signal, as what people do by chance does. It is independent between
    places, autocorrelated in time (AR(1), 0.9 an hour), has mean zero, and exactly `noise_level` times the standard
    deviation of the place's signal. Only noise of an extreme level (above about 0.4) would take the consumption below
    1 % of the place's mean; it is cut off there, and then the share is no longer exact.

    Args:
        num_days: Length of the table. [d]
        noise_level: Standard deviation of the noise over that of the signal; 0 for none. [1]
        locations: Places, as made by `generate_synthetic_spatial_data`: `id`, `latitude`, `longitude`; optionally
            `kind` (else residential) and `mean_consumption` [MW] (else by `kind` and `customers`). Without a table
            there is one residential place, `P001`, of 20 MW.
        seed: The same seed gives the same table, and the same weather on any other days.
        start: First moment; one without a zone is taken as UTC.
        country: ISO code of the country whose public holidays are kept; empty for none.
        return_signal: Whether to add the column `signal`, the consumption without noise. [MW]

    Raises:
        ConfigError: If a number is out of its range, or the country or the start is not known.
        PanelError: If the table of places lacks columns or holds places that cannot be.

    Example:
        >>> table = generate_synthetic_temporal_data(7, 0.0, return_signal=True)
        >>> table.shape, bool((table["consumption"] == table["signal"]).all())
        ((168, 4), True)

    References:
        Heating and cooling degrees of a smoothed temperature: Staffell et al. (2023), doi:10.1038/s41560-023-01341-5.
        Calendar and temperature effects that multiply: Fan & Hyndman (2012), doi:10.1109/TPWRS.2011.2162082.
    """
    require_positive(num_days=num_days // 1)  # whole days
    if not 0 <= noise_level < np.inf:
        raise ConfigError(f"`noise_level = {noise_level}` is out of range", expected="a share of 0 or more")
    places = _places(locations)
    times = pd.date_range(_start(start), periods=int(num_days) * 24, freq="h", unit="ns")
    signal = _signal(times, places, seed, country)
    noise = signal * _noise(len(times), places["id"], seed)
    noise -= noise.mean(axis=0)
    noise *= noise_level * signal.std(axis=0) / noise.std(axis=0)
    consumption = np.maximum(signal + noise, LEAST * signal.mean(axis=0))
    columns = {"consumption": consumption, "signal": signal} if return_signal else {"consumption": consumption}
    which = np.repeat(np.arange(len(places)), len(times))
    return pd.DataFrame(
        {
            "timestamp": times[np.tile(np.arange(len(times)), len(places))],
            "location": pd.Categorical.from_codes(which, categories=pd.Index(places["id"])),
            **{name: values.ravel(order="F") for name, values in columns.items()},
        }
    )


def generate_synthetic_spatial_data(num_locations: int = 100, *, seed: int = 0) -> pd.DataFrame:
    """Return a table of places: `id`, `latitude`, `longitude`, `kind`, `customers`, `mean_consumption` [MW].

    A dozen towns, the r-th of them 1/r as large as the first, lie in a region of about 1,500 km by 1,100 km. Nine of
    ten places are scattered around a town, the others anywhere. Large towns have more commerce. The first places of a
    longer table are those of a shorter one.

    Raises:
        ConfigError: If `num_locations` is not above zero.

    Example:
        >>> generate_synthetic_spatial_data(2)["id"].tolist()
        ['P001', 'P002']
    """
    require_positive(num_locations=num_locations)
    size, latitude, longitude = _settle(num_locations, seed)
    mix = np.array(RURAL_MIX) + size[:, None] * (np.array(URBAN_MIX) - np.array(RURAL_MIX))
    draw = generator(seed, "kind").random((num_locations, 1))
    kind = np.array(list(KINDS))[(draw > mix.cumsum(axis=1)[:, :-1]).sum(axis=1)]
    of_kind = [KINDS[name] for name in kind]
    luck = generator(seed, "customers").standard_normal((num_locations, 2))
    spread = np.array([each.spread for each in of_kind])
    customers = np.round(np.array([each.customers for each in of_kind]) * np.exp(spread * luck[:, 0])).astype(int)
    demand = np.array([each.demand for each in of_kind]) * np.exp(0.15 * luck[:, 1])
    return pd.DataFrame(
        {
            "id": [f"P{number:03d}" for number in range(1, num_locations + 1)],
            "latitude": latitude,
            "longitude": longitude,
            "kind": kind,
            "customers": customers,
            "mean_consumption": customers * demand,
        }
    )


def _settle(num_locations: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return for each place the size of its town (0 in the country, 1 the largest), its latitude and its longitude."""
    low, high = np.array(list(REGION.values())).T
    size = np.append(1 / np.arange(1, TOWNS + 1), 0.0)
    share = np.append((1 - RURAL_SHARE) * size[:-1] / size.sum(), RURAL_SHARE)
    town = generator(seed, "town of a place").choice(TOWNS + 1, num_locations, p=share)
    centre = low + (0.08 + 0.84 * generator(seed, "towns").random((TOWNS + 1, 2))) * (high - low)
    anywhere = low + generator(seed, "rural").random((num_locations, 2)) * (high - low)
    offset = TOWN_RADIUS / KM_PER_DEGREE * np.sqrt(size[town])[:, None]
    offset = offset * generator(seed, "in town").standard_normal((num_locations, 2))
    offset[:, 1] /= np.cos(np.radians(centre[town, 0]))
    point = np.where(town[:, None] == TOWNS, anywhere, np.clip(centre[town] + offset, low, high))
    return size[town], point[:, 0], point[:, 1]


def _signal(times: pd.DatetimeIndex, places: pd.DataFrame, seed: int, country: str) -> Floats:
    """Return the consumption without noise, shape (time, location), in MW."""
    kinds = [KINDS[name] for name in places["kind"]]
    own = np.array([generator(seed, "place", name).standard_normal(2) for name in places["id"]])
    years = np.arange(len(times))[:, None] / YEAR
    growth = (1 + GROWTH + GROWTH_SPREAD * own[:, 0]) ** years
    profile = np.stack([kind.week for kind in kinds], axis=-1)[_day_type(times, country), times.hour.to_numpy()]
    lighting = 1 + np.array([kind.lighting for kind in kinds]) * (_darkness(times, places) - 0.5)
    weather = 1 + np.exp(SENSITIVITY_SPREAD * own[:, 1]) * _answer(times, places, kinds, seed)
    return np.asarray(places["mean_consumption"].to_numpy() * growth * profile * lighting * weather)


def _day_type(times: pd.DatetimeIndex, country: str) -> npt.NDArray[np.int64]:
    """Return 0 on working days, 1 on Saturdays, 2 on Sundays and 3 on public holidays, shape (time,)."""
    import holidays  # slow to import

    try:
        years = range(times[0].year, times[-1].year + 1)
        days = holidays.country_holidays(country, years=years) if country else {}
    except NotImplementedError as error:
        raise ConfigError(
            f"no holidays are known for `{country}`",
            found=country,
            expected="an ISO country code such as `DE`, `US` or `FR`",
        ) from error
    kept = times.tz_localize(None).normalize().isin(pd.DatetimeIndex(sorted(days)))
    return np.where(kept, HOLIDAY, np.maximum(times.day_of_week - 4, 0))


def _darkness(times: pd.DatetimeIndex, places: pd.DataFrame) -> Floats:
    """Return 0 by day and 1 by night with a dusk between, by the height of the sun, shape (time, location)."""
    hours = hours_since_epoch(times)[:, None]
    latitude = np.radians(places["latitude"].to_numpy())
    tilt = np.radians(-23.44) * np.cos(2 * np.pi * (hours + 10 * 24) / YEAR)
    noon = np.cos(2 * np.pi / 24 * (hours + places["longitude"].to_numpy() / 15.0 - 12.0))
    height = np.sin(latitude) * np.sin(tilt) + np.cos(latitude) * np.cos(tilt) * noon
    return np.asarray(0.5 - 0.5 * np.tanh(height / 0.15))


def _answer(times: pd.DatetimeIndex, places: pd.DataFrame, kinds: list[Kind], seed: int) -> Floats:
    """Return by which share heating and cooling change the load of a typical year, shape (time, location)."""
    air = synthetic_temperature(times, places["latitude"], places["longitude"], seed=seed)
    felt = _smoothed(air, np.exp(-1.0 / INERTIA))
    heating = np.array([kind.heating for kind in kinds]) * (np.maximum(HEATING_BELOW - felt, 0) - TYPICAL_HEATING)
    cooling = np.array([kind.cooling for kind in kinds]) * (np.maximum(felt - COOLING_ABOVE, 0) - TYPICAL_COOLING)
    return heating + cooling


def _noise(steps: int, names: pd.Series[str], seed: int) -> Floats:
    """Return stationary AR(1) noise of some scale, each place from its own stream, shape (time, location)."""
    shocks = np.column_stack([generator(seed, "noise", name).standard_normal(steps) for name in names])
    shocks[0] *= np.sqrt((1 - NOISE_MEMORY) / (1 + NOISE_MEMORY))  # starts with the spread that it keeps
    return _smoothed(shocks, NOISE_MEMORY)


def _smoothed(values: Floats, memory: float) -> Floats:
    """Return y[t] = memory * y[t-1] + (1 - memory) * values[t], from y[0] = values[0], shape (time, location)."""
    return np.array(pd.DataFrame(values).ewm(alpha=1 - memory, adjust=False).mean(), dtype=float)


def _start(start: str | pd.Timestamp) -> pd.Timestamp:
    """Return the start of the hour of a moment, in UTC."""
    try:
        return pd.Timestamp(utc(start).floor("h"))
    except ValueError as error:
        raise ConfigError(f"`start = {start!r}` is not a moment", expected="a date such as `2023-01-01`") from error


def _places(table: pd.DataFrame | None) -> pd.DataFrame:
    """Return the `id`, `latitude`, `longitude`, `kind` and `mean_consumption` of each place, checked and filled in."""
    if table is None:
        table = pd.DataFrame({"id": ["P001"], "latitude": [50.0], "longitude": [10.0], "mean_consumption": [20.0]})
    missing = [name for name in SPATIAL_COLUMNS if name not in table.columns]
    if missing:
        raise PanelError(
            f"the table of places lacks {listed(missing)}",
            found=listed(table.columns, 12) or "no columns",
            expected=listed(SPATIAL_COLUMNS),
            hint="make one with `generate_synthetic_spatial_data`",
        )
    kind = table["kind"].astype(str) if "kind" in table else pd.Series("residential", index=table.index)
    places = table.assign(id=table["id"].astype(str), kind=kind)
    for name in ("latitude", "longitude"):
        places[name] = pd.to_numeric(places[name], errors="coerce").astype(float)
    known = [KINDS.get(name, KINDS["residential"]) for name in kind]
    if "mean_consumption" not in places:
        customers = places["customers"] if "customers" in places else [each.customers for each in known]
        places["mean_consumption"] = np.asarray(customers, float) * [each.demand for each in known]
    problems = _problems(places)
    if problems:
        raise PanelError.of(problems)
    return places.reset_index(drop=True)


def _problems(places: pd.DataFrame) -> list[Problem]:
    """Collect what is wrong with a table of places."""
    if places.empty:
        return [Problem("there are no places", found="a table without rows", expected="at least one place")]
    inside = places["latitude"].between(-90, 90) & places["longitude"].between(-180, 180)
    checks = (
        (places["id"].duplicated(), "have the name of another", "each `id` once"),
        (~inside, "are not on the globe", "latitude in [-90, 90] and longitude in [-180, 180] degrees"),
        (~places["kind"].isin(KINDS), "are of an unknown kind", listed(KINDS)),
        (~(places["mean_consumption"] > 0), "consume nothing", "`mean_consumption` above zero [MW]"),
    )
    return [
        Problem(f"{wrong.sum()} of {len(places)} places {what}", found=listed(places["id"][wrong]), expected=expected)
        for wrong, what, expected in checks
        if wrong.any()
    ]
