"""Why a forecast is what it is: what each part adds to the forecast of an average day, by Shapley values with groups kept together.

Letters: K earlier days, P parts, H steps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import HOUR
from gridcast.explain.parts import GROUPS, Parts, ask_mixed
from gridcast.explain.question import Floats, Question

BASELINE = "baseline"
AVERAGE = "average day"


@dataclass(frozen=True)
class Attribution:
    """What each part adds to the baseline; the parts add up to the forecast.

    Attributes:
        name: Of the place, or of the sum.
        issue_time: When the forecast is issued, UTC.
        valid_times: Start of each step, UTC, shape (H,).
        zone: Of the local clock.
        unit: Of all values.
        parts: Group and part of each, shape (P,).
        baseline: The mean forecast at the same hour of earlier days, shape (H,).
        forecast: Shape (H,).
        values: What each part adds, shape (P, H).
        errors: Standard error of that, from one earlier day to the next, shape (P, H).
        days: Number of earlier days, K.
    """

    name: str
    issue_time: pd.Timestamp
    valid_times: pd.DatetimeIndex
    zone: str
    unit: str
    parts: tuple[tuple[str, str], ...]
    baseline: Floats
    forecast: Floats
    values: Floats
    errors: Floats
    days: int

    @property
    def groups(self) -> dict[str, Floats]:
        """What each group adds, shape (H,), in the order of `GROUPS`."""
        each = {group: [i for i, part in enumerate(self.parts) if part[0] == group] for group in GROUPS}
        return {group: self.values[rows].sum(axis=0) for group, rows in each.items() if rows}

    def of_group(self, group: str) -> dict[str, Floats]:
        """Return what each part of a group adds, shape (H,)."""
        return {part: self.values[i] for i, (each, part) in enumerate(self.parts) if each == group}

    def table(self) -> pd.DataFrame:
        """Return a row for each part and step: `contribution` adds up, with the row of the baseline, to the forecast of the step.

        Columns `location`, `issue_time`, `valid_time`, `lead` [h], `group`, `part`, `contribution` and `error` [the panel's unit].
        """
        names = [(BASELINE, AVERAGE), *self.parts]
        rows = pd.MultiIndex.from_tuples(names, names=["group", "part"])
        values = np.vstack([self.baseline, self.values])
        errors = np.vstack([np.full(len(self.baseline), np.nan), self.errors])
        table = pd.DataFrame(
            {
                "location": self.name,
                "issue_time": self.issue_time,
                "valid_time": np.tile(self.valid_times, len(names)),
                "lead": np.tile((self.valid_times - self.issue_time) / HOUR, len(names)),
                "group": np.repeat(rows.get_level_values("group"), len(self.baseline)),
                "part": np.repeat(rows.get_level_values("part"), len(self.baseline)),
                "contribution": values.ravel(),
                "error": errors.ravel(),
            }
        )
        return table.assign(valid_time=pd.DatetimeIndex(table["valid_time"]))


def attribute(question: Question, parts: Parts, *, seed: int = 0) -> Attribution:
    """Return what each part adds to the forecast of the average day.

    From each earlier day two walks lead to the issue time, one the reverse of the other: part after part is put in, those of a
    group next to each other. A part's value is the mean of what the forecast changes when it comes in.

    Args:
        question: Which forecast.
        parts: Of what the network reads.
        seed: Of the orders.

    References:
        Shapley (1953), doi:10.1515/9781400881970-018; groups kept together: Owen (1977), doi:10.1007/978-3-642-45494-3_7;
        orders and their reverses: Mitchell et al. (2022), Journal of Machine Learning Research 23(43).
    """
    random = np.random.default_rng(seed)
    count, days = len(parts.names), len(question.earlier)
    orders = [order for _ in range(days) for order in _pair(parts, random)]  # two a day
    present = np.concatenate([_walk(order) for order in orders])
    there = np.repeat(question.earlier, 2 * (count + 1))
    said = ask_mixed(question, parts, present, np.full(len(there), question.row), there).reshape(2 * days, count + 1, -1)
    added = np.empty((2 * days, count, said.shape[-1]))
    for walk, order in enumerate(orders):
        added[walk, order] = np.diff(said[walk], axis=0)
    by_day = added.reshape(days, 2, count, -1).mean(axis=1)
    errors = by_day.std(axis=0, ddof=1) / np.sqrt(days) if days > 1 else np.full(by_day.shape[1:], np.nan)
    samples = question.samples
    return Attribution(
        question.name,
        question.issue_time,
        samples.times[question.row : question.row + question.horizon],
        samples.panel.timezones[question.places[0]],
        samples.panel.unit,
        parts.names,
        said[:, 0].mean(axis=0),
        said[:, -1].mean(axis=0),
        by_day.mean(axis=0),
        errors,
        days,
    )


def _pair(parts: Parts, random: np.random.Generator) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return an order of the parts in which groups stay together, and its reverse."""
    groups = [random.permutation(parts.of_group(parts.groups[i])) for i in random.permutation(len(parts.groups))]
    order = np.concatenate(groups).astype(np.intp)
    return order, order[::-1]


def _walk(order: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return which parts are present before each step of a walk and at its end, shape (P + 1, P).

    Example:
        >>> _walk(np.array([2, 0, 1])).astype(int).tolist()
        [[0, 0, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1]]
    """
    place = np.argsort(order)
    walked: npt.NDArray[np.bool_] = np.arange(len(order) + 1)[:, None] > place
    return walked
