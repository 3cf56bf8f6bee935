"""Public holidays of a country or a part of it, by the library `holidays`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from gridcast.errors import ConfigError, did_you_mean, listed


@dataclass(frozen=True)
class PublicDays:
    """The public holidays of some years.

    Attributes:
        names: Day -> name; the names of several holidays on one day are joined by `; `.
        weekend: Days of the week that are no working days, Monday is 0.
    """

    names: Mapping[date, str]
    weekend: frozenset[int]


@lru_cache(maxsize=512)
def public_days(country: str, subdivision: str, first_year: int, last_year: int) -> PublicDays:
    """Return the public holidays of a country, or of a state, province or region of it, both years included.

    Args:
        country: ISO code, such as `DE`.
        subdivision: Code of the part, such as `BY`; empty for the holidays that the whole country has.
        first_year: The first year.
        last_year: The last year.

    Raises:
        ConfigError: If the country or its part is not known.

    Example:
        >>> public_days("DE", "BY", 2024, 2024).names[date(2024, 1, 6)]
        'Epiphany'
    """
    import holidays  # slow to import, and only wanted with a country

    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=range(first_year, last_year + 1))
    except NotImplementedError as error:
        parts = holidays.list_supported_countries(include_aliases=False)
        raise (_no_part(country, subdivision, parts[country]) if country in parts else _no_country(country, parts)) from error
    return PublicDays(dict(found), frozenset(found.weekend))


def _no_country(country: str, known: Iterable[str]) -> ConfigError:
    return ConfigError(
        f"no holidays are known for `{country}`",
        found=country,
        expected="an ISO country code such as `DE`, `US` or `FR`",
        hint=did_you_mean(country, [*known, "GB"]),
    )


def _no_part(country: str, subdivision: str, known: list[str]) -> ConfigError:
    return ConfigError(
        f"`{country}` has no part `{subdivision}` with holidays of its own",
        found=subdivision,
        expected=listed(known, 20) if known else "no subdivision: the holidays are the same all over the country",
        hint=did_you_mean(subdivision, known),
    )
