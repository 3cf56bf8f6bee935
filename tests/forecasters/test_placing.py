"""Where new places lie on the map of a network, also across the 180th meridian."""

import numpy as np
import pandas as pd
import pytest

from gridcast.forecasters.placing import Placing
from gridcast.panel import Panel
from gridcast.raster import panel_grid
from gridcast.scaling import Scaler

LONGITUDE = {"A": 174.0, "B": 178.0, "C": -178.0, "D": -174.0}  # from New Zealand to the islands east of it


def panel_of(longitude):
    times = pd.date_range("2024-01-01", periods=24 * 15, freq="h", tz="UTC")
    readings = np.random.default_rng(0).normal(10, 1, (len(times), len(longitude)))
    places = pd.DataFrame({"id": list(longitude), "latitude": -40.0, "longitude": list(longitude.values())})
    return Panel.from_wide(pd.DataFrame(readings, index=times, columns=list(longitude)), places)


@pytest.mark.parametrize(
    ("new", "like", "x"),
    [(-177.9, "C", 182.1), (182.1, "C", 182.1), (177.9, "B", 177.9), (-182.1, "B", 177.9), (-173.5, "D", 186.5)],
)
def test_a_new_place_lies_beside_its_neighbour_across_the_180th_meridian(new, like, x):
    panel = panel_of(LONGITUDE)
    placing = Placing.fit(panel, panel_grid(panel, (1, 4)), Scaler.fit(panel.consumption, panel.locations))
    # the map runs on one side of the meridian or the other, on which the known places lie too
    turn = placing.grid.x[2] - 182.0
    flat, _, found = placing.cells(panel_of({**LONGITUDE, "new": new}))
    assert found[-1] == pytest.approx(x + turn)
    assert flat[-1] == flat[list(LONGITUDE).index(like)]
