"""Which column holds what: recognised by its name, or named by an option."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gridcast.errors import Problem, did_you_mean, listed

UNITS = {unit.lower(): unit for unit in ("W", "kW", "MW", "GW", "TW", "Wh", "kWh", "MWh", "GWh", "TWh")}
NOT_A_NAME = frozenset({"utc", "gmt", "cet", "cest", "local", "deg", "degrees"})  # qualify a name, as units do
TIMES_OF_DAY = ("time", "hour", "timeofday", "hourbeginning", "hourending", "hourend", "he", "starttime")
DATES = ("date", "day", "deliverydate", "operatingday")


@dataclass(frozen=True)
class Role:
    """What a column can hold.

    Attributes:
        name: In messages, and with `_column` in `ReadOptions`.
        synonyms: Names in small letters without spaces and marks, the best first.
    """

    name: str
    synonyms: tuple[str, ...]

    @property
    def flag(self) -> str:
        """The option of the command line that names the column."""
        return f"--{self.name}-column"


def _synonyms(words: str) -> tuple[str, ...]:
    return tuple(words.split())


PLACE_WORDS = (
    "location place zone area region site building substation bus node meter station ba balancingauthority authority "
    "customer household feeder district city country"
)
PLACES = _synonyms("uniqueid " + " ".join(f"{word}id {word}" for word in PLACE_WORDS.split()))
TIME = Role(
    "time",
    _synonyms(
        "timestamp utctimestamp datetime time validtime period periodstart intervalstart intervalbegin starttime "
        "hourbeginning hourstart start from datetimebeginning datetimefrom ds date day mtu stamp timestep settlementdate utc "
        "periodbeginning intervalending intervalend periodending periodend hourending hourend datetimeending endtime"
    ),
)
LOCATION = Role("location", (*PLACES, "id", "code", "zonename", "locationname", "name"))
CONSUMPTION = Role(
    "consumption",
    _synonyms(
        "consumption load demand powerconsumption energyconsumption electricityconsumption electricityload "
        "electricitydemand electricload systemload totalload actualload actualtotalload totaldemand meteredload meterreading "
        "power energy usage use reading value values target actual y"
    ),
)
ID = Role("id", ("id", *PLACES, "code", "zonename", "locationname", "name"))
LATITUDE = Role("latitude", ("latitude", "lat", "y"))
LONGITUDE = Role("longitude", ("longitude", "lon", "lng", "long", "x"))
FOLD = Role(
    "fold",
    _synonyms(
        "fold repeatedhourflag repeatedhour repeated secondhour dstflag isdst dst daylightsaving daylightsavings "
        "daylightsavingtime daylightsavingflag summertime sommerzeit timezone timezoneabbreviation tz tzname utcoffset offset"
    ),
)
TEMPORAL, SPATIAL = (TIME, LOCATION, CONSUMPTION), (ID, LATITUDE, LONGITUDE)
SURE_OF_CONSUMPTION = CONSUMPTION.synonyms[: CONSUMPTION.synonyms.index("power")]  # even among columns of other things


@dataclass(frozen=True)
class Chosen:
    """The columns that were found.

    Attributes:
        columns: Number of the column of each role that was found.
        problems: What is wrong with the options or the names.
        notes: For each role for which several columns would do, which was preferred.
    """

    columns: dict[str, int]
    problems: tuple[Problem, ...]
    notes: dict[str, str]


def choose(header: Sequence[str], roles: Iterable[Role], named: Mapping[str, str | None], file: str) -> Chosen:
    """Return which column plays which role; each column plays one at most.

    Args:
        header: Names of the columns.
        roles: In the order in which they choose.
        named: For each role the name of the column that the user gave, or None.
        file: Name of the file, for messages.

    Example:
        >>> choose(["Zone ID", "utc_time", "MW"], TEMPORAL, {}, "load.csv").columns
        {'time': 1, 'location': 0, 'consumption': 2}
    """
    roles = list(roles)
    columns: dict[str, int] = {}
    notes: dict[str, str] = {}
    problems = list(_problems_of(header, file))
    for role in roles:
        name = named.get(role.name)
        if name is not None and (column := _position(name, header)) is not None:
            columns[role.name] = column
        elif name is not None:
            problems.append(_not_there(role, name, header, file))
    for role in roles:
        if named.get(role.name) is None:
            candidates = [each for each in _candidates(role, header) if each not in columns.values()]
            if candidates:
                columns[role.name] = candidates[0]
            if len(candidates) > 1:
                others = listed(header[each] for each in candidates[1:])
                chosen = f"{role.name} = `{header[candidates[0]]}`"
                notes[role.name] = f"{file}: {chosen} rather than {others} (`{role.flag}` to change)"
    return Chosen({role.name: columns[role.name] for role in roles if role.name in columns}, tuple(problems), notes)


def missing(role: Role, header: Sequence[str], file: str) -> Problem:
    """Return the problem that no column plays the role."""
    return Problem(
        f"`{file}` has no column of {role.name} that could be recognised",
        found=listed(header, 12),
        expected=f"a name such as {listed(role.synonyms[:3])}",
        hint=f"name the column: `{role.flag} NAME`",
    )


def key(name: str) -> str:
    """Return a column's name in small letters, without spaces, marks, unit and time zone; or else the unit.

    Example:
        >>> key("Load (MW)"), key("location_ID"), key("utc-time"), key("kWh")
        ('load', 'locationid', 'time', 'kwh')
    """
    words = _words(name)
    kept = [word for word in words if word not in UNITS and word not in NOT_A_NAME]
    return "".join(kept or words)


def unit_of(name: str) -> str:
    """Return the unit of power or energy in a column's name; empty if there is none.

    Example:
        >>> unit_of("consumption (kWh)"), unit_of("load_mw"), unit_of("Kyiv")
        ('kWh', 'MW', '')
    """
    units = [UNITS[word] for word in _words(name) if word in UNITS]
    return units[-1] if units else ""


def says_utc(name: str) -> bool:
    """Return whether a column's name says that its times are UTC."""
    return not {"utc", "gmt"}.isdisjoint(_words(name))


