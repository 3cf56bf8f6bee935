"""Tables of readings and of places -> the arrays of a panel, with every problem told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.errors import PanelError, Problem, listed

TARGET = "consumption"
TEMPORAL_COLUMNS = ("timestamp", "location", TARGET)
SPATIAL_COLUMNS = ("id", "latitude", "longitude")
OWN_NAMES = ("time", "location", TARGET)  # what the panel itself calls its parts


def unreadable(temporal: pd.DataFrame, stamps: pd.DatetimeIndex, values: pd.Series[float]) -> Iterator[Problem]:
    """Yield what can't be read in a table of readings."""
    numbers = values.notna() | temporal[TARGET].isna()
    for column, good, expected in (
        ("timestamp", stamps.notna(), "ISO 8601, such as `2024-01-31 23:00`"),
        ("location", temporal["location"].notna(), "a name in every row"),
        (TARGET, numbers, "a number, or an empty cell where there is no reading"),
    ):
        wrong = temporal[column][~np.asarray(good, dtype=bool)]
        if len(wrong):
            yield Problem(f"{len(wrong)} of {len(temporal)} rows have no usable `{column}`", listed(wrong), expected)


def require_columns(table: pd.DataFrame, needed: tuple[str, ...], kind: str) -> None:
    """Refuse a table that lacks columns.

    Raises:
        PanelError: Naming them.
    """
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise PanelError(
            f"the {kind} table lacks {listed(missing)}",
            found=listed(table.columns, 12),
            expected=listed(needed),
            hint="rename the columns, or read the file with `gridcast.load_data`, which knows the usual synonyms",
        )


def wide(stamps: pd.DatetimeIndex, location: pd.Series[Any], values: pd.Series[Any]) -> pd.DataFrame:
    """Return readings as a table, one row a time and one column a location, both sorted.

    Raises:
        PanelError: If a reading comes twice.
    """
    row, times = pd.factorize(stamps, sort=True)
    known, spellings = pd.factorize(location)
    column_of, names = pd.factorize(np.array([str(name) for name in spellings], dtype=object), sort=True)
    column = column_of[known]
    twice = pd.Series(row.astype(np.int64) * len(names) + column).duplicated().to_numpy()
    if twice.any():
        raise PanelError(
            f"{int(twice.sum())} readings come twice",
            found=listed(f"{name} at {time}" for time, name in zip(stamps[twice], names[column[twice]], strict=True)),
            expected="one reading for each location and timestamp",
        )
    readings = np.full((len(times), len(names)), np.nan)
    readings[row, column] = values
    return pd.DataFrame(readings, index=times, columns=names)


def static_columns(names: list[str], spatial: pd.DataFrame) -> dict[str, tuple[str, npt.NDArray[np.generic]]]:
    """Return the columns of the spatial table in the order of the panel's locations.

    A table with neither latitude nor longitude lists places whose whereabouts are not known.

    Raises:
        PanelError: If a column is missing, or the places are not those of the readings.
    """
    nowhere = "latitude" not in spatial.columns and "longitude" not in spatial.columns
    require_columns(spatial, SPATIAL_COLUMNS[:1] if nowhere else SPATIAL_COLUMNS, "spatial")
    places = spatial.assign(id=spatial["id"].astype(str)).set_index("id")
    unknown = [name for name in names if name not in places.index]
    silent = [name for name in places.index if name not in set(names)]
    if unknown or silent or not places.index.is_unique:
        raise PanelError(
            "the places of the two tables are not the same",
            found="; ".join(
                f"{what}: {listed(some)}"
                for what, some in (
                    ("only in the readings", unknown),
                    ("only in the places", silent),
                    ("twice in the places", list(places.index[places.index.duplicated()])),
                )
                if some
            ),
            expected="each location once in both",
            hint="add `--common-only` to go on with the places that are in both",
        )
    return {str(name): ("location", column.to_numpy()) for name, column in places.loc[names].items() if name not in OWN_NAMES}
