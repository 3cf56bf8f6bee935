"""Who owns which number that the network reads, and what it says to inputs that are mixed of two days, part by part.

Letters: C mixtures, P parts, N locations, H steps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gridcast.explain.question import Floats, Inputs, Question
from gridcast.samples.columns import CALENDAR, HOLIDAY, RECENT, WEATHER, WEEKLY, columns_of
from gridcast.samples.samples import Rows

Owner = npt.NDArray[np.intp]
Part = tuple[str, str]  # group and part

MAP = "map"
GROUPS = (CALENDAR, HOLIDAY, WEATHER, WEEKLY, RECENT, MAP)
THE_REST = "other places"
AT_ONCE = 3072  # places times mixtures that the network is asked about in one go
INPUTS = ("steps", "start", "level", "recent", "history", "calendar", "map")


@dataclass(frozen=True)
class Parts:
    """The parts of what the network reads.

    Attributes:
        names: Group and part of each, shape (P,); those of a group stand together.
        owner: Number of the part that owns each number of an input; it broadcasts to the input without its first axis.
    """

    names: tuple[Part, ...]
    owner: dict[str, Owner]

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that have parts, in the order of `GROUPS`."""
        return tuple(dict.fromkeys(group for group, _ in self.names))

    def of_group(self, group: str) -> list[int]:
        """Return the numbers of a group's parts."""
        return [number for number, (each, _) in enumerate(self.names) if each == group]

    def mixed(self, present: npt.NDArray[np.bool_], here: Inputs, there: Inputs) -> dict[str, npt.NDArray[np.generic]]:
        """Return inputs whose present parts are from here, and the others from there.

        Args:
            present: Which parts are, shape (C, P).
            here: C inputs.
            there: C inputs.
        """
        mixed: dict[str, npt.NDArray[np.generic]] = dict(there)
        for name, owner in self.owner.items():
            mixed[name] = np.where(present[:, owner], here[name], there[name])
        return mixed


def parts_of(question: Question, named: Sequence[int] = (), *, by_kind: bool = False, own: Collection[int] | None = None) -> Parts:
    """Return the parts of a question.

    Args:
        question: Whose samples are told.
        named: Neighbours that are a part each; all others are one part together.
        by_kind: Whether load and weather of a neighbour are two parts, `name: load` and `name: weather`.
        own: Places that own what they put on the map themselves, as load or weather; by default those of the question.
    """
    own = question.places if own is None else own
    columns = columns_of(question.samples)
    told: dict[str, list[Part]] = {name: [(each.group, each.part) for each in columns[name]] for name in INPUTS}
    known, apart = question.samples.panel.locations, frozenset(named)
    rows = [
        told["map"] if place in own else _of_neighbour(name if place in apart else "", told["map"], by_kind)
        for place, name in enumerate(known)
    ]
    there = [*(part for name in INPUTS for part in told[name]), *(part for row in rows for part in row)]
    names = tuple(sorted(dict.fromkeys(there), key=lambda part: GROUPS.index(part[0])))
    number = {part: i for i, part in enumerate(names)}
    flat = {name: np.array([number[part] for part in told[name]], dtype=np.intp) for name in INPUTS if name != "map"}
    owner: dict[str, Owner] = {
        "history": flat["history"].reshape(1, question.samples.recipe.context // question.samples.recipe.patch, -1),
        "recent": flat["recent"][None],
        "steps": flat["steps"][None, None],
        "calendar": flat["calendar"][None, None],
        "start": flat["start"][None],
        "level": flat["level"],
        "map": np.array([[number[part] for part in row] for row in rows], dtype=np.intp),
    }
    return Parts(names, owner)


def _of_neighbour(name: str, own: Sequence[Part], by_kind: bool) -> list[Part]:
    """Return the part of each number that a neighbour puts on the map; without a name it is one of the rest."""
    if not name or not by_kind:
        return [(MAP, name or THE_REST)] * len(own)
    return [(MAP, f"{name}: {'weather' if group == WEATHER else 'load'}") for group, _ in own]


def ask_mixed(question: Question, parts: Parts, present: npt.NDArray[np.bool_], here: Rows, there: Rows) -> Floats:
    """Return what the network forecasts from mixtures of two issue times each, shape (C, H). [the panel's unit]

    Args:
        question: Of which places.
        parts: What is mixed.
        present: Which parts are those of the first issue time, shape (C, P).
        here: Issue rows of the first, shape (C,).
        there: Of those that the other parts are from, shape (C,).
    """
    rows, which = np.unique(np.concatenate([here, there]), return_inverse=True)
    known = question.placed.inputs(rows)
    first, second = np.split(which, 2)
    size = max(1, AT_ONCE // len(question.placed.number))
    found = np.empty((len(present), question.horizon))
    for start in range(0, len(present), size):
        some = np.minimum(np.arange(start, start + size), len(present) - 1)  # always as many, so that the network is traced once
        sides = ({name: values[side[some]] for name, values in known.items()} for side in (first, second))
        end = min(start + size, len(present))
        found[start:end] = question.answer(parts.mixed(present[some], *sides))[: end - start]
    return found
