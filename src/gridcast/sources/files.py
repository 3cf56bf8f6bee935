"""Files of consumption and of places, whatever they are: one file, a folder of them or a pattern; text or Parquet.

What a file is tells its content, not its name. Text is separated by comma, semicolon, tab or `|`, plain or compressed with gzip or
Zstandard. Several files are joined, by rows in time, by columns, or both; where they overlap they have to agree. Of a folder, also
of folders in it, hidden files and those whose names begin with `_` are left out, and where some have the usual endings of tables,
the others too. A folder with parts such as `year=2024/` is one Parquet table.
"""

from __future__ import annotations

import glob
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import utc
from gridcast.errors import SHOWN, FileError, GridcastError, PanelError, Problem, counted, listed
from gridcast.sources.doubts import warn_of_doubts
from gridcast.sources.parquet import Span, gather_parquet, read_places_parquet
from gridcast.sources.readings import Consumption, Places, ReadOptions
from gridcast.sources.text.csvfile import gather_text, read_places
from gridcast.sources.text.unpacked import TABLES, is_parquet, names_in
from gridcast.sources.text.zones import require_zones

PATTERN = "*?["


def read_consumption_files(
    address: str | os.PathLike[str],
    *,
    options: ReadOptions | None = None,
    start: str | pd.Timestamp | None = None,
    end: str | pd.Timestamp | None = None,
    now: pd.Timestamp | None = None,
) -> Consumption:
    """Return the readings of a file, of the files of a folder, or of those that match a pattern such as `load/2024-*.csv.gz`.

    Args:
        address: File, folder or pattern; each file long (timestamp, location, consumption) or wide (timestamp, one column a
            location).
        options: Time zone and names of columns, where the files do not tell.
        start: The first moment that is wanted; without a zone it is UTC.
        end: The first moment that is not wanted any more.
        now: The present moment, by default that of the machine's clock.

    Raises:
        ConfigError: If the time zone is unknown.
        FileError: If files can't be read.
        PanelError: If the content of files is wrong, or they do not agree; with the problems of all files.

    Warns:
        GridcastWarning: See `gridcast.sources.doubts`.
    """
    options = options or ReadOptions()
    require_zones(options)
    span = Span(None if start is None else utc(start), None if end is None else utc(end))
    files, said = find_files(address)
    consumption = _read(files[0], options, span) if len(files) == 1 else _joined(files, options, span)
    readings = _within(consumption.readings, span, str(address))
    return warn_of_doubts(replace(consumption, readings=readings, said=(*said, *consumption.said)), now=now)


def read_places_file(path: str | os.PathLike[str], *, options: ReadOptions | None = None) -> Places:
    """Return the places of a file, text or Parquet; see `gridcast.sources.text.csvfile.read_places`.

    Raises:
        FileError: If the file can't be read.
        PanelError: Naming all the columns, ids and coordinates that are wrong.
    """
    return read_places_parquet(path, options=options) if is_parquet(path) else read_places(path, options=options)


def is_there(address: str | os.PathLike[str]) -> bool:
    """Return whether there is a file, a folder, or a file that matches a pattern."""
    return os.path.exists(address) or bool(_matching(str(address)))


def find_files(address: str | os.PathLike[str]) -> tuple[list[Path], tuple[str, ...]]:
    """Return the files of an address, sorted, and which of a folder were left out; a folder of `name=value/` parts is one.

    Raises:
        FileError: If there is none.
    """
    path = Path(address)
    if os.path.exists(path) and not os.path.isdir(path):
        return [path], ()
    if os.path.isdir(path):
        if any("=" in name and (path / name).is_dir() for name in names_in(path)):
            return [path], ()
        return _in_folder(path)
    if any(mark in str(address) for mark in PATTERN):
        found = _matching(str(address))
        if found:
            return found, ()
        found_there = listed(names_in(path.parent)) or "nothing"
        raise FileError(f"no file matches `{address}`", found=found_there, expected="a pattern such as `load/*.csv`")
    return [path], ()  # reading it tells what is wrong


def _matching(pattern: str) -> list[Path]:
    if not any(mark in pattern for mark in PATTERN) or "\0" in pattern:
        return []
    return sorted(path for path in map(Path, glob.glob(pattern, recursive=True)) if path.is_file() and not _aside(path.name))


def _aside(name: str) -> bool:
    return name.startswith((".", "_"))


