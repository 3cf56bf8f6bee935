"""Which weather stations belong to which zone, where neither has coordinates: learned, beside the mean of all and the best one.

Learns on gefcom2012 up to the end of 2006, and predicts each day's mean consumption of 2007 from calendar, trend and the measured
temperature (ex post), everything fitted before.

    python benchmarks/stations.py            prints the table and writes benchmarks/stations.md
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast import Panel
from gridcast.features.stationweights import Response, calendar_terms, daily_means, learned_weights, temperature_terms
from gridcast.sources.text.csvfile import read_consumption
from gridcast.sources.weather.stations import read_station_weather

Floats = npt.NDArray[np.float64]

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data" / "gefcom2012"
UNTIL, END = pd.Timestamp("2007-01-01", tz="UTC"), pd.Timestamp("2008-01-01", tz="UTC")
CHOICES = ("mean of all 11", "best single", "learned")


def main() -> None:
    """Learn, measure and write the table."""
    panel = Panel.from_wide(read_consumption(DATA / "load.csv.gz").readings, unit="kW")
    stations = read_station_weather(DATA / "weather.csv.gz").dataset
    started = time.perf_counter()
    weights = learned_weights(panel, stations, until=UNTIL)
    seconds = time.perf_counter() - started
    single = learned_weights(panel, stations, until=UNTIL, most=1)
    mean = xr.full_like(weights, 1 / weights.sizes["station"])
    errors = {name: zone_errors(panel, stations, each) for name, each in zip(CHOICES, (mean, single, weights), strict=True)}
    rows = [zone_row(zone, number, weights, errors) for number, zone in enumerate(panel.locations)]
    medians = " | ".join(f"{np.median(errors[name][part]):.2f}" for part in (0, 1) for name in CHOICES)
    means = " | ".join(f"{errors[name][part].mean():.2f}" for part in (0, 1) for name in CHOICES)
    text = "\n".join(
        [
            "# Which weather stations belong to which zone",
            "",
            "gefcom2012 publishes no coordinates. Daily mean consumption by weekday, trend and temperature; stations learned from "
            f"2004 to 2006 by blocked cross-validation in {seconds:.1f} s for {len(panel.locations)} zones, at most three a zone. "
            "RMSE as a share of the zone's mean [%]: cross-validated in the training part (CV, by which the stations were chosen, "
            "so a little flattering to the last two), and of 2007, from which nothing was learned (ex post: with the temperatures "
            "that were measured).",
            "",
            f"| zone | learned stations | {' | '.join(f'{part}, {name}' for part in ('CV', '2007') for name in CHOICES)} |",
            "|---|---|---:|---:|---:|---:|---:|---:|",
            *rows,
            f"| median | | {medians} |",
            f"| mean | | {means} |",
            "",
            "Made by `python benchmarks/stations.py`.",
            "",
        ]
    )
    print(text)
    (HERE / "stations.md").write_text(text, encoding="utf-8")


def zone_errors(panel: Panel, stations: xr.Dataset, weights: xr.DataArray) -> tuple[Floats, Floats]:
    """Return for each zone the cross-validated error before, and the error after the training part. [%]"""
    load = daily_means(panel.consumption.astype(np.float64), panel.times)
    times = pd.DatetimeIndex(stations.indexes["time"]).tz_localize("UTC")
    heat = daily_means(stations["temperature"].values @ weights.values.T, times)
    before, after = np.empty(load.shape[1]), np.empty(load.shape[1])
    for zone in range(load.shape[1]):
        both = pd.DataFrame({"load": load[zone], "heat": heat[zone]}).dropna()
        train, test = both[both.index < UNTIL], both[(both.index >= UNTIL) & (both.index < END)]
        days = pd.DatetimeIndex(train.index)
        before[zone] = Response.of(train["load"].to_numpy(), days).error(train["heat"].to_numpy())
        coefficients = np.linalg.lstsq(terms(train), train["load"].to_numpy(), rcond=None)[0]
        off = test["load"].to_numpy() - terms(test) @ coefficients
        after[zone] = 100 * np.sqrt(np.mean(off**2)) / test["load"].mean()
    return before, after


def terms(table: pd.DataFrame) -> Floats:
    """Return what daily consumption is explained by, shape (day, 12)."""
    return np.column_stack([calendar_terms(pd.DatetimeIndex(table.index)), temperature_terms(table["heat"].to_numpy())])


def zone_row(zone: str, number: int, weights: xr.DataArray, errors: dict[str, tuple[Floats, Floats]]) -> str:
    """Return the row of the table for one zone."""
    shares = sorted(zip(-weights.values[number], weights["station"].values, strict=True))
    chosen = ", ".join(f"{station} {-share:.0%}" for share, station in shares if share < 0)
    figures = " | ".join(f"{errors[name][part][number]:.2f}" for part in (0, 1) for name in CHOICES)
    return f"| {zone} | {chosen} | {figures} |"


if __name__ == "__main__":
    main()
