"""What each number of a sample tells: which column of the network's inputs is about what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gridcast.samples.localclock import HOURS
from gridcast.samples.mapped import BLOCKS, NEWEST
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples

CALENDAR, HOLIDAY, WEATHER, RECENT, WEEKLY = "calendar", "holiday", "weather", "recent load", "weekly load"
LEVEL, OLDER, LATEST, THERE = "level of the last week", "older history", "last days", "whether weather is there"
LATEST_DAYS = 2  # days at the end of the history that count as recent
SEASON = ("year_sin", "year_cos")
HOUR = ("hour_sin", "hour_cos")
WEEK = ("week_sin", "week_cos", "weekend")
AROUND = ("holiday", "before_holiday", "after_holiday", "near_holiday", "bridge")


@dataclass(frozen=True)
class Column:
    """One number of an input.

    Attributes:
        name: Of the number within its input.
        group: What kind of knowledge it is.
        part: What it is about: a lag, a variable of the weather, the weekday.
    """

    name: str
    group: str
    part: str


def columns_of(samples: Samples) -> dict[str, tuple[Column, ...]]:
    """Return what the last axis of each input of `Samples.batch` holds.

    Of `history` it is the last two axes, one patch after the other; `start` and `level` are one number each.
    """
    recipe = samples.recipe
    return {
        "history": tuple(_history(samples)),
        "recent": tuple(_recent()),
        "steps": tuple(_steps(samples)),
        "calendar": tuple(_calendar(name) for name in samples.calendar.names),
        "start": (Column("start", WEEKLY, lag_part("week_1")),),
        "level": (Column("level", WEEKLY, LEVEL),),
        "map": tuple(_map(recipe)),
    }


def lag_part(name: str) -> str:
    """Return in words which lag a name of `Lags.names` is.

    Example:
        >>> lag_part("week_1"), lag_part("day_3"), lag_part("sunday")
        ('1 week before', '3 days before', 'newest Sunday')
    """
    if name == "sunday":
        return "newest Sunday"
    unit, _, count = name.partition("_")
    return f"{count} {unit}{'' if count == '1' else 's'} before"


def lag_group(name: str) -> str:
    """Return the group of a lag: those of days are recent load, the others weekly load."""
    return RECENT if name.startswith("day") else WEEKLY


def weather_part(recipe: Recipe, name: str) -> str:
    """Return the variable of the weather that a covariate is derived from, which may be itself."""
    return next((main for main in recipe.main if name == main or name.startswith(f"{main}_")), name)


def _calendar(name: str) -> Column:
    """Return the column of a covariate of the calendar."""
    if name in HOUR or (name.startswith("hour_") and name[5:].isdigit()):
        return Column(name, CALENDAR, "hour")
    if name in WEEK or name.startswith("weekday_"):
        return Column(name, CALENDAR, "weekday")
    if name in SEASON:
        return Column(name, CALENDAR, "season")
    return Column(name, HOLIDAY, HOLIDAY if name in AROUND else name)


def _steps(samples: Samples) -> Iterator[Column]:
    """Return the columns of a step: lags, weather, what weather and holidays were at two of the lags, what a holiday changes."""
    recipe = samples.recipe
    there = {"week_there": "week_1", "day_there": "day_1"}
    for name in samples.step_names:
        lag, then = there.get(name, name), name.removesuffix("_week_ago").removesuffix("_day_ago")
        if lag in recipe.lags.names:
            yield Column(name, lag_group(lag), lag_part(lag))
        elif then == "holiday" or name.startswith("towards_"):
            yield Column(name, HOLIDAY, HOLIDAY)
        elif then == "weather_known":  # without weather it is always 0, and no group of its own
            yield Column(name, WEATHER, THERE) if recipe.covariates.names else Column(name, CALENDAR, "hour")
        else:
            yield Column(name, WEATHER, weather_part(recipe, then))


def _recent() -> Iterator[Column]:
    """Return the columns of the recent level and change."""
    yield Column("level", WEEKLY, LEVEL)
    for name in ("last_day", "half_day", "last_hours", "day_known"):
        yield Column(name, RECENT, LATEST)
    yield Column("context_known", WEEKLY, OLDER)


def _history(samples: Samples) -> Iterator[Column]:
    """Return the columns of the patches of the history."""
    recipe = samples.recipe
    count = recipe.context // recipe.patch
    for number in range(count):
        age = (count - 1 - number) * recipe.patch  # steps from the end of the patch to the issue time
        group, part = (RECENT, LATEST) if age < LATEST_DAYS * recipe.lags.day else (WEEKLY, OLDER)
        for step in range(recipe.patch):
            yield Column(f"reading_{number}_{step}", group, part)
        if recipe.past:
            for step in range(recipe.patch):
                yield Column(f"{recipe.past}_{number}_{step}", WEATHER, recipe.past)
        yield Column(f"known_{number}", group, part)
        for name in samples.calendar.names[HOURS:]:
            told = _calendar(name)
            yield Column(f"{name}_{number}", told.group, told.part)


def _map(recipe: Recipe) -> Iterator[Column]:
    """Return the columns of what a place puts on the map."""
    day, week = recipe.lags.day, recipe.lags.week
    load = [f"last_day_{block}" for block in range(min(BLOCKS, day, recipe.context))]
    load += [f"newest_{step}" for step in range(min(NEWEST, day, recipe.context))]
    if recipe.context >= week + day:
        load += [f"surprise_{block}" for block in range(min(BLOCKS, day))]
    for name in (*load, "day_known"):
        yield Column(name, RECENT, LATEST)
    if recipe.past:
        coming, past = min(BLOCKS, recipe.horizon), min(BLOCKS, day)
        for name, blocks in (("coming", coming), ("coming_change", coming), ("week_change", past)):
            for block in range(blocks):
                yield Column(f"{name}_{block}", WEATHER, recipe.past)
