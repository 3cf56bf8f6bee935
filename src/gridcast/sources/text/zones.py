"""Several time zones in one file: a wide table is read zone by zone, and joined on UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pandas as pd

from gridcast.clock import LOCAL, find_zone
from gridcast.errors import PanelError, Problem, counted
from gridcast.sources.readings import Consumption, ReadOptions
from gridcast.sources.text.blocks import Blocks
from gridcast.sources.text.layout import Layout

Reader = Callable[[Blocks, Layout, ReadOptions], Consumption]


def require_zones(options: ReadOptions) -> None:
    """Refuse time zones that are unknown.

    Raises:
        ConfigError: Naming one.
    """
    for zone in (options.timezone, *(options.timezones or {}).values()):
        find_zone(zone)


def by_zone(blocks: Blocks, layout: Layout, options: ReadOptions, read: Reader) -> Consumption:
    """Return the readings of a wide table; where its locations are in several zones it is read once for each of them.

    Args:
        blocks: The file.
        layout: Where things are in it.
        options: With the zone of each location.
        read: Returns the readings of those columns that are in the same zone.

    Raises:
        PanelError: Naming all that is wrong in any of the zones.
    """
    header = blocks.sample.header
    zones = options.zones_of(header[number] for number in layout.values)
    if len(set(zones)) == 1:
        return read(blocks, layout, options)
    parts: list[Consumption] = []
    problems: list[Problem] = []
    for zone in dict.fromkeys(zones):
        of_zone = tuple(number for number, its in zip(layout.values, zones, strict=True) if its == zone)
        try:
            parts.append(read(blocks, replace(layout, values=of_zone), options))
        except PanelError as error:
            problems += error.problems
    if problems:
        raise PanelError.of(dict.fromkeys(problems))
    names = [header[number] for number in layout.values]
    readings = pd.concat([part.readings for part in parts], axis=1, sort=True)[names]
    said = dict.fromkeys(sentence for part in parts for sentence in part.said)
    return Consumption(readings.rename_axis("timestamp"), layout.unit, tuple(said))


def zones_in_words(zones: Sequence[str]) -> str:
    """Return the zones of locations in words, the most common first.

    Example:
        >>> zones_in_words(["UTC", "UTC"]), zones_in_words(["Europe/Rome", "Europe/Kyiv", "Europe/Rome"])
        ('UTC', 'Europe/Rome (2 places), Europe/Kyiv (1 place)')
    """
    counts = Counter(zones).most_common()
    words = {zone: "local labels, kept as they are" if zone == LOCAL else zone for zone, _ in counts}
    if len(counts) == 1:
        return words[counts[0][0]]
    return ", ".join(f"{words[zone]} ({counted(number, 'place')})" for zone, number in counts)
