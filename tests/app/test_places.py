"""Where places are drawn: at their coordinates, in the layout of their readings, or in their order."""

import json

import numpy as np
import pandas as pd
import pytest

from gridcast.app.places import NO_COORDINATES, Places, in_order, places_of_panel, places_of_run
from gridcast.config import RunConfig, make_config
from gridcast.panel import Panel


def test_at_60_degrees_a_degree_of_latitude_is_two_of_longitude():
    # cos 60 degrees = 1/2
    assert Places(("A", "B"), np.array([0.0, 4.0]), np.array([58.0, 62.0])).aspect == pytest.approx(2.0)


def test_the_map_has_room_around_its_places():
    box = Places(("A", "B"), np.array([0.0, 10.0]), np.array([0.0, 2.0])).box
    assert (box.west, box.east) == pytest.approx((-1.2, 11.2))  # 12 % of 10 degrees
    assert (box.south, box.north) == pytest.approx((-1.2, 3.2))


def test_a_lone_place_has_a_map_too():
    box = Places(("A",), np.array([5.0]), np.array([50.0])).box
    assert (box.west, box.east, box.south, box.north) == (4.5, 5.5, 49.5, 50.5)


def test_a_panel_tells_its_coordinates(small_panel):
    places = places_of_panel(small_panel)
    assert places.on_earth
    assert places.note == ""
    assert places.y.tolist() == [50, 51, 52, 53]


def test_a_region_at_the_180th_meridian_stays_together():
    times = pd.date_range("2024-01-01", periods=2, freq="h", tz="UTC")
    spatial = pd.DataFrame({"id": ["A", "B"], "latitude": [-17.0, -18.0], "longitude": [179.0, -179.0]})
    panel = Panel.from_wide(pd.DataFrame(1.0, index=times, columns=["A", "B"]), spatial)
    assert np.ptp(places_of_panel(panel).x) == pytest.approx(2.0)


def test_places_without_coordinates_are_laid_out_by_their_readings_and_that_is_said(small_panel):
    bare = Panel.from_wide(pd.DataFrame(small_panel.consumption, index=small_panel.times, columns=list(small_panel.locations)))
    places = places_of_panel(bare)
    assert not places.on_earth
    assert places.note == NO_COORDINATES
    assert len(set(zip(places.x.tolist(), places.y.tolist(), strict=True))) == 4


def test_of_a_run_the_network_knows_where_its_places_are(tmp_path, plain_config):
    (tmp_path / "model").mkdir()
    about = {"locations": ["A", "B", "C"], "grid": {"on_earth": False}}
    (tmp_path / "model" / "model.json").write_text(json.dumps(about))
    np.savez(tmp_path / "model" / "model.npz", **{"grid.x": np.array([0.0, 1.0, 2.0]), "grid.y": np.array([5.0, 6.0, 7.0])})
    places = places_of_run(tmp_path, plain_config, ["C", "A"])
    assert places.names == ("C", "A")
    assert places.x.tolist() == [2.0, 0.0]
    assert places.note == NO_COORDINATES


def test_the_table_of_places_is_asked_where_there_is_no_network(tmp_path):
    (tmp_path / "places.csv").write_text("id,latitude,longitude,kind\nA,50,5,zone\nS,51,6,weather_city\nB,52,7,zone\n")
    config = make_config({"data": {"temporal": "load.csv", "spatial": str(tmp_path / "places.csv")}})
    assert places_of_run(tmp_path, config, ["A", "B"]).y.tolist() == [50, 52]
    assert places_of_run(tmp_path, config, ["A", "S"]) is None  # a weather station is no place


def test_the_synthetic_world_has_a_map(tmp_path):
    config = RunConfig()
    from gridcast.sources.synthetic.world import generate_synthetic_spatial_data

    names = [str(name) for name in generate_synthetic_spatial_data(100, seed=0)["id"]]
    assert places_of_run(tmp_path, config, names).on_earth


def test_where_nothing_is_known_places_stand_in_their_order(tmp_path, plain_config):
    assert places_of_run(tmp_path, plain_config, ["A"]) is None
    assert len(in_order(list("ABCDE")).names) == 5
