"""How accurate the hybrid is on real data, beside baselines and operators: `python benchmarks/accuracy.py [SET ...]`.

Backtests each configuration of benchmarks/accuracy through the command line: the first seed with all baselines, the further ones
with the hybrid alone. What is in the folder of results already is not done again. Writes benchmarks/accuracy.md from what is there.
Needs ../shared/data and the extra `[boosting]`. All five sets with three seeds take about two hours of two cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CONFIGS = HERE / "accuracy"
SETS = ("gefcom2012", "us_ba", "us_ba_2018", "nyiso", "gefcom2014")
AIMS = {
    "gefcom2012": "nMAE of at most 3.9 %",
    "us_ba": "median MAPE of at most 2.9 %, better than the authority's own forecast at 41 or more of the 49 usable ones",
    "us_ba_2018": "10 % better than LightGBM",
    "nyiso": "better than the operator in 8 or more of the 10 zones, and on their sum (the operator: 3.27 % on all eleven)",
    "gefcom2014": "60 % smaller WAPE than the daily naive forecast",
}
COLUMNS = {
    "nmae": "nMAE [%]",
    "median_mape": "median MAPE [%]",
    "wape": "WAPE [%]",
    "rmse": "RMSE",
    "crps": "CRPS",
    "coverage80": "80 % covers [%]",
}


def main() -> None:
    """Run what is missing, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=[], metavar="SET", help=f"of {', '.join(SETS)}; all by default")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=Path("runs/accuracy"), help="folder of the backtests")
    parser.add_argument("--table-only", action="store_true", help="only write the table from what is there")
    asked = parser.parse_args()
    if not asked.table_only:
        for name in asked.sets or SETS:
            for seed in range(asked.seeds):
                run(name, seed, asked.results)
    (HERE / "accuracy.md").write_text(report(asked.results), encoding="utf-8")


def run(name: str, seed: int, results: Path) -> None:
    """Backtest a set with a seed, unless that was done."""
    folder = results / f"{name}-{seed}"
    if (folder / "scores.json").exists():
        return
    command = [sys.executable, "-m", "gridcast", "backtest", str(CONFIGS / f"{name}.toml"), "--out", str(folder)]
    baselines = ["--with-baselines"] if seed == 0 else []
    subprocess.run([*command, "--seed", str(seed), *baselines], check=True)


def report(results: Path) -> str:
    """Return the page of all that is there."""
    parts = [
        "# How accurate the hybrid is\n",
        "`python benchmarks/accuracy.py` makes this page (with `../shared/data` and `[boosting]`); each set is a configuration",
        "in `benchmarks/accuracy/`, which `gridcast backtest benchmarks/accuracy/SET.toml --out DIR` reruns. Default",
        "settings. Where there are several seeds, figures are the median with its range; LightGBM and vanilla are of one run.",
        "Scored are the hours for which every forecaster has a forecast: the naive ones have none where the reading that they",
        "repeat is missing. Times are in [cost.md](cost.md): trainings for this page shared the machine with each other.",
        "",
    ]
    parts += [section(name, found) for name in SETS if (found := [read(path) for path in folders(results, name)])]
    return "\n".join(parts)


def folders(results: Path, name: str) -> list[Path]:
    """Return the folders of a set that hold scores, by seed."""
    return sorted(path.parent for path in results.glob(f"{name}-[0-9]*/scores.json"))


def read(folder: Path) -> dict[str, Any]:
    """Return the scores of a backtest."""
    return dict(json.loads((folder / "scores.json").read_text(encoding="utf-8")))


def section(name: str, found: list[dict[str, Any]]) -> str:
    """Return the table of a set."""
    first = found[0]
    weather = {"ex post": "**ex post**: measured weather of the predicted hours", "none": "no weather"}
    lines = [
        f"## {name}\n",
        f"{first['places']} places, {first['issue_times']} issue times from {first['first_issue_time'][:10]} to "
        f"{first['last_issue_time'][:10]}; {weather.get(first['weather'], first['weather'])}; {len(found)} "
        f"{'seed' if len(found) == 1 else 'seeds'}.\n",
        "| | " + " | ".join(COLUMNS.values()) + " | MAPE of the sum [%] |",
        "|---" * (len(COLUMNS) + 2) + "|",
    ]
    totals = [each["total"] or {} for each in found]
    for model in first["models"]:
        runs = [each["models"][model] for each in found if model in each["models"]]
        sums = [each[model]["mape"] for each in totals if model in each]
        cells = [shown([each.get(key) for each in runs]) for key in COLUMNS]
        lines.append(f"| {model} | " + " | ".join([*cells, shown(sums)]) + " |")
    if first["with_operator"]:
        operator = first["with_operator"]["operator"]
        lines.append(f"| operator, on its hours | {shown([operator['nmae']])} | {shown([operator['median_mape']])} | " + " | " * 6)
    return "\n".join([*lines, "", f"Our aim: {AIMS[name]}; 80 % intervals that cover 78 to 82 %.\n", *sentences(found), ""])


def sentences(found: list[dict[str, Any]]) -> list[str]:
    """Return what else there is to say: places won, and skills with their intervals."""
    told = []
    for row in found[0]["places_won"]:
        if row["model"] == "hybrid":
            won = [r["won"] for each in found for r in each["places_won"] if (r["model"], r["rival"]) == ("hybrid", row["rival"])]
            told.append(f"- better than {row['rival']} at {shown(won, digits=0)} of {row['of']} places")
    told += [
        f"- MAE {100 * row['skill']:.1f} % lower than that of {row['reference']} (90 % interval {100 * row['low']:.1f} to "
        f"{100 * row['high']:.1f} %, Diebold-Mariano p = {row['p_value']:.2g})"
        for row in found[0]["skills"]
        if row["model"] == "hybrid" and row["metric"] == "mae"
    ]
    return told


def shown(values: list[float | None], digits: int = 2) -> str:
    """Return the median, with the range where there are several."""
    numbers = [value for value in values if value is not None]
    if not numbers:
        return ""
    middle, least, most = (f"{each(numbers):.{digits}f}" for each in (statistics.median, min, max))
    return middle if least == most else f"{middle} ({least}..{most})"


if __name__ == "__main__":
    main()
