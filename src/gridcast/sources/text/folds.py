"""The hour that comes twice in autumn, told apart by a column: a fold, a mark of summer time, or the names of zones."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.errors import Problem, counted, listed
from gridcast.sources.text.columns import FOLD, key

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.intp]

YES = frozenset({"1", "1.0", "true", "t", "yes", "y", "x"})
NO = frozenset({"0", "0.0", "false", "f", "no", "n", ""})
SUMMER = frozenset({
    "s", "summer", "sommer", "dst", "daylight", "cest", "mesz", "eest", "west", "bst", "ist", "edt", "cdt", "mdt",
    "pdt", "akdt", "adt", "ndt", "aedt", "acdt", "nzdt",
})  # fmt: skip
WINTER = frozenset({
    "w", "winter", "std", "st", "standard", "cet", "mez", "eet", "wet", "gmt", "est", "cst", "mst", "pst", "akst",
    "ast", "nst", "aest", "acst", "nzst",
})  # fmt: skip
REPEATED = frozenset({"fold", "repeated", "repeatedhour", "repeatedhourflag", "secondhour"})  # of the names in `FOLD`
OFFSET = r"^(?:utc|gmt)?([+-])(\d{1,2}):?(\d\d)?$"
MOST_WORDS = 6  # different ones that a mark has


@dataclass(frozen=True)
class Flag:
    """A column that tells which of the two hours a row is of.

    Attributes:
        name: Of the column.
        cells: One a row.
        where: Returns for rows what to show of them.
    """

    name: str
    cells: Any
    where: Callable[[Rows], list[str]]

    def of(self, rows: Rows) -> Flag:
        """Return the column of some of the rows."""
        return Flag(self.name, self.cells.take(pa.array(rows)), lambda some: self.where(rows[some]))

    def second(self, doubled: Rows, summer: Mask) -> tuple[Mask, tuple[str, ...], tuple[Problem, ...]]:
        """Return which rows of the doubled hour are its second time, what was recognised, and what can't be told.

        A mark of summer time that is not set in summer, but for the doubled hour, marks its second time.

        Args:
            doubled: Rows in the doubled hour.
            summer: Which of all the rows are in summer time, shape (rows,); of the doubled ones it does not matter.
        """
        known, says = self._meanings()
        elsewhere = summer.copy()
        elsewhere[doubled] = False
        elsewhere &= known
        marks_second = key(self.name) in REPEATED or bool(elsewhere.any() and says[elsewhere].mean() < 0.5)
        unknown = doubled[~known[doubled]]
        problems: tuple[Problem, ...] = ()
        if len(unknown):
            problems = (self._untold(unknown),)
        second = says[doubled] if marks_second else ~says[doubled]
        return second, (f"the hour that comes twice in autumn is told apart by `{self.name}`",), problems

    def _meanings(self) -> tuple[Mask, Mask]:
        """Return for each row whether its mark is known, and whether it is set or is that of summer time."""
        encoded = _words(self.cells).dictionary_encode()
        words = encoded.dictionary.to_pylist()
        offsets = [_offset(word) for word in words]
        most = max((offset for offset in offsets if offset is not None), default=None)
        said = [_said(word) if offset is None else offset == most for word, offset in zip(words, offsets, strict=True)]
        which = encoded.indices.to_numpy(zero_copy_only=False)
        return np.array([each is not None for each in said], bool)[which], np.array([bool(each) for each in said], bool)[which]

    def _untold(self, rows: Rows) -> Problem:
        return Problem(
            f"{counted(len(rows), 'row')} in the hour that comes twice in autumn can't be told apart by `{self.name}`",
            found=listed(self.where(rows[:5])),
            expected="0 or 1, true or false, Y or N, S or W, or names of zones such as `CET` and `CEST`",
            hint="write stamps with their offsets, such as `2024-10-27T02:30+01:00`",
        )


def is_mark(name: str, cells: Any) -> bool:
    """Return whether a column tells summer from winter time, by its name and by what its cells hold.

    Example:
        >>> is_mark("DST", pa.array(["0", "1"])), is_mark("dst", pa.array(["12.5"])), is_mark("load", pa.array(["1"]))
        (True, False, False)
    """
    if key(name) not in FOLD.synonyms:
        return False
    words = _words(cells).unique().to_pylist()
    return len(words) <= MOST_WORDS and all(_said(word) is not None or _offset(word) is not None for word in words)


def _words(cells: Any) -> Any:
    return pc.utf8_lower(pc.utf8_trim_whitespace(pc.fill_null(cells, "")))


def _said(word: str) -> bool | None:
    """Return whether a word says yes or summer; None if it says neither this nor the contrary."""
    if word in YES or word in SUMMER:
        return True
    return False if word in NO or word in WINTER else None


def _offset(word: str) -> int | None:
    """Return the minutes of an offset such as `+02:00`; None if it is none."""
    found = re.match(OFFSET, word)
    return int(f"{found[1]}1") * (int(found[2]) * 60 + int(found[3] or 0)) if found else None
