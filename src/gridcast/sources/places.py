"""Places as their tables list them: which rows are weather stations, and which places have no coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import counted, listed
from gridcast.sources.readings import Places

WEATHER = "weather"  # rows of this kind are weather stations, not consumers
KIND = "kind"
COORDINATES = ["latitude", "longitude"]


@dataclass(frozen=True)
class Listing:
    """Consumers and weather stations of a table of places.

    Attributes:
        places: The consumers: `id`, `latitude` and `longitude` if they have coordinates, and the other columns.
        stations: The weather stations that have coordinates, with the same columns; None where there are none.
        said: What was recognised.
    """

    places: pd.DataFrame
    stations: pd.DataFrame | None
    said: tuple[str, ...]


def are_stations(kinds: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which kinds are those of weather stations, shape (rows,).

    Example:
        >>> are_stations(["load_zone", "weather_city"]).tolist()
        [False, True]
    """
    return np.array([str(kind).lower().startswith(WEATHER) for kind in np.asarray(kinds).tolist()], bool)


def consumers_and_stations(listing: Places, file: str) -> Listing:
    """Return the consumers and the weather stations of a table of places.

    Args:
        listing: The table, as it was read.
        file: Its name, for messages.

    Example:
        >>> table = pd.DataFrame({"id": ["A", "S"], "latitude": [np.nan, 50], "longitude": [np.nan, 8], "kind": ["", "weather"]})
        >>> listing = consumers_and_stations(Places(table, ()), "places.csv")
        >>> listing.places.columns.tolist(), listing.stations["id"].tolist(), listing.said[0]
        (['id', 'kind'], ['S'], 'places.csv: no coordinates')
    """
    table, said = listing.table, list(listing.said)
    weather = are_stations(table[KIND]) if KIND in table else np.zeros(len(table), bool)
    places, stations = table[~weather], table[weather]
    if "latitude" not in places or places["latitude"].isna().all():
        places = places.drop(columns=COORDINATES, errors="ignore")
        said.append(f"{file}: no coordinates")
    if not weather.any():
        return Listing(places, None, tuple(said))
    kinds = listed(sorted(stations[KIND].unique()))
    left = int(weather.sum())
    why = "is no consumer and was" if left == 1 else "are not consumers and were"
    said.append(f"{counted(left, 'row')} of kind {kinds} {why} left out")
    located = stations.dropna(subset=COORDINATES) if "latitude" in stations else stations[:0]
    return Listing(places, located.reset_index(drop=True) if len(located) else None, tuple(said))
