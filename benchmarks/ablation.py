"""What the parts of the hybrid are worth: `python benchmarks/ablation.py`.

Trains the hybrid without its CNN, and with the places shuffled on the map: on us_ba through the command line (needs ../shared/data;
what is in the folder of results is not done again), and on a synthetic world of fronts, in which what a place will consume is what
its western neighbours consume now. Writes benchmarks/ablation.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from gridcast import HybridForecaster, Panel
from gridcast.clock import DAY
from gridcast.evaluation import evaluate, overall
from gridcast.forecast import actual_values
from gridcast.sources.synthetic.fronts import HOURS_A_COLUMN, generate_fronts

HERE = Path(__file__).parent
SETS = ("us_ba",)
ROWS, COLUMNS = 4, 10  # of the world of fronts


def main() -> None:
    """Measure what is not there yet, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=Path("runs/ablation"), help="folder of the ablations")
    results = parser.parse_args().results
    parts = ["# What the parts of the hybrid are worth\n", "`python benchmarks/ablation.py` makes this page.\n"]
    parts += [section(name, ablated(name, results)) for name in SETS]
    parts.append(fronts())
    text = "\n".join(parts)
    print(text)
    (HERE / "ablation.md").write_text(text, encoding="utf-8")


def ablated(name: str, results: Path) -> dict[str, Any]:
    """Return what an ablation of a set came to."""
    folder = results / name
    if not (folder / "ablation.json").exists():
        config = HERE / "accuracy" / f"{name}.toml"
        command = [sys.executable, "-m", "gridcast", "ablate", str(config), "--out", str(folder), "--seed", "1"]
        subprocess.run([*command, "--without", "cnn", "--without", "map"], check=True)
    return dict(json.loads((folder / "ablation.json").read_text(encoding="utf-8")))


def section(name: str, found: dict[str, Any]) -> str:
    """Return the table of a set."""
    lines = [
        f"## {name}\n",
        f"`gridcast ablate benchmarks/accuracy/{name}.toml --without cnn --without map --seed 1`: {found['places']} places, "
        f"{found['issue_times']} issue times, one seed.\n",
        "| | nMAE [%] | larger MAE by [%] | 90 % interval | p |",
        "|---|---:|---:|---|---:|",
    ]
    for row in found["ablation"]:
        told = "| | | |"
        if row["variant"] != "hybrid":
            interval = f"{row['low']:+.1f} to {row['high']:+.1f}"
            told = f"| {row['difference_percent']:+.1f} | {interval} | {row['p_value']:.2g} |"
        lines.append(f"| {row['variant']} | {row['nmae']:.2f} {told}")
    return "\n".join([*lines, ""])


def fronts() -> str:
    """Return the table of the world of fronts."""
    panel = Panel.from_wide(*generate_fronts(ROWS, COLUMNS, days=120, cycle=2.0))
    with_map, without = rmse_on(panel, spatial="cnn"), rmse_on(panel, spatial="none")
    lines = [
        "## A world of fronts\n",
        f"{ROWS * COLUMNS} places; a random signal moves one column east in {HOURS_A_COLUMN} hours. Small network, last 20 days.\n",
        "| | RMSE |",
        "|---|---:|",
        f"| hybrid | {with_map:.3f} |",
        f"| without CNN | {without:.3f} ({100 * (without / with_map - 1):+.0f} %) |",
    ]
    return "\n".join([*lines, ""])


def rmse_on(panel: Panel, *, spatial: str) -> float:
    """Return the RMSE over the last 20 days, trained on what was before."""
    issued = pd.date_range(panel.end - 20 * DAY, panel.end - DAY, freq="12h")
    hybrid = HybridForecaster(
        12, sequence_length=168, grid_size=(ROWS, COLUMNS), epochs=24, batch_size=8, units=32, calendar=None, spatial=spatial
    )
    forecast = hybrid.fit(panel.as_of(issued[0])).predict(panel, issued)
    return float(overall(evaluate({"hybrid": forecast}, actual_values(panel, issued, 12)))["hybrid"]["rmse"])


if __name__ == "__main__":
    main()
