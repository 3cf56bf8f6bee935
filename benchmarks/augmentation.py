"""What augmentation is worth: `python benchmarks/augmentation.py [SET ...] [--months all 6 3] [--seeds 1]`.

Runs `gridcast ablate --augmentation` on the configurations of benchmarks/accuracy, with all the history and with a few months of
it, on days before the test. The kinds that helped there (the whole interval is below zero, seed 0) are then tried together on the
test days: `gridcast ablate --with`. What is in the folder of results already is not done again. Writes benchmarks/augmentation.md
from what is there. Needs ../shared/data. `--small` does the same in a few minutes with three places, ten days and a tiny network,
to see that it works, and prints the page instead.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gridcast.augment import KINDS
from gridcast.config import make_config, read_config, to_toml

HERE = Path(__file__).parent
SETS = ("gefcom2012", "us_ba")
HISTORIES = ("all", "6", "3")
# The days before the test that a kind may be chosen by; the test days of the accuracy benchmark.
PARTS: dict[str, dict[str, dict[str, Any]]] = {
    "gefcom2012": {
        "validation": {"first": "2006-07-01 00:00", "last": "2006-12-30 00:00"},
        "test": {"first": "2007-01-01 00:00", "last": "2007-12-31 00:00"},
    },
    "us_ba": {
        "validation": {"first": "2016-07-01 06:00", "last": "2016-12-30 06:00"},
        "test": {"first": "2017-01-01 06:00", "last": "2017-11-25 06:00"},
    },
}
ENDS = {("gefcom2012", "validation"): "2007-01-01", ("us_ba", "validation"): "2017-01-01 06:00"}
SMALL: dict[str, dict[str, Any]] = {"task": {"sequence_length": 168}, "model": {"units": 8}, "training": {"epochs": 1}}
SMALL_DATA: dict[str, dict[str, Any]] = {
    "gefcom2012": {"exclude": [f"Z{zone:02}" for zone in range(4, 21)]},
    "us_ba": {"only": ["NYIS", "ISNE", "PJM"]},
}
SMALL_DAYS = 10


def main() -> None:
    """Run what is missing, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=[], metavar="SET", help=f"of {', '.join(SETS)}; all by default")
    parser.add_argument("--months", nargs="*", default=HISTORIES, choices=HISTORIES, help="of history")
    parser.add_argument("--parts", nargs="*", default=("validation", "test"), choices=("validation", "test"))
    parser.add_argument("--kinds", nargs="+", metavar="KIND", help="before the test; each kind alone and all of them by default")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="as in the configuration by default")
    parser.add_argument("--results", type=Path, default=Path("runs/augmentation"), help="folder of the ablations")
    parser.add_argument("--small", action="store_true", help="a small world, to see that it works")
    parser.add_argument("--table-only", action="store_true", help="only write the page from what is there")
    asked = parser.parse_args()
    for part in () if asked.table_only else asked.parts:
        for name in asked.sets or SETS:
            for months in asked.months:
                for seed in range(asked.seeds):
                    run(asked, name, part, months, seed)
    page = report(asked.results)
    if asked.small:
        print(page)
    else:
        (HERE / "augmentation.md").write_text(page, encoding="utf-8")


def run(asked: argparse.Namespace, name: str, part: str, months: str, seed: int) -> None:
    """Ablate a set on a part, with so much history and a seed, unless that was done; on test days with the kinds that helped."""
    results: Path = asked.results
    folder = results / f"{name}-{part}-{months}-{seed}"
    chosen = [] if part == "validation" else helped(results, name, months)
    if (folder / "ablation.json").exists() or (part == "test" and not chosen):
        return
    results.mkdir(parents=True, exist_ok=True)
    config = results / f"{name}-{part}.toml"
    config.write_text(to_toml(make_config(settings(name, part, small=asked.small))), encoding="utf-8")
    command = [sys.executable, "-m", "gridcast", "ablate", str(config), "--out", str(folder), "--seed", str(seed)]
    tried = ["+".join(chosen)] if chosen else asked.kinds or []
    command += [each for kinds in tried for each in ("--with", kinds)] or ["--augmentation"]
    command += [] if months == "all" else ["--months", months]
    subprocess.run([*command, *(["--epochs", str(asked.epochs)] if asked.epochs else [])], check=True)


def helped(results: Path, name: str, months: str) -> list[str]:
    """Return the kinds whose whole interval is below zero on the days before the test, with the first seed."""
    found = next(ablations(results, name, "validation", months), None)
    return [] if found is None else helped_in(found)


def helped_in(found: dict[str, Any]) -> list[str]:
    """Return the kinds of an ablation whose whole interval is below zero."""
    kinds = {row["variant"].removeprefix("with "): row for row in found["ablation"]}
    return [kind for kind, row in kinds.items() if kind not in ("hybrid", "all") and row["high"] < 0]


def settings(name: str, part: str, *, small: bool) -> dict[str, Any]:
    """Return the tables of a configuration, for a part of its days."""
    tables = read_config(HERE / "accuracy" / f"{name}.toml")
    tables["backtest"] = {**tables["backtest"], **PARTS[name][part]}
    tables["data"].pop("operator", None)
    if (name, part) in ENDS:
        tables["data"]["end"] = ENDS[name, part]  # the test is not read
    return made_small(tables, name) if small else tables


