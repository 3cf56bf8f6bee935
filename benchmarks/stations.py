"""Which weather stations belong to which place where coordinates are not known: learned, beside simpler choices.

gefcom2012 learns up to the end of 2006 and predicts each day's mean consumption of 2007 from calendar, trend and the measured
temperature (ex post), everything fitted before. us_ba_2015_2020 has coordinates, which the learning does not see: there the choice
can be held against the map.

    python benchmarks/stations.py            prints the tables and writes benchmarks/stations.md
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast import Panel
from gridcast.features.places import great_circle, weather_at_places
from gridcast.features.stationweights import (
    Response,
    apply_weights,
    calendar_terms,
    daily_means,
    learned_weights,
    temperature_terms,
)
from gridcast.quality import implausible
from gridcast.sources.text.csvfile import read_consumption
from gridcast.sources.weather.stations import read_station_weather

Floats = npt.NDArray[np.float64]

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data"
CHOICES = ("mean of all", "best single", "learned")


def main() -> None:
    """Learn, measure and write the tables."""
    text = "\n".join(["# Which weather stations belong to which place", "", *without_map(), "", *with_map(), ""])
    text += "\nMade by `python benchmarks/stations.py`.\n"
    print(text)
    (HERE / "stations.md").write_text(text, encoding="utf-8")


def without_map() -> list[str]:
    """Return the table of gefcom2012."""
    until, end = pd.Timestamp("2007-01-01", tz="UTC"), pd.Timestamp("2008-01-01", tz="UTC")
    panel = Panel.from_wide(read_consumption(DATA / "gefcom2012" / "load.csv.gz").readings, unit="kW")
    stations = read_station_weather(DATA / "gefcom2012" / "weather.csv.gz").dataset
    weights, seconds = chosen(panel, stations, until)
    errors = {name: place_errors(panel, apply_weights(stations, each), until, end) for name, each in weights.items()}
    rows = [place_row(zone, number, weights["learned"], errors) for number, zone in enumerate(panel.locations)]
    return [
        "## gefcom2012, which publishes no coordinates",
        "",
        "Daily mean consumption by weekday, trend and temperature; stations learned from 2004 to 2006 by blocked "
        f"cross-validation in {seconds:.1f} s for {len(panel.locations)} zones and 11 stations, at most three a zone. RMSE as a "
        "share of the zone's mean [%]: cross-validated in the training part (CV, by which the stations were chosen, so a little "
        "flattering to the last two), and of 2007, from which nothing was learned (ex post: with the temperatures measured).",
        "",
        heading("zone", "learned stations", CHOICES, "2007"),
        *rows,
        summary("median", np.median, errors),
        summary("mean", np.mean, errors),
    ]


def with_map() -> list[str]:
    """Return the table of us_ba_2015_2020, where the choice can be held against the map."""
    until, end = pd.Timestamp("2017-01-01", tz="UTC"), pd.Timestamp("2017-12-01", tz="UTC")
    places = pd.read_csv(DATA / "us_ba_2015_2020" / "locations.csv").rename(columns={"location_id": "id"})
    spatial = places.loc[~places["kind"].str.startswith("weather"), ["id", "latitude", "longitude"]]
    panel = Panel.from_wide(read_consumption(DATA / "us_ba_2015_2020" / "load.csv.gz").readings, spatial, unit="MW")
    panel = panel.masked(implausible(panel, before=until) | (panel.consumption <= 0))
    stations = read_station_weather(DATA / "us_ba_2015_2020" / "weather.csv.gz", locations=places).dataset[["temperature"]]
    weights, seconds = chosen(panel, stations, until)
    at = {name: apply_weights(stations, each) for name, each in weights.items()}
    at["nearest three by map"] = weather_at_places(stations, *panel.coordinates, panel.locations, far=10_000)
    errors = {name: place_errors(panel, each, until, end) for name, each in at.items()}
    north, east = panel.coordinates
    distance = great_circle(north[:, None], east[:, None], stations["latitude"].values, stations["longitude"].values)
    main_one = weights["learned"].values.argmax(axis=1)
    rank = (distance < np.take_along_axis(distance, main_one[:, None], axis=1)).sum(axis=1)
    return [
        "## us_ba_2015_2020, held against the map",
        "",
        f"The same for {len(panel.locations)} authorities and 26 cities, learned from 2015-07 to 2016 in {seconds:.1f} s, scored "
        "in 2017 up to November. Without a look at the map, the city that counts most is the nearest one at "
        f"{int((rank == 0).sum())} of {len(rank)} authorities, and one of the nearest three at {int((rank < 3).sum())}; by chance "
        "it would be at 2 and 6.",
        "",
        heading("", "", at, "2017"),
        summary("median", np.median, errors),
        summary("mean", np.mean, errors),
    ]


def chosen(panel: Panel, stations: xr.Dataset, until: pd.Timestamp) -> tuple[dict[str, xr.DataArray], float]:
    """Return the weights of each way to choose, and how long the learning took."""
    started = time.perf_counter()
    learned = learned_weights(panel, stations, until=until)
    seconds = time.perf_counter() - started
    single = learned_weights(panel, stations, until=until, most=1)
    return dict(zip(CHOICES, (xr.full_like(learned, 1 / learned.sizes["station"]), single, learned), strict=True)), seconds


def heading(first: str, second: str, names: Iterable[str], year: str) -> str:
    """Return the head of a table."""
    columns = [f"{part}, {name}" for part in ("CV", year) for name in names]
    return f"| {first} | {second} | {' | '.join(columns)} |\n|---|---|{'---:|' * len(columns)}"


def summary(name: str, of: Callable[[Floats], np.floating], errors: dict[str, tuple[Floats, Floats]]) -> str:
    """Return the last rows of a table."""
    return f"| {name} | | {' | '.join(f'{of(each[part]):.2f}' for part in (0, 1) for each in errors.values())} |"


def place_errors(panel: Panel, at_places: xr.Dataset, until: pd.Timestamp, end: pd.Timestamp) -> tuple[Floats, Floats]:
    """Return for each place the cross-validated error before, and the error after the training part. [%]"""
    load = daily_means(panel.consumption.astype(np.float64), panel.times)
    heat = daily_means(at_places["temperature"].values, pd.DatetimeIndex(at_places.indexes["time"]).tz_localize("UTC"))
    before, after = np.empty(load.shape[1]), np.empty(load.shape[1])
    for place in range(load.shape[1]):
        both = pd.DataFrame({"load": load[place], "heat": heat[place]}).dropna()
        train, test = both[both.index < until], both[(both.index >= until) & (both.index < end)]
        days = pd.DatetimeIndex(train.index)
        before[place] = Response.of(train["load"].to_numpy(), days).error(train["heat"].to_numpy())
        coefficients = np.linalg.lstsq(terms(train), train["load"].to_numpy(), rcond=None)[0]
        off = test["load"].to_numpy() - terms(test) @ coefficients
        after[place] = 100 * np.sqrt(np.mean(off**2)) / test["load"].mean()
    return before, after


def terms(table: pd.DataFrame) -> Floats:
    """Return what daily consumption is explained by, shape (day, 12)."""
    return np.column_stack([calendar_terms(pd.DatetimeIndex(table.index)), temperature_terms(table["heat"].to_numpy())])


def place_row(place: str, number: int, weights: xr.DataArray, errors: dict[str, tuple[Floats, Floats]]) -> str:
    """Return the row of the table for one place."""
    shares = sorted(zip(-weights.values[number], weights["station"].values, strict=True))
    chosen = ", ".join(f"{station} {-share:.0%}" for share, station in shares if share < 0)
    figures = " | ".join(f"{each[part][number]:.2f}" for part in (0, 1) for each in errors.values())
    return f"| {place} | {chosen} | {figures} |"


if __name__ == "__main__":
    main()
