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


def that_reach(laid: Iterable[tuple[str, xr.Dataset]], whole: xr.Dataset, places: Sequence[str], most: int = MOST) -> list[str]:
    """Return the stations without which the weather of some place is another, at most so many: those that change it most.

    Args:
        laid: Each station with the weather at the places without it.
        whole: That with all stations.
        places: Whose forecast it is; what these get counts first.
        most: At most so many.
    """
    changed = {name: _changed(weather, whole) for name, weather in laid}
    order = {name: (-each[list(places)].sum(), -each.sum()) for name, each in changed.items() if each.sum() > 0}
    return sorted(order, key=lambda name: order[name])[:most]


def _changed(without: xr.Dataset, whole: xr.Dataset) -> pd.Series[float]:
    """Return by how much the weather of each place changes, in spreads of the variables, by place; what is gone counts as one."""
    total = pd.Series(0.0, index=[str(name) for name in whole["location"].values])
    for name, before in whole.transpose(..., "location").data_vars.items():
        old, new = (each.values.reshape(-1, len(total)) for each in (before, without[name].transpose(*before.dims)))
        gone = np.isfinite(old) & ~np.isfinite(new)
        total += np.where(gone, 1.0, np.nan_to_num(np.abs(new - old)) / (np.nanstd(old) or 1.0)).mean(axis=0)
    return total
