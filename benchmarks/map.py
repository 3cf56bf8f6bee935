"""What the map is worth: the hybrid on the true map, beside the same network on a map whose places are shuffled.

Runs the settings of `gridcast run` on the synthetic default and, where it is there, on us_ba_2015_2020, and scores the last
28 days.

    python benchmarks/map.py            prints the table and writes benchmarks/map.md
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from gridcast import HybridForecaster, Panel, RunConfig, SeasonalNaive, make_config
from gridcast.clock import DAY, WEEK
from gridcast.evaluation import evaluate, overall
from gridcast.features.calendar import Calendar
from gridcast.forecast import actual_values
from gridcast.loading import Listener, held_out_issue_times, load
from gridcast.quality import implausible

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data" / "us_ba_2015_2020"
SHUFFLES = 2


def main() -> None:
    """Measure each world and write the table."""
    worlds: dict[str, tuple[RunConfig, int | tuple[int, int], str]] = {"synthetic default": (RunConfig(), 16, "DE")}
    if DATA.is_dir():
        files = {"temporal": str(DATA / "load.csv.gz"), "spatial": str(DATA / "locations.csv"), "unit": "MW"}
        worlds["us_ba_2015_2020"] = (make_config({"data": files}), (12, 24), "US")
    rows = [row for name, world in worlds.items() for row in measure(name, *world)]
    text = "\n".join(
        [
            "# What the map is worth",
            "",
            f"The last 28 days, day ahead, nothing tuned on them; settings of `gridcast run`, seed 0; "
            f"{SHUFFLES} shuffles of the places. Wrong readings are masked, gaps not filled, and no weather is used. "
            "In the synthetic world fronts travel, and neighbours tell more than in reality.",
            "",
            "| world | forecaster | RMSE [MW] | nMAE [%] | skill | training [s] |",
            "|---|---|---:|---:|---:|---:|",
            *rows,
            "",
            "Made by `python benchmarks/map.py`.",
            "",
        ]
    )
    print(text)
    (HERE / "map.md").write_text(text, encoding="utf-8")


def measure(name: str, config: RunConfig, grid_size: int | tuple[int, int], country: str) -> list[str]:
    """Return the rows of the table for one world."""
    panel = load(config, Listener()).panel
    issued = held_out_issue_times(panel, config)
    panel = panel.masked(implausible(panel, before=issued[0]))
    actual = actual_values(panel, issued, config.task.horizon)
    maps = {"hybrid, true map": panel}
    maps |= {f"hybrid, shuffled map {seed}": shuffled(panel, seed) for seed in range(1, SHUFFLES + 1)}
    forecasts, seconds = {}, {}
    for forecaster in (SeasonalNaive(DAY), SeasonalNaive(WEEK)):
        forecasts[forecaster.name] = forecaster.predict(panel, issued)
    for label, world in maps.items():
        started = time.perf_counter()
        hybrid = HybridForecaster(grid_size=grid_size, epochs=config.training.epochs, calendar=Calendar(country=country))
        hybrid.fit(world.as_of(issued[0]))
        seconds[label] = time.perf_counter() - started
        forecasts[label] = hybrid.predict(world, issued)
    scores = overall(evaluate(forecasts, actual))
    return [
        f"| {name} | {label} | {s['rmse']:,.4g} | {s['nmae']:.2f} | {s['skill']:.3f} | "
        f"{f'{seconds[label]:.0f}' if label in seconds else ''} |"
        for label, s in scores.items()
    ]


def shuffled(panel: Panel, seed: int) -> Panel:
    """Return the panel with the places' coordinates exchanged at random."""
    order = np.random.default_rng(seed).permutation(len(panel.locations))
    where = {name: ("location", panel.dataset[name].to_numpy()[order]) for name in ("latitude", "longitude")}
    return Panel(panel.dataset.assign_coords(where))


if __name__ == "__main__":
    main()
