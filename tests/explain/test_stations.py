"""Which weather stations a forecast rests on, asked of forecasts that are known."""

import numpy as np
import pytest
import xarray as xr

from gridcast.explain.stations import COLUMNS, station_influence, that_reach

FORECASTS = {"": [10.0, 20.0], "north": [12.0, 18.0], "south": [10.0, 20.0], "east": [4.0, 14.0]}


def test_the_station_whose_silence_moves_the_forecast_most_comes_first():
    table = station_influence(lambda name: np.array(FORECASTS[name]), ["south", "north", "east"])
    assert list(table.columns) == COLUMNS
    assert table["station"].tolist() == ["east", "north", "south"]
    assert table["size"].tolist() == [6, 2, 0]
    assert table["change"].tolist() == [6, 0, 0]  # the forecast with it, less that without
    assert table["share"].tolist() == pytest.approx([6 / 15, 2 / 15, 0])


def test_a_forecast_of_nothing_has_no_shares():
    table = station_influence(lambda _: np.zeros(2), ["north"])
    assert table["share"].isna().all()


def weather(a, b) -> xr.Dataset:
    values = np.column_stack([a, b]).astype(np.float64)
    return xr.Dataset({"temperature": (("time", "location"), values)}, {"location": ["A", "B"]})


def test_stations_that_reach_the_place_come_before_those_that_reach_others():
    whole = weather([0, 1, 2, 3], [0, 1, 2, 3])
    laid = {
        "nowhere": whole,
        "of B": weather([0, 1, 2, 3], [9, 9, 9, 9]),
        "a little of A": weather([0, 1, 2, 3.1], [0, 1, 2, 3]),
        "all of A": weather([np.nan] * 4, [0, 1, 2, 3]),
    }
    assert that_reach(laid.items(), whole, ["A"]).to_dict() == {"all of A": 1, "a little of A": 0, "of B": 0}
    assert list(that_reach(laid.items(), whole, ["A"]).index) == ["all of A", "a little of A", "of B"]
    assert list(that_reach(laid.items(), whole, ["B"]).index) == ["of B", "all of A", "a little of A"]
    assert list(that_reach(laid.items(), whole, ["A"], most=1).index) == ["all of A"]
    assert that_reach(laid.items(), whole, ["A", "B"])["all of A"] == 0.5


def test_a_variable_without_a_value_hides_no_station():
    nothing = {"humidity": (("time", "location"), np.full((4, 2), np.nan))}
    whole, without = weather([0, 1, 2, 3], [0, 1, 2, 3]).assign(nothing), weather([5, 5, 5, 5], [0, 1, 2, 3]).assign(nothing)
    assert list(that_reach([("north", without)], whole, ["A"]).index) == ["north"]


def test_the_order_of_dimensions_does_not_matter():
    issued = xr.DataArray(np.arange(6.0).reshape(2, 3, 1), dims=("issued", "lead", "location"), coords={"location": ["A"]})
    whole = xr.Dataset({"temperature": issued})
    laid = xr.Dataset({"temperature": (issued + 1).transpose("location", "lead", "issued")})
    assert list(that_reach([("north", laid), ("south", whole)], whole, ["A"]).index) == ["north"]
