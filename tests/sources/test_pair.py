"""Two files become one panel; a mismatch is named; a synthetic pair is made, saved and found again."""

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gridcast.clock import regular_times
from gridcast.errors import ConfigError, FileError, GridcastError, GridcastWarning, PanelError
from gridcast.panel import Panel
from gridcast.sources.pair import load_data, read_panel, save_tables
from gridcast.sources.readings import ReadOptions
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data
from gridcast.sources.text.csvfile import read_consumption

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


def test_the_weather_stations_that_have_coordinates_are_given(files):
    loaded = read_panel(*files(places=PLACES + "Boston,42,-71,weather_city\nNowhere,,,weather_city\n"))
    assert loaded.stations.to_dict("list") == {"id": ["Boston"], "latitude": [42], "longitude": [-71], "kind": ["weather_city"]}
    assert read_panel(*files()).stations is None


def test_a_panel_without_a_table_of_places(files):
    path, _ = files("time,a,b\n2024-07-01 10:00,1,\n2024-07-01 11:00,2,5\n2024-07-01 12:00,,6\n")
    loaded = read_panel(path, options=ReadOptions("Europe/Berlin", {"b": "Europe/Athens"}))
    assert loaded.panel.locations == ("a", "b")
    assert not loaded.panel.has_coordinates
    assert loaded.panel.timezones == ("Europe/Berlin", "Europe/Athens")
    # in Berlin 10:00 is 08:00 UTC, in Athens 11:00 is
    nan = np.nan
    assert loaded.panel.times.hour.tolist() == [7, 8, 9, 10]
    np.testing.assert_array_equal(loaded.panel.consumption, [[nan, nan], [1, 5], [2, 6], [nan, nan]])
    assert "no table of places: no coordinates" in loaded.said
    assert read_panel(path, exclude=["a"]).panel.locations == ("b",)


@pytest.mark.parametrize(
    "places", ["id,kind\nc,x\na,x\nb,x\n", "id,lat,lon\na,,\nb,,\nc,,\n", "id,lat,lon,kind\na,,,x\nb,,,x\nc,,,x\nS,1,2,weather\n"]
)
def test_a_table_of_places_may_have_no_coordinates(files, places):
    loaded = read_panel(*files(places=places))
    assert loaded.panel.locations == ("a", "b", "c")
    assert not loaded.panel.has_coordinates
    assert "latitude" not in loaded.panel.dataset.coords
    assert "places.csv: no coordinates" in loaded.said
    assert (loaded.stations is not None) == ("weather" in places)
    _, spatial = load_data(*files(places=places))
    assert "latitude" not in spatial


def test_places_some_of_which_have_no_coordinates_are_refused(files):
    with pytest.raises(PanelError, match=r"1 of 3 places of `places\.csv` have no coordinates"):
        read_panel(*files(places=PLACES.replace("50,10", ",")))


def test_a_folder_a_pattern_and_a_database_are_addresses_too(files, tmp_path):
    path, places = files()
    expected = read_panel(path, places).panel
    folder = tmp_path / "parts"
    folder.mkdir()
    lines = READINGS.splitlines(keepends=True)
    (folder / "1.csv").write_text("".join(lines[:2]))
    (folder / "2.csv").write_text("".join([lines[0], *lines[2:]]))
    database = f"sqlite:///{tmp_path / 'grid.db'}"
    with sqlite3.connect(tmp_path / "grid.db") as connection:
        pd.read_csv(path).to_sql("load", connection, index=False)
        pd.read_csv(places).to_sql("places", connection, index=False)
    connection.close()
    for temporal, spatial, query in (
        (folder, places, None),
        (str(folder / "*.csv"), places, None),
        (f"{database}#load", f"{database}#places", None),
        (database, places, "SELECT * FROM load"),
    ):
        panel = read_panel(temporal, spatial, query=query).panel
        assert panel.dataset.drop_vars("kind").identical(expected.dataset.drop_vars("kind"))
    temporal, _ = load_data(f"{database}#load", f"{database}#places")
    assert len(temporal) == 9


def test_a_query_needs_a_database(files):
    with pytest.raises(ConfigError, match="a query needs a database"):
        read_panel(*files(), query="SELECT 1")


def test_locations_that_are_not_in_a_database_are_named(tmp_path, files):
    _, places = files(places=PLACES.replace("c,52", "d,52"))
    with sqlite3.connect(tmp_path / "grid.db") as connection:
        connection.execute("CREATE TABLE load (time text, location text, value real)")
        connection.execute("INSERT INTO load VALUES ('2024-01-01T00:00Z', 'a', 1), ('2024-01-01T01:00Z', 'a', 1)")
    connection.close()
    with pytest.raises(PanelError) as caught:
        read_panel(f"sqlite:///{tmp_path / 'grid.db'}#load", places)
    assert caught.value.problems[0].found == "2 in `places.csv` only: `b`, `d`"


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


LOCAL_READINGS = "time,a,b,c\n2024-01-01 10:00,1,10,100\n2024-01-01 11:00,2,20,200\n2024-01-01 12:00,3,30,300\n"
LOCAL_PLACES = "id,lat,lon,time_zone\na,50,10,Europe/Berlin\nb,51,11,Europe/Athens\nc,52,12,\n"


