"""Cells of text -> numbers and names, with a problem for each cell that is neither a number nor empty."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from gridcast.errors import SHOWN, GridcastWarning, Problem, counted, listed
from gridcast.sources.text.rawtable import RawTable, Rows
from gridcast.sources.text.unpacked import shortened

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

NO_READING = ("-", "--", "na", "n/a", "#n/a", "<na>", "n/e", "nan", "null", "none")  # in small letters; so is an empty cell
NUMBER = r"^[-+]?((\d+\.?\d*|\.\d+)(e[-+]?\d+)?|inf(inity)?)$"
LARGEST = float(np.finfo(np.float32).max)  # the panel holds 32-bit floats
WITH_THOUSANDS = r"^[-+]?\d{1,3}([,. ]\d{3})+([.,]\d+)?$"
DOTTED = r"^\s*[-+]?[1-9]\d{0,2}\.\d{3}\s*$"  # `1.517`, which may be 1517
BELOW_THOUSAND = r"^\s*([-+]?\d{1,3}|[^\d]*)\s*$"  # what stands beside it if it is, or no number
FEWEST_DOTTED = 20  # numbers of a column from which on it is no chance that all have three digits behind the dot
SAMPLE = 200  # rows that mostly tell that it is not so


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
    reader = NumberReader(decimal_comma=has_decimal_comma(table, columns))
    return Numbers(reader.read(table, columns), tuple(reader.problems()), tuple(reader.said()))


def has_decimal_comma(table: RawTable, columns: Sequence[int]) -> bool:
    """Return whether there are commas in the cells of some columns, and they do not separate cells."""
    return table.separator not in ("", ",") and any(_has_comma(table.columns[column]) for column in columns)


class NumberReader:
    """Reads the numbers of a file, of one block after the other, and remembers what was wrong and what was taken for what.

    Args:
        decimal_comma: Whether the comma is the decimal mark.
        no_reading: Numbers that mean that there is no reading.
    """

    def __init__(self, *, decimal_comma: bool, no_reading: Sequence[float] = ()) -> None:
        self._comma, self._codes = decimal_comma, np.array(no_reading, float)
        self._wrong, self._infinite = _Faults(), _Faults()
        self._markers: set[str] = set()
        self._dotted: dict[int, int] = {}  # of each column: how many may have a dot between thousands; -1 if it is a decimal mark
        self._header: list[str] = []
        self._coded, self._rows, self._name = 0, 0, ""

    def read(self, table: RawTable, columns: Sequence[int]) -> Floats:
        """Return the cells of some columns as numbers, shape (rows, columns); NaN where there is no reading or no number."""
        values = np.empty((len(table), len(columns)), order="F")
        self._name = table.name
        self._rows += len(table)
        wrong: list[tuple[int, Rows]] = []
        infinite: list[tuple[int, Rows]] = []
        for place, column in enumerate(columns):
            values[:, place], bad, used = _column(table.columns[column], decimal_comma=self._comma)
            self._markers |= used
            self._look_for_thousands(table, column)
            for where, rows in ((wrong, np.flatnonzero(bad)), (infinite, np.flatnonzero(np.abs(values[:, place]) > LARGEST))):
                if len(rows):
                    where.append((column, rows))
        self._wrong.add(table, wrong)
        self._infinite.add(table, infinite)
        if len(self._codes):
            coded = np.isin(values, self._codes)
            self._coded += int(coded.sum())
            values[coded] = np.nan
        return values

    def warn_of_thousands(self) -> None:
        """Warn of columns all of whose dots may separate thousands; they are read as decimal marks.

        Warns:
            GridcastWarning: Naming the columns, if the comma does not separate the cells.
        """
        columns = [self._header[column] for column, count in self._dotted.items() if count >= FEWEST_DOTTED]
        if columns:
            problem = Problem(
                f"{self._name}: a dot may separate thousands, and is read as the decimal mark",
                found=f"exactly three digits behind each dot in {listed(columns)}",
                expected="`1.517` read as 1.517, and not as 1,517",
                hint="if it is 1,517, write numbers without thousands separators: `1517`",
            )
            warnings.warn(str(problem), GridcastWarning, stacklevel=5)

    def _look_for_thousands(self, table: RawTable, column: int) -> None:
        """Count the numbers of a column that may have a dot between thousands, as long as none tells that it is a decimal mark."""
        cells, self._header = table.columns[column], list(table.header)
        before = self._dotted.get(column, 0)
        if self._comma or before < 0 or table.separator in ("", ",") or not pa.types.is_string(cells.type):
            return
        for part in (cells.slice(0, SAMPLE), cells):
            count = _dotted(part)
            if count < 0:
                break
        self._dotted[column] = before + count if count >= 0 else -1

    def problems(self) -> list[Problem]:
        """Return the cells that are no numbers, and the infinite ones."""
        problems = [_not_numbers(self._name, self._wrong, self._rows)] if self._wrong.total else []
        if self._infinite.total:
            total = self._infinite.total
            problem = f"{counted(total, 'cell')} of `{self._name}` {'is' if total == 1 else 'are'} infinite"
            expected = "a number, or an empty cell where there is no reading"
            problems.append(Problem(problem, found=self._infinite.found(), expected=expected))
        return problems

    def said(self) -> list[str]:
        """Return what was taken as no reading, and a decimal comma."""
        said = [f"{self._name}: decimal comma"] if self._comma else []
        if self._markers:
            said.append(f"{self._name}: {listed(sorted(self._markers))} taken as no reading")
        if self._coded:
            said.append(coded_in_words(self._name, self._coded, self._codes))
        return said


class NameReader:
    """Numbers the names in a column, of one block after the other, in the order of the file.

    Attributes:
        names: The different names so far.
    """

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._blank = _Faults()
        self._table = ("", "")

    @property
    def names(self) -> list[str]:
        """The different names so far."""
        return list(self._known)

    def read(self, table: RawTable, column: int, *, again: bool = False) -> Rows:
        """Return the number of each row's name; of blank ones it means nothing, and those read `again` are not counted."""
        encoded = table.columns[column].dictionary_encode()
        which = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        texts = [(text or "").strip() for text in encoded.dictionary.to_pylist()]
        known = self._known
        of_text = [known.setdefault(text, len(known)) if text else -1 for text in texts]
        number: Rows = np.array([*of_text, -1], np.intp)[which]
        blank = np.flatnonzero(number < 0)
        self._table = (table.name, table.header[column])
        if len(blank):
            number = np.maximum(number, 0)
        if len(blank) and not again:
            self._blank.add(table, [(column, blank)])
        return number

    def problems(self) -> list[Problem]:
        """Return the problem that rows have no name, if some have none."""
        if not self._blank.total:
            return []
        total, (name, header) = self._blank.total, self._table
        problem = f"{counted(total, 'row')} of `{name}` {'has' if total == 1 else 'have'} no name in `{header}`"
        found = self._blank.found(with_column=False)
        return [Problem(problem, found=found, expected="a name in each row")]


