"""Cells of text -> numbers and names, with a problem for each cell that is neither a number nor empty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.errors import SHOWN, Problem, counted, listed
from gridcast.sources.text.rawtable import RawTable, Rows, shortened

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NO_READING = ("-", "--", "na", "n/a", "#n/a", "<na>", "n/e", "nan", "null", "none")  # in small letters; so is an empty cell
NUMBER = r"^[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf(inity)?)$"
WITH_THOUSANDS = r"^[-+]?\d{1,3}([,. ]\d{3})+([.,]\d+)?$"


@dataclass(frozen=True)
class Numbers:
    """The numbers of some columns.

    Attributes:
        values: Shape (rows, columns); NaN where there is no reading.
        problems: Cells that are no numbers, and infinite ones.
        said: What was taken as no reading, and a decimal comma.
    """

    values: Floats
    problems: tuple[Problem, ...]
    said: tuple[str, ...]


def numbers(table: RawTable, columns: Sequence[int]) -> Numbers:
    """Return the cells of some columns as numbers; a comma is a decimal comma only where it does not separate cells."""
    comma = table.separator != "," and any(_has_comma(table.columns[column]) for column in columns)
    values = np.empty((len(table), len(columns)), order="F")
    wrong: list[tuple[int, Rows]] = []
    infinite: list[tuple[int, Rows]] = []
    markers: set[str] = set()
    for place, column in enumerate(columns):
        values[:, place], bad, used = _column(table.columns[column], decimal_comma=comma)
        markers |= used
        for where, rows in ((wrong, np.flatnonzero(bad)), (infinite, np.flatnonzero(np.isinf(values[:, place])))):
            if len(rows):
                where.append((column, rows))
    said = [f"{table.name}: decimal comma"] if comma else []
    if markers:
        said.append(f"{table.name}: {listed(sorted(markers))} taken as no reading")
    problems = []
    if wrong:
        problems.append(_not_numbers(table, wrong))
    if infinite:
        total, found = _found(table, infinite)
        expected = "a number, or an empty cell where there is no reading"
        problems.append(
            Problem(
                f"{counted(total, 'cell')} of `{table.name}` {'is' if total == 1 else 'are'} infinite",
                found=found,
                expected=expected,
            )
        )
    return Numbers(values, tuple(problems), tuple(said))


def names_of(table: RawTable, column: int) -> tuple[list[str], Rows, list[Problem]]:
    """Return the different names in a column in the order of the file, the number of each row's name, and blank ones."""
    encoded = pc.utf8_trim_whitespace(table.columns[column]).dictionary_encode()
    number = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.intp)
    names: list[str] = encoded.dictionary.to_pylist()
    if "" in names:
        number[number == names.index("")] = -1
    blank = np.flatnonzero(number < 0)
    if not len(blank):
        return names, number, []
    header = table.header[column]
    return (
        names,
        np.maximum(number, 0),
        [
            Problem(
                f"{counted(len(blank), 'row')} of `{table.name}` {'has' if len(blank) == 1 else 'have'} no name in `{header}`",
                found=shown(table, blank, column),
                expected="a name in each row",
            )
        ],
    )


def is_numeric(column: Any) -> bool:
    """Return whether each cell is a number or empty.

    Example:
        >>> is_numeric(pa.array(["1", None, "2.5"])), is_numeric(pa.array(["1", "Kyiv"]))
        (True, False)
    """
    return not _column(column, decimal_comma=False)[1].any()


def plain(column: Any) -> npt.NDArray[Any]:
    """Return a column as whole numbers, as floats (NaN where empty), or as texts ("" where empty), as its cells allow.

    Example:
        >>> plain(pa.array(["1", "2"])), plain(pa.array(["007", None]))
        (array([1, 2]), array(['007', ''], dtype=object))
    """
    values, bad, _ = _column(column, decimal_comma=False)
    zeros = pc.any(pc.match_substring_regex(column, r"^0\d")).as_py()
    if bad.any() or zeros or np.isnan(values).all():
        texts: npt.NDArray[Any] = pc.fill_null(column, "").to_numpy(zero_copy_only=False)
        return texts
    whole = np.isfinite(values).all() and (values == np.floor(values)).all() and (np.abs(values) < 2**53).all()
    return values.astype(np.int64) if whole else values


def shown(table: RawTable, rows: Rows, column: int) -> str:
    """Return the first few cells with their lines, and the count of the rest."""
    more = f" and {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    return listed(table.cells(rows[:SHOWN], column)) + more


def _has_comma(column: Any) -> bool:
    return bool(pc.any(pc.match_substring(column, ",")).as_py())


def _column(column: Any, *, decimal_comma: bool) -> tuple[Floats, Mask, set[str]]:
    """Return the numbers of a column, which cells are none, and which texts were taken as no reading."""
    good = np.zeros(len(column), bool)
    if not decimal_comma:
        try:
            return _floats(column), good, set()
        except pa.ArrowInvalid:
            pass
    text = pc.utf8_lower(pc.utf8_trim_whitespace(column))
    absent = pc.fill_null(pc.is_in(text, pa.array(NO_READING)), False)
    used = set(pc.utf8_trim_whitespace(column).filter(absent).unique().to_pylist())
    text = pc.if_else(pc.or_(absent, pc.fill_null(pc.equal(text, ""), False)), pa.scalar(None, pa.string()), text)
    number = pc.match_substring_regex(text, NUMBER)
    if decimal_comma:
        text, point = pc.replace_substring(text, ",", "."), pc.match_substring(text, ".")
        number = pc.and_not(pc.match_substring_regex(text, NUMBER), point)
    bad = pc.fill_null(pc.invert(number), False)
    values = _floats(pc.if_else(bad, pa.scalar(None, pa.string()), text))
    return values, bad.to_numpy(zero_copy_only=False), used


def _floats(text: Any) -> Floats:
    values: Floats = text.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def _not_numbers(table: RawTable, wrong: list[tuple[int, Rows]]) -> Problem:
    total, found = _found(table, wrong)
    column, rows = wrong[0]
    first = table.columns[column][int(rows[0])].as_py()
    hint = "mark a missing reading by an empty cell, and write a number without its unit"
    if pc.match_substring_regex(pa.array([first]), WITH_THOUSANDS)[0].as_py():
        hint = "write numbers without thousands separators and with one decimal mark: `1234.5`"
    elif any(len(rows) == len(table) for _, rows in wrong):
        hint = "take out the columns that hold no readings; of a long table name `--location-column` and `--consumption-column`"
    return Problem(
        f"{counted(total, 'cell')} of `{table.name}` {'is no number' if total == 1 else 'are no numbers'}",
        found=found,
        expected="a number such as `1234.5`, or an empty cell where there is no reading",
        hint=hint,
    )


def _found(table: RawTable, wrong: list[tuple[int, Rows]]) -> tuple[int, str]:
    """Return how many cells of which columns, and the first few with line, column and content."""
    total = sum(len(rows) for _, rows in wrong)
    first = [(column, int(row)) for column, rows in wrong for row in rows[:SHOWN]]
    few = sorted(first, key=lambda cell: (cell[1], cell[0]))[:SHOWN]
    texts = [
        f"line {table.line(row)}, {shortened(table.header[column])}: {shortened(table.columns[column][row].as_py() or 'empty')}"
        for column, row in few
    ]
    return total, listed(texts) + (f" and {total - len(texts):,} more" if total > len(texts) else "")