def test_each_place_is_read_by_the_zone_that_its_table_tells(files):
    # 10:00 is 09:00 UTC in Berlin, 08:00 in Athens, 10:00 in London
    loaded = read_panel(*files(LOCAL_READINGS, LOCAL_PLACES), options=ReadOptions(timezone="Europe/London"))
    assert loaded.panel.times.hour.tolist() == [8, 9, 10, 11, 12]
    nan = np.nan
    expected = [[nan, 10, nan], [1, 20, nan], [2, 30, 100], [3, nan, 200], [nan, nan, 300]]
    np.testing.assert_array_equal(loaded.panel.consumption, expected)
    assert loaded.panel.dataset["timezone"].values.tolist() == ["Europe/Berlin", "Europe/Athens", "Europe/London"]
    said = "places.csv: time zones: Europe/Berlin (1 place), Europe/Athens (1 place), Europe/London (1 place)"
    assert said in loaded.said


def test_an_option_outweighs_the_table(files):
    options = ReadOptions("UTC", {"a": "Europe/Athens", "c": "Europe/Athens"})
    loaded = read_panel(*files(LOCAL_READINGS, LOCAL_PLACES), options=options)
    assert loaded.panel.times.hour.tolist() == [8, 9, 10]
    assert not np.isnan(loaded.panel.consumption).any()


def test_a_single_place_has_its_zone_whatever_the_column_is_called(files):
    paths = files("time,load_mw\n2024-07-01 10:00,1\n2024-07-01 11:00,2\n", "id,lat,lon,tz\nKyiv,50,30,Europe/Kyiv\n")
    assert read_panel(*paths).panel.times.hour.tolist() == [7, 8]


def test_zones_of_unknown_places_and_unknown_zones_are_refused(files):
    with pytest.raises(PanelError, match="`aa` can't be given a time zone") as caught:
        read_panel(*files(), options=ReadOptions(timezones={"aa": "Europe/Berlin"}))
    assert caught.value.problems[0].hint == "did you mean `a`?"
    places = LOCAL_PLACES.replace("Europe/Athens", "Europe/Athen").replace("Europe/Berlin", "Berlin")
    with pytest.raises(PanelError, match="unknown time zone `Berlin`") as caught:
        read_panel(*files(LOCAL_READINGS, places))
    assert [problem.found for problem in caught.value.problems] == ["at `a` of `places.csv`", "at `b` of `places.csv`"]
    assert caught.value.problems[1].hint == "did you mean `Europe/Athens`?"


def test_local_labels_of_some_places_only_are_refused(files):
    with pytest.raises(PanelError, match="can't be brought together") as caught:
        read_panel(*files(LOCAL_READINGS, LOCAL_PLACES.replace("Europe/Athens", "local")))
    assert caught.value.problems[0].found == "`local` at `b`"
    panel = read_panel(
        *files(LOCAL_READINGS, LOCAL_PLACES.replace("Europe/Athens", "")), options=ReadOptions("Europe/Berlin")
    ).panel
    assert panel.times.hour.tolist() == [9, 10, 11]


def test_the_zones_of_weather_stations_do_not_matter(files):
    places = PLACES.replace("kind", "kind,timezone").replace("town", "town,UTC").replace("village", "village,UTC")
    loaded = read_panel(*files(places=places + "Boston,42,-71,weather_city,Mars\n"))
    assert loaded.panel.locations == ("a", "b", "c")


def test_days_over_a_change_of_the_clock_make_a_regular_panel(files):
    # midnight of Berlin is 23:00 UTC in winter, 22:00 in summer; March has 31 days
    midnights = pd.date_range("2024-03-01", "2024-03-31", tz="Europe/Berlin").append(
        pd.date_range("2024-04-02", "2024-04-10", tz="Europe/Berlin")
    )
    stamps = midnights.tz_convert("UTC").strftime("%Y-%m-%dT%H:%MZ")
    paths = files("\n".join(["time,a,b,c", *(f"{stamp},1,2,3" for stamp in stamps), ""]))
    loaded = read_panel(*paths, options=ReadOptions("Europe/Berlin"))
    assert loaded.panel.freq == pd.Timedelta(days=1)
    assert loaded.panel.times.equals(pd.date_range("2024-03-01", "2024-04-10", tz="UTC"))
    assert np.flatnonzero(np.isnan(loaded.panel.consumption[:, 0])).tolist() == [31]  # April 1st
    assert "one reading a day, labelled by its local date" in loaded.said


def test_months_are_refused(files):
    stamps = pd.date_range("2023-01-01", periods=24, freq="MS").strftime("%Y-%m-%d")
    with pytest.raises(PanelError, match="more than a day apart"):
        read_panel(*files("\n".join(["time,a,b,c", *(f"{stamp},1,2,3" for stamp in stamps), ""])))


@pytest.mark.shared_data
def test_a_file_whose_days_all_have_24_hours(shared_data):
    path = shared_data / "gefcom2012" / "load.csv.gz"
    with pytest.raises(PanelError, match="5 timestamps skipped by the clock of `America/New_York`") as caught:
        read_consumption(path, options=ReadOptions("America/New_York"))
    assert "`--timezone UTC-05:00`" in caught.value.problems[0].hint
    assert "`--timezone local`" in caught.value.problems[0].hint
    read = read_consumption(path, options=ReadOptions("local"))
    assert "load.csv.gz: stamps carry no offset: taken as local labels, kept as they are (`--timezone` to change)" in read.said
    assert len(regular_times(pd.DatetimeIndex(read.readings.index))) == len(read.readings)


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
    assert len(loaded.stations) == 26


@pytest.mark.shared_data
def test_real_zones_without_coordinates_make_a_panel_without(shared_data):
    folder = shared_data / "gefcom2012"
    loaded = read_panel(folder / "load.csv.gz", folder / "locations.csv", options=ReadOptions("local"))
    assert len(loaded.panel.locations) == 20
    assert not loaded.panel.has_coordinates
    assert loaded.stations is None  # they have none either
    assert "locations.csv: no coordinates" in loaded.said
