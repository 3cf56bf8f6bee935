"""Fingerprints of the data of a run: SHA-256 of each file that was read, and of the readings that came of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gridcast.config import RunConfig
from gridcast.errors import GridcastError, counted
from gridcast.panel import Panel
from gridcast.sources.files import find_files
from gridcast.sources.sql.address import is_address, parse_address
from gridcast.views.background import Print

BLOCK = 1 << 20  # bytes that are read at once
READ_AS = "readings, as they were read"
OF_FILES = {
    "data.temporal": "readings",
    "data.spatial": "places",
    "data.flags": "flags",
    "data.operator": "operator",
    "weather.source": "weather",
    "weather.stations": "stations",
    "weather.events": "events",
}  # by setting: what is read from there


def fingerprints(config: RunConfig, panel: Panel | None = None) -> dict[str, dict[str, Any]]:
    """Return fingerprints by what was read: `from`, `sha256` and `bytes` of the files that are there, and of the readings.

    Of a folder or a pattern it is the fingerprint of those of its files, by their names; a database has none, but that of the
    readings that came of it.

    Args:
        config: Where the data come from.
        panel: The readings, before any of them are masked or filled.
    """
    found = {}
    for key, what in OF_FILES.items():
        section, _, name = key.partition(".")
        address = str(getattr(getattr(config, section), name))
        if address:
            found[what] = _of_address(address)
    if panel is not None:
        found[READ_AS] = {"from": f"{counted(panel.locations, 'place')} x {panel.rows:,}", "sha256": of_panel(panel), "bytes": 0}
    return found


def of_panel(panel: Panel) -> str:
    """Return the fingerprint of the readings of a panel, their places and times, wherever they came from."""
    digest = hashlib.sha256("\0".join(panel.locations).encode())
    times = panel.times[: panel.rows].tz_convert(None).to_numpy().astype("datetime64[s]").astype("<i8")
    values = panel.consumption[: panel.rows].astype("<f4")
    digest.update(times.tobytes())
    digest.update(np.where(np.isnan(values), np.float32(np.nan), values).astype("<f4").tobytes())
    return digest.hexdigest()


def compared(then: Mapping[str, Mapping[str, Any]] | None, now: Mapping[str, Mapping[str, Any]]) -> tuple[Print, ...]:
    """Return fingerprints as they are now, and whether they are those that a run kept.

    Args:
        then: What the run kept, empty if it kept none; None where this is the run.
        now: As they are now.
    """
    prints = []
    for what in dict.fromkeys([*now, *(then or {})]):
        old, new = ({} if each is None else each.get(what, {}) for each in (then, now))
        shown = new if new.get("sha256") else old or new
        state = "" if then is None else _state(str(old.get("sha256") or ""), str(new.get("sha256") or ""))
        prints.append(Print(what, str(shown["from"]), str(shown["sha256"]), int(shown["bytes"]), state))
    return tuple(prints)


def _state(old: str, new: str) -> str:
    """Return what became of something since it was read."""
    if not old or not new:
        return "not there any more" if old else "not kept then" if new else ""
    return "the same" if old == new else "changed"


def _of_address(address: str) -> dict[str, Any]:
    """Return where it is, without a password, and its fingerprint; an empty one where it can't be read."""
    if is_address(address):
        return {"from": shown_address(address), "sha256": "", "bytes": 0}
    path = address if Path(address).exists() else address.rpartition("#")[0] or address
    digest, size, count = hashlib.sha256(), 0, 0
    try:
        for file in _files(path):
            own = hashlib.sha256()
            with file.open("rb") as content:
                while block := content.read(BLOCK):
                    own.update(block)
                    size += len(block)
            digest = own if not count else hashlib.sha256(digest.digest() + own.digest())
            count += 1
    except (OSError, ValueError, GridcastError):
        count = 0
    name = Path(address).name + (f" ({counted(count, 'file')})" if count > 1 else "")
    return {"from": name, "sha256": digest.hexdigest() if count else "", "bytes": size if count else 0}


def _files(path: str) -> Iterator[Path]:
    """Yield the files of an address in the order of their names."""
    for found in find_files(path)[0]:
        yield from sorted(each for each in found.rglob("*") if each.is_file()) if found.is_dir() else (found,)


def shown_address(address: str) -> str:
    """Return the address of a database without its password."""
    try:
        return str(parse_address(address).shown)
    except GridcastError:
        return address.partition("://")[0] + "://..."
