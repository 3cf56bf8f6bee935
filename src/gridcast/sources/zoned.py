"""The time zones of places: from a column of their table, from the options, or one for all."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from gridcast.clock import LOCAL, find_zone
from gridcast.errors import ConfigError, PanelError, Problem, listed
from gridcast.sources.readings import ReadOptions
from gridcast.sources.text.columns import key
from gridcast.sources.text.zones import zones_in_words

NAMES = ("timezone", "tz", "timezonename", "tzname")  # of the column, the best first


def with_zones(options: ReadOptions, places: pd.DataFrame, file: str) -> tuple[ReadOptions, pd.DataFrame, tuple[str, ...]]:
    """Return the options with the zone of each place, the places with a column `timezone`, and what is worth saying.

    What an option says of a place outweighs the table; where neither says anything, it is the zone for all.

    Args:
        options: With a zone for all, and maybe for single places.
        places: Table with `id`, and maybe with a column of zones.
        file: Name of the table, for messages.

    Raises:
        PanelError: Naming the zones that are unknown, or if some places have local labels and others have a zone.

    Example:
        >>> places = pd.DataFrame({"id": ["Kyiv", "Rome"], "tz": ["Europe/Kyiv", ""]})
        >>> options, places, _ = with_zones(ReadOptions(timezone="Europe/Rome"), places, "places.csv")
        >>> options.timezones, places["timezone"].tolist()
        ({'Kyiv': 'Europe/Kyiv', 'Rome': 'Europe/Rome'}, ['Europe/Kyiv', 'Europe/Rome'])
    """
    columns = [name for name in places.columns.astype(str) if key(name) in NAMES]
    column = min(columns, key=lambda name: NAMES.index(key(name)), default=None)
    if column is None and not options.timezones:
        return options, places, ()
    cells = places[column].astype(str).str.strip() if column is not None else [""] * len(places)
    told = {name: zone for name, zone in zip(places["id"], cells, strict=True) if zone}
    asked = dict(options.timezones or {})
    zones = {name: asked.get(name) or told.get(name) or options.timezone for name in places["id"]}
    _require_zones(zones, file)
    places = (places if column is None else places.rename(columns={column: "timezone"})).assign(timezone=list(zones.values()))
    said = (f"{file}: time zones: {zones_in_words(list(zones.values()))}",)
    if len(set(zones.values())) == 1 and set(asked) <= set(zones):
        return replace(options, timezone=next(iter(zones.values())), timezones=None), places, said
    return replace(options, timezones=asked | zones), places, said


def _require_zones(zones: dict[str, str], file: str) -> None:
    problems = []
    for zone in dict.fromkeys(zones.values()):
        try:
            find_zone(zone)
        except ConfigError as error:
            (problem,) = error.problems
            found = f"at {listed(name for name, its in zones.items() if its == zone)} of `{file}`"
            problems.append(Problem(problem.problem, found, problem.expected, problem.hint))
    local = [name for name, zone in zones.items() if zone == LOCAL]
    if 0 < len(local) < len(zones):
        problems.append(
            Problem(
                f"`{file}`: local labels of some places and moments of others can't be brought together",
                found=f"`{LOCAL}` at {listed(local)}",
                expected=f"`{LOCAL}` for all places, or for none",
            )
        )
    if problems:
        raise PanelError.of(problems)
