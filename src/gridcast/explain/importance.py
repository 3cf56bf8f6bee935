"""What matters overall: how much larger the error of past forecasts is when a group of inputs is that of another day.

Letters: B issue times, H steps, E places that are judged, R repeats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import HOUR, local_labels
from gridcast.explain.parts import ask_mixed, parts_of
from gridcast.explain.question import Floats, Question
from gridcast.samples.samples import Rows

SEASONS = ("winter", "spring", "summer", "autumn")
ISSUED = 48  # past issue times
REPEATS = 2
RESAMPLED = 400
LEVEL = 0.9  # of the intervals
BLOCKS = 4  # into which the lead times are cut
MOST = 300  # places times places that are judged
FEW, MANY = 2, 6  # places that are judged


@dataclass(frozen=True)
class Errors:
    """Absolute errors of past forecasts, in means of the places, NaN where there is no reading.

    Attributes:
        rows: Of the issue times, shape (B,).
        places: That were judged, shape (E,).
        whole: With all inputs as they were, shape (B, H, E).
        without: With a group from another day, by group, the mean over the repeats, shape (B, H, E).
    """

    rows: Rows
    places: tuple[int, ...]
    whole: Floats
    without: dict[str, Floats]


def importance(question: Question, *, seed: int = 0) -> tuple[pd.DataFrame, Errors]:
    """Return how much each group of inputs matters for forecasts issued at this hour, and the errors that it is told from.

    Each group is taken from another of the past issue times, and the rest left as it was; the forecast of a place is judged by
    its own readings. The hour of the day is the same at all issue times, so that `calendar` is weekday and season.

    Args:
        question: Whose place is judged; of the sum of all places a few of them, small and large.
        seed: Of what is exchanged for what, and of the resampling.

    Returns:
        Columns `group`; `season`, or empty for all; `lead_from` and `lead_to` [h], from the issue time to the start of a step;
        `importance`, how much larger the mean absolute error is [%], with its 90 % interval `low` to `high` from resampled issue
        times; `n`, readings. The table is empty where fewer than two past issue times have readings.

    References:
        Breiman (2001), doi:10.1023/A:1010933404324; Fisher, Rudin & Dominici (2019), arXiv:1801.01489.
    """
    errors = permuted_errors(question, seed=seed)
    leads = np.arange(question.horizon) * (question.samples.recipe.freq / HOUR)
    blocks = [np.arange(question.horizon), *np.array_split(np.arange(question.horizon), min(BLOCKS, question.horizon))]
    blocks = blocks[:1] if question.horizon == 1 else blocks
    seasons = seasons_of(question, errors.rows)
    chosen: list[tuple[str, npt.NDArray[np.bool_]]] = [("", np.ones(len(errors.rows), dtype=bool))]
    chosen += [(name, seasons == name) for name in SEASONS if (seasons == name).any() and not (seasons == name).all()]
    random = np.random.default_rng(seed)
    rows = []
    for season, some in chosen if len(errors.rows) > 1 else []:
        for block in blocks if not season else blocks[:1]:
            for group, without in errors.without.items():
                cut = np.ix_(some, block)
                told = _ratio(errors.whole[cut], without[cut], random)
                rows.append({"group": group, "season": season, "lead_from": leads[block[0]], "lead_to": leads[block[-1]], **told})
    columns = ["group", "season", "lead_from", "lead_to", "importance", "low", "high", "n"]
    return pd.DataFrame(rows, columns=columns), errors


def permuted_errors(question: Question, *, seed: int = 0) -> Errors:
    """Return the errors of past forecasts, and what they are with each group from another issue time."""
    rows, places = question.scored(ISSUED), _judged(question)
    random = np.random.default_rng(seed)
    others = np.concatenate([rows[_exchanged(random, len(rows))] for _ in range(REPEATS)])
    targets, scaler = question.samples.targets(rows), question.samples.recipe.scaler  # (B, H, N)
    mean = np.nanmean(np.abs(question.samples.panel.consumption), axis=0)
    errors: dict[str, list[Floats]] = {}
    for place in places:
        reading = targets[..., place] * scaler.scale[place] + scaler.centre[place]
        for group, said in _without_each(question.about(place), rows, others).items():
            errors.setdefault(group, []).append((np.abs(said - reading) / mean[place]).mean(axis=0))
    stacked = {group: np.stack(each, axis=-1) for group, each in errors.items()}
    return Errors(rows, places, stacked.pop(""), stacked)


def seasons_of(question: Question, rows: Rows) -> npt.NDArray[np.object_]:
    """Return the meteorological season of issue rows by the local clock; south of the equator it is summer from December on."""
    panel = question.samples.panel
    month = local_labels(question.samples.times[rows], panel.timezones[question.places[0]]).month.to_numpy()
    south = panel.has_coordinates and panel.coordinates[0][question.places[0]] < 0
    names: npt.NDArray[np.object_] = np.array(SEASONS, dtype=object)[(month % 12 // 3 + 2 * int(south)) % 4]
    return names


def _judged(question: Question) -> tuple[int, ...]:
    """Return the places that are judged: the one that is asked about, or some from the largest to the smallest."""
    if len(question.places) == 1:
        return question.places
    count = int(np.clip(MOST // len(question.places), FEW, MANY))
    by_size = np.argsort(-question.samples.recipe.scaler.scale, kind="stable")
    spread = np.unique(np.linspace(0, len(by_size) - 1, count).round().astype(np.intp))
    return tuple(int(place) for place in by_size[spread])


def _exchanged(random: np.random.Generator, count: int) -> npt.NDArray[np.intp]:
    """Return for each of so many issue times another one, each of them once."""
    order = random.permutation(count)
    other = np.empty(count, dtype=np.intp)
    other[order] = np.roll(order, 1)
    return other


def _without_each(question: Question, rows: Rows, others: Rows) -> dict[str, Floats]:
    """Return the forecasts at issue rows, and those with each group from other rows, shape (R, B, H). [the panel's unit]

    Args:
        question: Of one place.
        rows: Shape (B,).
        others: From which a group is taken, shape (R B,).
    """
    parts, repeats = parts_of(question), len(others) // len(rows)
    names = ["", *parts.groups]
    present = np.ones((len(names), len(parts.names)), dtype=bool)
    for number, group in enumerate(names):
        present[number, parts.of_group(group)] = False
    counts = [len(rows), *[len(others)] * len(parts.groups)]  # those with all inputs are needed once
    here = np.concatenate([rows, np.tile(rows, repeats * len(parts.groups))])
    there = np.concatenate([rows, np.tile(others, len(parts.groups))])
    said = ask_mixed(question, parts, np.repeat(present, counts, axis=0), here, there)
    each = np.split(said, np.cumsum(counts)[:-1])
    return {name: values.reshape(-1, len(rows), question.horizon) for name, values in zip(names, each, strict=True)}


def _ratio(whole: Floats, without: Floats, random: np.random.Generator) -> dict[str, float]:
    """Return how much larger the error is [%], its interval, and the number of readings; errors of shape (B, h, E)."""
    there = np.isfinite(whole)
    sums = [np.where(there, errors, 0).sum(axis=(1, 2)) for errors in (whole, without)]
    drawn = random.integers(0, len(whole), (RESAMPLED, len(whole)))
    with np.errstate(all="ignore"):
        again = 100 * (sums[1][drawn].sum(axis=1) / sums[0][drawn].sum(axis=1) - 1)
        told = 100 * (sums[1].sum() / sums[0].sum() - 1)
    ends = np.nanquantile(again, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if np.isfinite(again).any() else (np.nan, np.nan)
    return {"importance": float(told), "low": float(ends[0]), "high": float(ends[1]), "n": int(there.sum())}
