"""What holds in every panel, checked when one is made."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from gridcast.availability import ISSUED, KINDS, LEAD
from gridcast.errors import Problem, listed
from gridcast.tabular import TARGET


def problems_of(dataset: xr.Dataset) -> list[Problem]:
    """Collect what keeps a dataset from being a panel."""
    found = []
    labelled = "time" in dataset.indexes and "location" in dataset.indexes
    if TARGET not in dataset or dataset[TARGET].dims != ("time", "location") or not labelled:
        return [Problem("not a panel", found=str(dict(dataset.sizes)), expected=f"a variable `{TARGET}` (time, location)")]
    times = pd.DatetimeIndex(dataset.indexes["time"])
    steps = np.diff(times.asi8)
    if not len(steps) or steps[0] <= 0 or (steps != steps[0]).any():
        found.append(Problem("the times of a panel are regular and ascending", found=f"{len(times)} times", expected="one step"))
    names = dataset.indexes["location"]
    if not names.is_unique:
        found.append(Problem("a location comes twice", found=listed(names[names.duplicated()]), expected="unique names"))
    infinite = np.isinf(dataset[TARGET].values)
    if infinite.any():
        rows, columns = np.nonzero(infinite)
        where = (f"{name} at {time}" for name, time in zip(names[columns], times[rows], strict=True))
        found.append(
            Problem(
                f"{len(rows)} readings are infinite",
                found=listed(where),
                expected="a number, or an empty cell where there is no reading",
            )
        )
    return [*found, *_unavailable(dataset)]


def _unavailable(dataset: xr.Dataset) -> list[Problem]:
    """Return what is wrong with the rules that the variables carry."""
    unknown = {
        str(n): v.attrs["availability"] for n, v in dataset.data_vars.items() if v.attrs.get("availability", KINDS[0]) not in KINDS
    }
    problems = []
    if unknown:
        problems.append(
            Problem(
                f"variables of an unknown availability: {listed(unknown)}", found=listed(unknown.values()), expected=listed(KINDS)
            )
        )
    unordered = [
        name
        for name in (ISSUED, LEAD)
        if name in dataset.dims and (name not in dataset.indexes or not dataset.indexes[name].is_monotonic_increasing)
    ]
    if unordered:
        expected = "issue times and lead times in ascending order"
        problems.append(
            Problem(f"{listed(unordered)} of a forecast in no order", found="no labels, or another order", expected=expected)
        )
    return problems
