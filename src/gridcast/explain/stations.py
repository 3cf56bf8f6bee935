"""Which weather stations a forecast rests on: how much it changes when one is silent and others stand in for it.

Letters: N locations, H steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.explain.question import Floats

MOST = 60  # stations that are asked about
COLUMNS = ["station", "size", "change", "share"]


def station_influence(said: Callable[[str], Floats], stations: Sequence[str]) -> pd.DataFrame:
    """Return how far the forecast moves when each station is silent, the most first.

    Args:
        said: The forecast without the station of a name, shape (H,); without any name that of all. [the panel's unit]
        stations: Names of the stations that are asked about.

    Returns:
        Columns `station`; `size`, the mean over the steps of how far the forecast moves, either way; `change`, the mean of the
        forecast less that without the station; `share` of `size` in the mean size of the forecast [1]. [the panel's unit]
    """
    whole = said("")
    level = float(np.abs(whole).mean())
    moved = [whole - said(name) for name in stations]
    sizes = np.array([np.abs(each).mean() for each in moved], dtype=np.float64)
    table = pd.DataFrame(
        {
            "station": list(stations),
            "size": sizes,
            "change": np.array([each.mean() for each in moved], dtype=np.float64),
            "share": sizes / level if level > 0 else np.nan,
        },
        columns=COLUMNS,
    )
    return table.sort_values("size", ascending=False, kind="stable", ignore_index=True)


def that_reach(
    laid: Iterable[tuple[str, xr.Dataset]], whole: xr.Dataset, places: Sequence[str], most: int = MOST
) -> pd.Series[float]:
    """Return the stations without which the weather of some place is another, at most so many: those that change it most.

    Args:
        laid: Each station with the weather at the places without it.
        whole: That with all stations.
        places: Whose forecast it is; what these get counts first.
        most: At most so many.

    Returns:
        By station, the share of `places` that have a variable of which nothing is left without it. [1]
    """
    found: dict[str, tuple[float, float, float]] = {}
    for name, weather in laid:
        changed, bare = _changed(weather, whole)
        if changed.sum() > 0:
            found[name] = float(changed[list(places)].sum()), float(changed.sum()), float(bare[list(places)].mean())
    order = sorted(found, key=lambda name: (-found[name][0], -found[name][1]))[:most]
    return pd.Series([found[name][2] for name in order], index=order, dtype=np.float64)


def _changed(without: xr.Dataset, whole: xr.Dataset) -> tuple[pd.Series[float], pd.Series[bool]]:
    """Return by how much the weather of each place changes, in spreads of the variables, and whether nothing of one is left."""
    names = [str(name) for name in whole["location"].values]
    total, bare = pd.Series(0.0, index=names), pd.Series(False, index=names)
    for name, before in whole.transpose(..., "location").data_vars.items():
        old, new = (each.values.reshape(-1, len(names)) for each in (before, without[name].transpose(*before.dims)))
        there, left = np.isfinite(old), np.isfinite(new)
        if there.any():
            spread = float(np.nanstd(old)) or 1.0
            total += np.where(there & ~left, 1.0, np.nan_to_num(np.abs(new - old)) / spread).mean(axis=0)
            bare |= there.any(axis=0) & ~left.any(axis=0)
    return total, bare