def _in_folder(folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    try:
        every = sorted(path for path in folder.rglob("*") if path.is_file())
    except OSError as error:
        found = f"{error.strerror}: `{error.filename}`"
        raise FileError(f"cannot read the folder `{folder}`", found=found, expected="files that you may read") from error
    files = [path for path in every if not any(map(_aside, path.relative_to(folder).parts))]
    tables = [path for path in files if path.name.lower().endswith(TABLES)]
    others = [path.name for path in files if path not in set(tables)] if tables else []
    if not files:
        found = listed(path.name for path in every) or "nothing"
        raise FileError(f"there is no file to read in `{folder}`", found=found, expected="text or Parquet files of readings")
    return tables or files, (f"{folder.name}: left out: {listed(others)}",) if others else ()


def _read(path: Path, options: ReadOptions, span: Span) -> Consumption:
    if os.path.isdir(path) or is_parquet(path):
        return gather_parquet(path, options, span)
    return gather_text(path, options)


def _joined(files: list[Path], options: ReadOptions, span: Span) -> Consumption:
    """Return the readings of several files.

    Raises:
        FileError: If files can't be read.
        PanelError: If the content of some is wrong, or they do not agree.
    """
    parts: list[_Part] = []
    errors: list[GridcastError] = []
    for path, name in zip(files, _names(files), strict=True):
        try:
            parts.append(_Part(name, path.name, _read(path, options, span)))
        except GridcastError as error:
            errors.append(error)
    problems = [problem for error in errors for problem in error.problems]
    units = {part.consumption.unit: part.name for part in parts}
    if len(units) > 1:
        found = listed(f"{unit or 'none'} in {name}" for unit, name in units.items())
        problems.append(Problem("the files have different units", found, "one unit", "convert them, or read the files one by one"))
    table = _Joining(parts)
    problems += table.problems
    if problems:
        kind = FileError if errors and all(isinstance(error, FileError) for error in errors) else PanelError
        raise kind.of(problems)
    said = (f"{counted(parts, 'file')} read: {_from_to([part.name for part in parts])}", *_together(parts), *table.said)
    return Consumption(table.readings, next(iter(units)), said)


@dataclass(frozen=True)
class _Part:
    name: str
    file: str
    consumption: Consumption


@dataclass
class _Joining:
    """Readings of several files, brought into one table.

    Attributes:
        readings: The table.
        problems: Where files do not agree.
        said: Where they overlap.
    """

    parts: list[_Part]
    readings: pd.DataFrame = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    said: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        frames = [part.consumption.readings for part in self.parts]
        times = pd.DatetimeIndex(np.unique(np.concatenate([_micros(frame) for frame in frames])) if frames else []).as_unit("us")
        names = list(dict.fromkeys(str(name) for frame in frames for name in frame.columns))
        kind = np.result_type(*(frame.to_numpy().dtype for frame in frames)) if frames else np.dtype(float)
        matrix = np.full((len(times), len(names)), np.nan, kind)
        same = 0
        for part, frame in zip(self.parts, frames, strict=True):
            rows = np.searchsorted(times.asi8, _micros(frame).astype(np.int64))
            columns = pd.Index(names).get_indexer(frame.columns)
            there, new = matrix[np.ix_(rows, columns)], frame.to_numpy()
            other = ~np.isnan(there) & ~np.isnan(new) & (there != new)
            same += int((there == new).sum())
            if other.any():
                self.problems.append(self._disagreement(part, frame, there, other))
            matrix[np.ix_(rows, columns)] = np.where(np.isnan(new), there, new)
        self.readings = pd.DataFrame(
            matrix, index=times.tz_localize("UTC").rename("timestamp"), columns=pd.Index(names, dtype=str), copy=False
        )
        self.said = (f"{counted(same, 'reading')} in several files, equal in all of them",) if same else ()

    def _disagreement(
        self, part: _Part, frame: pd.DataFrame, there: npt.NDArray[np.floating], other: npt.NDArray[np.bool_]
    ) -> Problem:
        """Return the problem that a file has other readings than those before it."""
        found = []
        for row, column in np.argwhere(other)[:SHOWN]:
            time, name, value = pd.Timestamp(frame.index[row]), str(frame.columns[column]), frame.to_numpy()[row, column]
            earlier = next(each.name for each in self.parts if _has(each.consumption.readings, time, name))
            found.append(f"{name} at {time:%Y-%m-%d %H:%M} UTC: {there[row, column]:g} in {earlier}, {value:g} in {part.name}")
        more = f" and {int(other.sum()) - len(found):,} more" if other.sum() > len(found) else ""
        hint = "leave one of the files out"
        if all(each.consumption.readings.shape[1] == 1 for each in self.parts):
            hint += "; if each file is a place of its own, give its column of readings the name of the place"
        return Problem(f"`{part.name}` has other readings than the files before it", listed(found) + more, "files that agree", hint)


def _micros(frame: pd.DataFrame) -> npt.NDArray[np.datetime64]:
    times: npt.NDArray[np.datetime64] = pd.DatetimeIndex(frame.index).as_unit("us").tz_convert(None).to_numpy()
    return times


def _has(readings: pd.DataFrame, time: pd.Timestamp, name: str) -> bool:
    return (
        name in readings and time in readings.index and bool(np.isfinite(readings[name].to_numpy()[readings.index.get_loc(time)]))
    )


def _names(files: list[Path]) -> list[str]:
    """Return names that tell the files apart: those of files, or with folders where they are the same."""
    if len({path.name for path in files}) == len(files):
        return [path.name for path in files]
    base = os.path.commonpath([str(path.parent) for path in files])
    return [os.path.relpath(path, base) for path in files]


def _from_to(names: list[str]) -> str:
    return listed(names) if len(names) <= SHOWN else f"`{names[0]}` to `{names[-1]}`"


def _together(parts: Iterable[_Part]) -> list[str]:
    """Return what is said of the files, each sentence once, with the number of files that it is said of if not of all."""
    parts = list(parts)
    sentences = Counter(said.removeprefix(f"{part.file}: ") for part in parts for said in part.consumption.said)
    return [text if count == len(parts) else f"{text} (in {counted(count, 'file')})" for text, count in sentences.items()]


def _within(readings: pd.DataFrame, span: Span, address: str) -> pd.DataFrame:
    """Return the readings of a span of time.

    Raises:
        PanelError: If there are none.
    """
    times = pd.DatetimeIndex(readings.index)
    first = 0 if span.start is None else int(times.searchsorted(span.start))
    after = len(times) if span.end is None else int(times.searchsorted(span.end))
    if first >= after:
        found = f"readings from {times[0]:%Y-%m-%d %H:%M} to {times[-1]:%Y-%m-%d %H:%M} UTC"
        expected = f"some from {span.start or 'the beginning'} to before {span.end or 'the end'}"
        raise PanelError(f"`{address}` has no readings in the span of time", found=found, expected=expected)
    return readings.iloc[first:after]