def says_end(name: str) -> bool:
    """Return whether a column's name says that its times are the ends of the intervals."""
    return key(name).endswith(("ending", "end", "endtime")) or key(name) == "he"


def _words(name: str) -> list[str]:
    """Return the words of a name in small letters; `loadMW` and `ZoneId` are two each."""
    return re.findall(r"[^\W_]+", re.sub(r"(?<=[a-z]{2})(?=[A-Z])", " ", name).lower())


def _candidates(role: Role, header: Sequence[str]) -> list[int]:
    """Return the columns whose names fit the role, the best first."""
    ranked = []
    for number, name in enumerate(header):
        word = key(name)
        if word in role.synonyms:
            qualified = 0 if says_utc(name) else 2 if "local" in _words(name) else 1
            ranked.append((role.synonyms.index(word) if role is not TIME else _time_rank(word), qualified, number))
        elif role is CONSUMPTION and word in UNITS:
            ranked.append((role.synonyms.index("power"), 0, number))
    return [number for *_, number in sorted(ranked)]


def _time_rank(word: str) -> int:
    """Return 0 for a moment or a start, then days, then ends of intervals, so that UTC decides among equals."""
    if word in DATES:
        return 2
    return 3 if says_end(word) else 1 if word in TIMES_OF_DAY else 0


def _position(name: str, header: Sequence[str]) -> int | None:
    """Return the column of that name; capitals count only where two names differ in nothing else."""
    if name in header:
        return header.index(name)
    folded = [each.lower() for each in header]
    return folded.index(name.strip().lower()) if folded.count(name.strip().lower()) == 1 else None


def _not_there(role: Role, name: str, header: Sequence[str], file: str) -> Problem:
    hint = did_you_mean(name, map(_typed, header), f"{role.flag} {{}}")
    return Problem(f"`{file}` has no column `{name}`", found=listed(header, 12), expected=f"`{role.flag}` among them", hint=hint)


def _problems_of(header: Sequence[str], file: str) -> Iterable[Problem]:
    twice = [name for name, count in Counter(header).items() if name and count > 1]
    if twice:
        found = "; ".join(
            f"`{name}` in columns {', '.join(str(n + 1) for n, each in enumerate(header) if each == name)}" for name in twice[:5]
        )
        yield Problem(f"columns of `{file}` have the same name", found=found, expected="a name of its own for each")


def _typed(name: str) -> str:
    """Return a name as one types it in a shell."""
    return f'"{name}"' if re.search(r"[^\w.-]", name) else name or "NAME"
