"""What half an hour of search is worth: `python benchmarks/tuning.py [--minutes 30] [--jobs 2]`.

Searches settings for gefcom2012 through the command line, goes on with what is in the folder of results, and then backtests the
configuration as it is and the best one on the test year, with several seeds. Writes benchmarks/tuning.md. Needs ../shared/data and
the extra `[tune]`. `--small` does the same in a few minutes with four zones, half a year and a tiny network, to see that it works,
and prints the page instead.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from gridcast.config import make_config, read_config, to_toml

HERE = Path(__file__).parent
CONFIG = HERE / "accuracy" / "gefcom2012.toml"
SMALL: dict[str, dict[str, Any]] = {
    "data": {"start": "2006-06-01", "end": "2007-01-20", "exclude": [f"Z{zone:02}" for zone in range(5, 21)]},
    "task": {"sequence_length": 168},
    "model": {"units": 8},
    "training": {"epochs": 3},
    "backtest": {"last": "2007-01-14 00:00", "not_scored": []},
    "tune": {"validation_days": 14, "space": {"learning_rate": {"low": 5e-4, "high": 2e-2, "log": True}, "epochs": [2, 4]}},
}
METRICS = {"nmae": "nMAE [%]", "median_mape": "median MAPE [%]", "crps": "CRPS [kW]", "coverage80": "80 % covers [%]"}
KINDS = {"default": "config.toml", "best": "best.toml"}


def main() -> None:
    """Search, backtest, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="of search")
    parser.add_argument("--jobs", type=int, default=2, help="processes of the search")
    parser.add_argument("--method", default="bayes")
    parser.add_argument("--seeds", type=int, default=3, help="of the backtests")
    parser.add_argument("--results", type=Path, default=Path("runs/tuning"), help="folder of the search and the backtests")
    parser.add_argument("--small", action="store_true", help="a small world, to see that it works")
    asked = parser.parse_args()
    search(asked.results, asked.minutes, asked.jobs, asked.method, small=asked.small)
    for seed in range(asked.seeds):
        for kind in KINDS:
            backtest(asked.results, kind, seed)
    page = report(asked.results, asked.minutes, asked.jobs, asked.seeds)
    if asked.small:
        print(page)
    else:
        (HERE / "tuning.md").write_text(page, encoding="utf-8")


def search(results: Path, minutes: float, jobs: int, method: str, *, small: bool) -> None:
    """Search, unless that was done."""
    folder = results / "search"
    if (folder / "best.toml").exists():
        return
    tables = read_config(CONFIG)
    if small:
        tables = {name: {**tables.get(name, {}), **SMALL.get(name, {})} for name in (*tables, *SMALL)}
    results.mkdir(parents=True, exist_ok=True)
    config = results / "asked.toml"
    config.write_text(to_toml(make_config(tables)), encoding="utf-8")
    budget = ["--minutes", str(minutes), "--jobs", str(jobs), "--method", method]
    gridcast("tune", config, folder, *budget, *(["--resume"] if folder.exists() else []))


def backtest(results: Path, kind: str, seed: int) -> None:
    """Backtest the configuration as it is, or the best one, with a seed, unless that was done."""
    folder = results / f"{kind}-{seed}"
    if not (folder / "scores.json").exists():
        gridcast("backtest", results / "search" / KINDS[kind], folder, "--seed", str(seed))


def gridcast(command: str, config: Path, out: Path, *options: str) -> None:
    """Run a command."""
    subprocess.run([sys.executable, "-m", "gridcast", command, str(config), "--out", str(out), *options], check=True)


def report(results: Path, minutes: float, jobs: int, seeds: int) -> str:
    """Return the page."""
    found = json.loads((results / "search" / "tuning.json").read_text(encoding="utf-8"))
    trials = ", ".join(f"{count} {state}" for state, count in found["trials"].items())
    settings = ", ".join(f"`{name}` {shown(value)}" for name, value in found["best_settings"].items())
    lines = [
        "# What a search is worth\n",
        "`python benchmarks/tuning.py` makes this page (with `../shared/data` and `[tune]`). On gefcom2012 (day ahead, "
        f"{found['weather']} weather) `gridcast tune` searched for {minutes:g} minutes with {jobs} "
        f"{'process' if jobs == 1 else 'processes'} by `{found['method']}`: {trials}.\n",
        "| | default | best | gain |",
        "|---|---|---|---|",
        f"| {found['score']} on {found['validation_days']} validation days [% of mean reading] | {found['configured_score']:.3f} | "
        f"{found['best_score']:.3f} | {found['gain_percent']:.1f} % |",
        *(row(results, metric, name, seeds) for metric, name in METRICS.items()),
        f"\nThe best: {settings}. The rows of the test are medians over the seeds (here {seeds}), with their range; nothing"
        f" from {found['test_from'][:10]} on was read by the search.\n",
    ]
    return "\n".join(lines)


def row(results: Path, metric: str, name: str, seeds: int) -> str:
    """Return a row of the table: a score of the test year."""
    values = {kind: [score(results / f"{kind}-{seed}", metric) for seed in range(seeds)] for kind in KINDS}
    middle = {kind: statistics.median(each) for kind, each in values.items()}
    ranges = {kind: f" ({min(each):.2f}..{max(each):.2f})" if seeds > 1 else "" for kind, each in values.items()}
    cells = [f"{middle[kind]:.2f}{ranges[kind]}" for kind in KINDS]
    gain = "" if metric == "coverage80" else f"{100 * (1 - middle['best'] / middle['default']):.1f} %"
    return f"| {name} on the test | {' | '.join(cells)} | {gain} |"


def score(folder: Path, metric: str) -> float:
    """Return a score of the hybrid in a backtest."""
    return float(json.loads((folder / "scores.json").read_text(encoding="utf-8"))["models"]["hybrid"][metric])


def shown(value: Any) -> str:
    """Return a setting to read."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