def coded_in_words(name: str, count: int, codes: Iterable[float]) -> str:
    """Return how many cells had one of the numbers that mean that there is no reading.

    Example:
        >>> coded_in_words("load.csv", 2, [65535])
        'load.csv: 2 cells with `65535` taken as no reading, as told'
    """
    return f"{name}: {counted(count, 'cell')} with {listed(f'{code:g}' for code in codes)} taken as no reading, as told"


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


def _dotted(column: Any) -> int:
    """Return how many cells are as `1.517`; -1 if others are of 1,000 and more, or have a decimal mark.

    Example:
        >>> _dotted(pa.array(["1.517", "998", None])), _dotted(pa.array(["1.517", "0.998"]))
        (1, -1)
    """
    dotted = pc.match_substring_regex(column, DOTTED)
    fits = pc.all(pc.or_(dotted, pc.match_substring_regex(column, BELOW_THOUSAND))).as_py()
    return int(pc.sum(dotted).as_py() or 0) if fits is not False else -1


def _has_comma(column: Any) -> bool:
    return bool(pc.any(pc.match_substring(column, ",")).as_py())


def _column(column: Any, *, decimal_comma: bool) -> tuple[Floats, Mask, set[str]]:
    """Return the numbers of a column, which cells are none, and which texts were taken as no reading."""
    good = np.zeros(len(column), bool)
    if not pa.types.is_string(column.type):
        return _floats(column), good, set()
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


def _not_numbers(name: str, wrong: _Faults, rows: int) -> Problem:
    hint = "mark a missing reading by an empty cell, and write a number without its unit"
    if pc.match_substring_regex(pa.array([wrong.example]), WITH_THOUSANDS)[0].as_py():
        hint = "write numbers without thousands separators and with one decimal mark: `1234.5`"
    elif rows in wrong.by_column.values():
        hint = "take out the columns that hold no readings; of a long table name `--location-column` and `--consumption-column`"
    return Problem(
        f"{counted(wrong.total, 'cell')} of `{name}` {'is no number' if wrong.total == 1 else 'are no numbers'}",
        found=wrong.found(),
        expected="a number such as `1234.5`, or an empty cell where there is no reading",
        hint=hint,
    )


class _Faults:
    """Cells with the same fault: how many of which column, and the first few."""

    def __init__(self) -> None:
        self.by_column: Counter[int] = Counter()
        self.example = ""
        self._few: list[tuple[str, str, str]] = []

    @property
    def total(self) -> int:
        return self.by_column.total()

    def add(self, table: RawTable, cells: list[tuple[int, Rows]]) -> None:
        """Remember faulty cells of a block: for each column its rows, ascending."""
        if cells and not self.by_column:
            column, rows = cells[0]
            self.example = str(table.columns[column][int(rows[0])].as_py() or "")
        for column, rows in cells:
            self.by_column[column] += len(rows)
        first = sorted((int(row), column) for column, rows in cells for row in rows[:SHOWN])
        for row, column in first[: SHOWN - len(self._few)]:
            self._few.append((table.where(row), shortened(table.header[column]), table.cell(row, column)))

    def found(self, *, with_column: bool = True) -> str:
        """Return the first few with line, column and content, and the count of the rest."""
        more = f" and {self.total - len(self._few):,} more" if self.total > len(self._few) else ""
        return listed(f"{where}, {name}: {text}" if with_column else f"{where}: {text}" for where, name, text in self._few) + more