def made_small(tables: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the tables for a few places, days and epochs."""
    changed = {key: {**tables.get(key, {}), **SMALL.get(key, {})} for key in (*tables, *SMALL)}
    first = str(changed["backtest"]["first"])
    changed["backtest"].update(last=f"{first[:8]}{SMALL_DAYS:02}{first[10:]}", not_scored=[], not_compared=[])
    wanted = SMALL_DATA[name]
    exclude = wanted.get("exclude") or [place for place in changed["data"]["timezones"] if place not in wanted["only"]]
    changed["data"]["exclude"] = exclude
    changed["data"].pop("flags", None)  # of three places there may be none
    return changed


def report(results: Path) -> str:
    """Return the page of all that is there."""
    parts = [
        "# What augmentation is worth\n",
        "`python benchmarks/augmentation.py` makes this page (with `../shared/data`): the MAE of the hybrid with one kind of",
        "augmentation, and with all of them, against that without any; below zero is better. In brackets the 90 % interval of",
        "blocks of a week and the p value of the Diebold-Mariano test; of several seeds the median stands there, with their range.",
        "The kinds whose whole interval is below zero are then tried together on the test days, which that choice did not read.",
        "`--seeds 3` adds seeds, and `--epochs 12` is what is told as 12 epochs.",
        "",
    ]
    for name in SETS:
        columns = {months: found for months in HISTORIES if (found := list(ablations(results, name, "validation", months)))}
        tested = {months: found for months in HISTORIES if (found := list(ablations(results, name, "test", months)))}
        parts += [section(name, columns)] if columns else []
        parts += [test_section(name, columns, tested)] if tested else []
    return "\n".join(parts)


def ablations(results: Path, name: str, part: str, months: str) -> Iterator[dict[str, Any]]:
    """Yield the ablations that are there, by seed."""
    for path in sorted(results.glob(f"{name}-{part}-{months}-[0-9]*/ablation.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def section(name: str, columns: dict[str, list[dict[str, Any]]]) -> str:
    """Return the table of a set on the days before the test: a row a kind, a column a history."""
    first = next(iter(columns.values()))[0]
    lines = [
        f"## {name}, before the test\n",
        days_of(first),
        "| | " + " | ".join(told(months, found) for months, found in columns.items()) + " |",
        "|---" * (1 + len(columns)) + "|",
        "| nMAE without [%] | " + " | ".join(f"{middle(found, 'hybrid', 'nmae'):.3f}" for found in columns.values()) + " |",
    ]
    rows = (row["variant"] for found in columns.values() for row in found[0]["ablation"])
    variants = sorted({*rows} - {"hybrid"}, key=[f"with {kind}" for kind in (*KINDS, "all")].index)
    lines += [f"| {name} [%] | " + " | ".join(cell(found, name) for found in columns.values()) + " |" for name in variants]
    return "\n".join([*lines, ""])


def test_section(name: str, columns: dict[str, list[dict[str, Any]]], tested: dict[str, list[dict[str, Any]]]) -> str:
    """Return the table of a set on the test days: a row a history, with the kinds that helped before."""
    lines = [
        f"## {name}, the test\n",
        days_of(next(iter(tested.values()))[0]),
        "| history | kinds | seeds | nMAE without [%] | nMAE with [%] | MAE more by [%] |",
        "|---|---|---|---|---|---|",
    ]
    for months, before in columns.items():
        if (found := tested.get(months)) is None:
            lines += [] if helped_in(before[0]) else [f"| {told(months, before)} | none helped | | | | |"]
            continue
        variant = next(row["variant"] for row in found[0]["ablation"] if row["variant"] != "hybrid")
        without, with_them = (spread(found, each, "nmae") for each in ("hybrid", variant))
        kinds = variant.removeprefix("with ").replace("+", ", ")
        lines.append(f"| {told(months, found)} | {kinds} | {len(found)} | {without} | {with_them} | {cell(found, variant)} |")
    return "\n".join([*lines, ""])


def days_of(found: dict[str, Any]) -> str:
    """Return the issue times of an ablation in a sentence."""
    first, last = (found[key][:10] for key in ("first_issue_time", "last_issue_time"))
    return f"{found['places']} places, {found['issue_times']} issue times from {first} to {last}; weather {found['weather']}.\n"


def told(months: str, found: list[dict[str, Any]]) -> str:
    """Return how much history, and the epochs."""
    return f"{'all history' if months == 'all' else f'{months} months'}, {found[0]['epochs']} epochs"


def spread(found: list[dict[str, Any]], variant: str, key: str) -> str:
    """Return the median over the seeds, and the range where there are several."""
    values = [float(row_of(each, variant)[key]) for each in found]
    middle = f"{statistics.median(values):.2f}"
    return middle if len(values) == 1 else f"{middle} ({min(values):.2f}..{max(values):.2f})"


def cell(found: list[dict[str, Any]], variant: str) -> str:
    """Return by how much the error is larger with a variant; a dash where it was not tried."""
    if all(row["variant"] != variant for row in found[0]["ablation"]):
        return "–"
    row = row_of(found[0], variant)
    if len(found) == 1:
        return f"{row['difference_percent']:+.1f} ({row['low']:+.1f}..{row['high']:+.1f}, p {row['p_value']:.2g})"
    seeds = [float(row_of(each, variant)["difference_percent"]) for each in found]
    return f"{statistics.median(seeds):+.1f} ({min(seeds):+.1f}..{max(seeds):+.1f} over the seeds)"


def middle(found: list[dict[str, Any]], variant: str, key: str) -> float:
    """Return the median over the seeds."""
    return statistics.median(float(row_of(each, variant)[key]) for each in found)


def row_of(found: dict[str, Any], variant: str) -> dict[str, Any]:
    """Return the row of a variant."""
    return next(row for row in found["ablation"] if row["variant"] == variant)


if __name__ == "__main__":
    main()
