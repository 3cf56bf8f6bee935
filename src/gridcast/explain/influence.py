"""Where the network looks: how much a forecast changes when what one neighbour puts on the map is that of an average day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gridcast.explain.parts import MAP, Part, Parts, ask_mixed, parts_of
from gridcast.explain.question import Question

DAYS = 8  # earlier days that stand in for a neighbour's own
MOST = 100  # neighbours that are asked about: the nearest
BOTH, LOAD, WEATHER = "load and weather", "load", "weather"


def influence(question: Question) -> pd.DataFrame:
    """Return how much each neighbour moves the forecast, the strongest first.

    What a neighbour put on the map is replaced by what it put there at the same hour of earlier days, one at a time.

    Returns:
        Columns `location`; `kind`, one of `load and weather`, `load`, `weather`, where there is no weather `load` alone; `size`,
        the mean over steps and days of how far the forecast moves, either way; `change`, the mean of the forecast less that
        without the neighbour; `share` of `size` in the mean size of the forecast [1]. [the panel's unit] The neighbours of the sum
        of all places are the places.
    """
    others = nearest(question) if len(question.placed.number) > 1 else []
    parts = parts_of(question, others, by_kind=True, own=() if not question.others else None)
    names = question.samples.panel.locations
    hidden = [(names[place], kind, _hidden(parts, names[place], kind)) for place in others for kind in _kinds(parts, names[place])]
    if not hidden:
        return pd.DataFrame(columns=["location", "kind", "size", "change", "share"])
    days = question.earlier[np.unique(np.linspace(0, len(question.earlier) - 1, DAYS).round().astype(np.intp))]
    present = np.ones((1 + len(hidden) * len(days), len(parts.names)), dtype=bool)
    for number, (_, _, away) in enumerate(hidden):
        present[np.ix_(range(1 + number * len(days), 1 + (number + 1) * len(days)), away)] = False
    there = np.append(days[:1], np.tile(days, len(hidden)))
    said = ask_mixed(question, parts, present, np.full(len(there), question.row), there)
    moved = said[0] - said[1:].reshape(len(hidden), len(days), -1)
    level = float(np.abs(said[0]).mean())
    size, change = np.abs(moved).mean(axis=(1, 2)), moved.mean(axis=(1, 2))
    table = pd.DataFrame(
        {
            "location": [name for name, _, _ in hidden],
            "kind": [kind for _, kind, _ in hidden],
            "size": size,
            "change": change,
            "share": size / level if level > 0 else np.nan,
        }
    )
    return table.sort_values("size", ascending=False, kind="stable", ignore_index=True)


def strongest(table: pd.DataFrame, question: Question, count: int) -> list[int]:
    """Return the numbers of the neighbours with the most influence."""
    names = question.samples.panel.locations
    kind = BOTH if (table["kind"] == BOTH).any() else LOAD
    return [names.index(name) for name in table.loc[table["kind"] == kind, "location"][:count]]


def nearest(question: Question, most: int = MOST) -> list[int]:
    """Return the neighbours on the map, nearest first where they are many; of the sum of all places the largest places."""
    size = question.samples.recipe.scaler.scale
    if not question.others:
        return [int(place) for place in np.argsort(-np.abs(size), kind="stable")[:most]]
    grid = question.fitted.placing.grid
    own, cells = question.placed.cell[list(question.places)], question.placed.cell
    away = (cells // grid.columns - own[0] // grid.columns) ** 2 + (cells % grid.columns - own[0] % grid.columns) ** 2
    others = np.array(question.others, dtype=np.intp)
    return [int(place) for place in others[np.argsort(away[others], kind="stable")][:most]]


def _kinds(parts: Parts, name: str) -> list[str]:
    """Return what of a neighbour there is to be hidden."""
    told = [kind for kind in (LOAD, WEATHER) if (MAP, f"{name}: {kind}") in parts.names]
    return [BOTH, *told] if len(told) > 1 else told


def _hidden(parts: Parts, name: str, kind: str) -> list[int]:
    """Return the numbers of the parts that are hidden."""
    wanted: list[Part] = [(MAP, f"{name}: {each}") for each in ((LOAD, WEATHER) if kind == BOTH else (kind,))]
    return [number for number, part in enumerate(parts.names) if part in wanted]
