"""Two files become one panel; a mismatch is named; a synthetic pair is made, saved and found again."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import FileError, GridcastError, GridcastWarning, PanelError
from gridcast.panel import Panel
from gridcast.sources.pair import load_data, read_panel, save_tables
from gridcast.sources.readings import ReadOptions
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

READINGS = """\
time,a,b,c
2024-01-01T00:00Z,1,10,100
2024-01-01T01:00Z,2,20,200
2024-01-01T02:00Z,3,30,
"""
PLACES = """\
id,lat,lon,kind
b,50,10,town
a,51,11,town
c,52,12,village
"""


@pytest.fixture
def files(tmp_path: Path):
    """Return a function that writes the two files and gives their paths."""

    def write(readings: str = READINGS, places: str = PLACES) -> tuple[Path, Path]:
        paths = tmp_path / "load.csv", tmp_path / "places.csv"
        for path, text in zip(paths, (readings, places), strict=True):
            path.write_text(text)
        return paths

    return write


def test_readings_and_places_are_brought_together_by_name(files):
    panel = read_panel(*files()).panel
    assert panel.locations == ("a", "b", "c")
    assert panel.coordinates[0].tolist() == [51, 50, 52]
    assert panel.consumption[:2].tolist() == [[1, 10, 100], [2, 20, 200]]
    assert np.isnan(panel.consumption[2, 2])


def test_what_was_recognised_is_said(files):
    said = " ".join(read_panel(*files()).said)
    assert "load.csv" in said
    assert "places.csv" in said


def test_weather_stations_among_the_places_are_left_out_and_that_is_said(files):
    loaded = read_panel(*files(places=PLACES + "Boston,42,-71,weather_city\n"))
    assert loaded.panel.locations == ("a", "b", "c")
    assert any("1 row of kind `weather_city`" in sentence for sentence in loaded.said)


def test_locations_in_one_file_only_are_listed(files):
    paths = files(places=PLACES.replace("c,52", "d,52"))
    with pytest.raises(PanelError) as caught:
        read_panel(*paths)
    problem = caught.value.problems[0]
    assert problem.found == "1 in `load.csv` only: `c`; 1 in `places.csv` only: `d`"
    assert "--common-only" in problem.hint


def test_common_only_goes_on_with_the_locations_in_both(files):
    loaded = read_panel(*files(places=PLACES.replace("c,52", "d,52")), common_only=True)
    assert loaded.panel.locations == ("a", "b")
    assert "left out, as they are in one file only: `c`, `d`" in loaded.said


def test_files_without_a_common_location_ask_for_the_right_column(files):
    with pytest.raises(PanelError, match="no location in common") as caught:
        read_panel(*files(places="id,lat,lon\nx,50,10\n"))
    assert "--id-column" in caught.value.problems[0].hint


def test_common_only_without_a_common_location_is_an_error(files):
    with pytest.raises(PanelError, match="no place is left"):
        read_panel(*files(places="id,lat,lon\nx,50,10\n"), common_only=True)


def test_excluded_locations_are_left_out_of_both_files(files):
    loaded = read_panel(*files(), exclude=("b", "c"))
    assert loaded.panel.locations == ("a",)
    assert "left out as asked: `b`, `c`" in loaded.said


def test_excluding_an_unknown_location_suggests_the_nearest(files):
    paths = files(READINGS.replace("a,b,c", "Kyiv,b,c"), PLACES.replace("a,51", "Kyiv,51"))
    with pytest.raises(PanelError) as caught:
        read_panel(*paths, exclude=("Kiyv",))
    assert caught.value.problems[0].hint == "did you mean `--exclude Kyiv`?"


def test_the_unit_of_the_file_can_be_overruled(files):
    long = "time,location,load_mw\n2024-01-01T00:00Z,a,1\n2024-01-01T01:00Z,a,2\n"
    paths = files(long, "id,lat,lon\na,50,10\n")
    assert read_panel(*paths).panel.unit == "MW"
    assert read_panel(*paths, unit="kW").panel.unit == "kW"


def test_one_column_and_one_place_belong_together_whatever_their_names(files):
    loaded = read_panel(*files("time,load_mw\n2024-01-01T00:00Z,1\n2024-01-01T01:00Z,2\n", "id,lat,lon\nKyiv,50,30\n"))
    assert loaded.panel.locations == ("Kyiv",)
    assert any("is taken as `Kyiv`" in sentence for sentence in loaded.said)


def test_load_data_gives_the_two_tables(files):
    temporal, spatial = load_data(*files())
    assert list(temporal.columns) == ["timestamp", "location", "consumption"]
    assert len(temporal) == 9
    assert temporal["timestamp"].dt.tz is not None
    assert spatial["id"].tolist() == ["a", "b", "c"]
    panel = Panel.from_tables(temporal, spatial)
    np.testing.assert_array_equal(panel.consumption, read_panel(*files()).panel.consumption)


def test_load_data_makes_and_saves_a_world_where_neither_file_is(tmp_path):
    paths = tmp_path / "new" / "load.csv.gz", tmp_path / "new" / "places.csv"
    with pytest.warns(GridcastWarning, match=r"neither file was there.*5 places and 3 days"):
        first = load_data(*paths, num_days=3, num_locations=5, seed=7)
    assert len(first[0]) == 5 * 3 * 24
    again = load_data(*paths, num_days=99)  # the files are there now: no warning, and nothing new
    for made, read in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(made, read)


def test_the_saved_world_is_the_generated_one(tmp_path):
    paths = tmp_path / "load.csv", tmp_path / "places.csv"
    with pytest.warns(GridcastWarning):
        temporal, spatial = load_data(*paths, num_days=2, num_locations=3, seed=1)
    places = generate_synthetic_spatial_data(3, seed=1)
    readings = generate_synthetic_temporal_data(2, locations=places, seed=1)
    np.testing.assert_allclose(temporal["consumption"], readings["consumption"], rtol=1e-6)
    np.testing.assert_allclose(spatial["latitude"], places["latitude"], rtol=1e-8)


@pytest.mark.parametrize("present", [0, 1])
def test_one_of_the_two_files_missing_is_an_error_and_nothing_is_made(files, tmp_path, present):
    paths = list(files())
    paths[1 - present].unlink()
    with pytest.raises(FileError, match="is missing, but the other file is there"):
        load_data(*paths)
    assert [path.name for path in tmp_path.iterdir()] == [paths[present].name]


def test_existing_files_are_not_replaced_unless_told(files):
    paths = files()
    places = generate_synthetic_spatial_data(2)
    readings = generate_synthetic_temporal_data(1, locations=places)
    with pytest.raises(FileError, match="would be replaced"):
        save_tables(readings, places, *paths)
    assert paths[0].read_text() == READINGS
    save_tables(readings, places, *paths, overwrite=True)
    assert read_panel(*paths).panel.locations == ("P001", "P002")


def test_readings_and_places_can_not_share_a_file(tmp_path):
    places = generate_synthetic_spatial_data(1)
    with pytest.raises(FileError, match="a file each"):
        save_tables(generate_synthetic_temporal_data(1, locations=places), places, tmp_path / "x.csv", tmp_path / "x.csv")
    assert not list(tmp_path.iterdir())


def test_when_one_file_can_not_be_written_neither_is(tmp_path):
    (tmp_path / "in the way").write_text("")
    places = generate_synthetic_spatial_data(1)
    readings = generate_synthetic_temporal_data(1, locations=places)
    with pytest.raises(GridcastError):
        save_tables(readings, places, tmp_path / "load.csv", tmp_path / "in the way" / "places.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["in the way"]


@pytest.mark.shared_data
def test_the_us_authorities_are_read_with_their_weather_cities_left_out(shared_data):
    folder = shared_data / "us_ba_2015_2020"
    loaded = read_panel(folder / "load.csv.gz", folder / "locations.csv", options=ReadOptions())
    assert len(loaded.panel.locations) == 54
    assert any("26 rows of kind `weather" in sentence for sentence in loaded.said)


@pytest.mark.shared_data
def test_zones_without_coordinates_are_refused_and_named(shared_data):
    folder = shared_data / "gefcom2012"
    with pytest.raises(PanelError, match="Z01"):
        read_panel(folder / "load.csv.gz", folder / "locations.csv")
