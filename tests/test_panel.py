import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from gridcast.errors import PanelError
from gridcast.panel import Panel, as_panel

PLACES = pd.DataFrame({"id": ["A", "B", "C"], "latitude": [50.0, 49.0, 48.0], "longitude": [1.0, 2.0, 3.0], "people": [7, 8, 9]})


def table(hours: int = 4, names: str = "ABC", start: str = "2024-01-01") -> pd.DataFrame:
    """Readings in long form: hour + 100 x place."""
    times = pd.date_range(start, periods=hours, freq="h", tz="UTC")
    rows = [(t, name, h + 100.0 * p) for h, t in enumerate(times) for p, name in enumerate(names)]
    return pd.DataFrame(rows, columns=["timestamp", "location", "consumption"])


def wide(hours: int = 4, names: str = "ABC") -> pd.DataFrame:
    times = pd.date_range("2024-01-01", periods=hours, freq="h", tz="UTC")
    return pd.DataFrame(np.arange(hours)[:, None] + 100.0 * np.arange(len(names)), index=times, columns=list(names))


def same(one: Panel, other: Panel) -> bool:
    return one.dataset.identical(other.dataset)


def problems_of(caught: pytest.ExceptionInfo[PanelError]) -> list[str]:
    return [problem.problem for problem in caught.value.problems]


def test_a_long_table_and_a_wide_one_make_the_same_panel():
    long = Panel.from_tables(table(), PLACES, unit="MW")
    assert same(long, Panel.from_wide(wide(), PLACES, unit="MW"))
    assert long.locations == ("A", "B", "C")
    assert long.consumption.tolist() == [[0, 100, 200], [1, 101, 201], [2, 102, 202], [3, 103, 203]]
    assert long.consumption.dtype == np.float32
    assert long.unit == "MW"


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000))
def test_the_order_of_rows_and_places_does_not_matter(seed):
    shuffled = Panel.from_tables(table().sample(frac=1, random_state=seed), PLACES.sample(frac=1, random_state=seed))
    assert same(shuffled, Panel.from_tables(table(), PLACES))


def test_rows_of_a_wide_table_may_come_in_any_order():
    assert same(Panel.from_wide(wide().iloc[::-1]), Panel.from_wide(wide()))


def test_the_columns_of_a_wide_table_keep_their_order_and_find_their_places():
    panel = Panel.from_wide(wide()[["C", "A", "B"]], PLACES)
    assert panel.locations == ("C", "A", "B")
    assert panel.consumption[0].tolist() == [200, 0, 100]
    assert panel.coordinates[0].tolist() == [48, 50, 49]
    assert panel.dataset["people"].values.tolist() == [9, 7, 8]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_times_of_any_zone_become_utc(zone):
    # 25 hours around the end of summer time in Europe and in America: one hour of the local clock comes twice
    local = wide(24 * 10)
    local.index = pd.date_range("2024-10-25", periods=240, freq="h", tz="UTC").tz_convert(zone)
    long = local.rename_axis("timestamp").melt(var_name="location", value_name="consumption", ignore_index=False)
    for panel in (Panel.from_wide(local), Panel.from_tables(long.reset_index())):
        assert str(panel.times.tz) == "UTC"
        assert panel.times[0] == pd.Timestamp("2024-10-25", tz="UTC")
        assert len(panel.times) == 240


def test_days_that_begin_at_midnight_utc_are_regular_in_every_zone():
    days = wide(10)
    days.index = pd.date_range("2024-03-25", periods=10, freq="D", tz="UTC").tz_convert("Europe/Berlin")
    assert Panel.from_wide(days).freq == pd.Timedelta(days=1)


def test_times_without_a_zone_are_utc():
    naive = table().assign(timestamp=lambda t: t["timestamp"].dt.tz_localize(None))
    assert same(Panel.from_tables(naive), Panel.from_tables(table()))
    assert same(Panel.from_tables(naive.astype({"timestamp": str})), Panel.from_tables(table()))
    assert same(Panel.from_wide(wide().tz_localize(None)), Panel.from_wide(wide()))


def test_missing_hours_are_missing_readings():
    gap = table(6).query("not (location == 'B' and consumption == 102)")
    gap = gap[gap["timestamp"] != pd.Timestamp("2024-01-01 04:00+00:00")]
    panel = Panel.from_tables(gap)
    assert len(panel.times) == 6
    assert np.argwhere(np.isnan(panel.consumption)).tolist() == [[2, 1], [4, 0], [4, 1], [4, 2]]


def test_a_table_of_one_place_needs_no_name():
    alone = table(names="A").drop(columns="location")
    assert Panel.from_tables(alone).locations == ("all",)
    assert Panel.from_tables(alone, PLACES[1:2]).locations == ("B",)


def test_names_are_text():
    numbers = table().replace({"location": {"A": 1, "B": 2, "C": 3}})
    assert Panel.from_tables(numbers, PLACES.assign(id=[1, 2, 3])).locations == ("1", "2", "3")


def test_columns_of_the_places_named_like_the_panel_s_own_parts_are_left_out():
    towns = PLACES.assign(location=["Kyiv", "Lviv", "Odesa"], time=0, consumption=5.0)
    assert same(Panel.from_tables(table(), towns), Panel.from_tables(table(), PLACES))


def test_times_freq_and_end():
    panel = Panel.from_wide(wide(4))
    assert panel.times.equals(wide(4).index)
    assert panel.freq == pd.Timedelta(hours=1)
    # the last reading is labelled 03:00 and covers the hour up to 04:00
    assert panel.end == pd.Timestamp("2024-01-01 04:00", tz="UTC")


def test_as_of_knows_the_readings_whose_hour_has_ended():
    panel = Panel.from_wide(wide(6))
    known = panel.as_of(pd.Timestamp("2024-01-01 03:00", tz="UTC"))
    # the hour labelled 02:00 ends at 03:00, the one labelled 03:00 does not
    assert known.times[-1] == pd.Timestamp("2024-01-01 02:00", tz="UTC")
    assert np.array_equal(panel.as_of(panel.end).consumption, panel.consumption)
    assert np.array_equal(panel.as_of(panel.end + pd.Timedelta(days=9)).consumption, panel.consumption)


@given(minutes=st.integers(120, 24 * 60), zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Havana"]))
def test_as_of_never_shows_an_hour_that_has_not_ended_and_hides_none_that_has(minutes, zone):
    panel = Panel.from_wide(wide(20))
    issue_time = panel.times[0] + pd.Timedelta(minutes=minutes)
    known = panel.as_of(issue_time.tz_convert(zone))
    assert known.end <= issue_time
    assert len(known.times) == min(20, minutes // 60)
    assert np.array_equal(known.consumption, panel.consumption[: len(known.times)])


@pytest.mark.parametrize("hours", [-5, 0, 1, 1.99])
def test_before_two_readings_nothing_is_known(hours):
    panel = Panel.from_wide(wide())
    with pytest.raises(PanelError) as caught:
        panel.as_of(panel.times[0] + pd.Timedelta(hours=hours))
    (problem,) = caught.value.problems
    assert problem.problem == "nothing was known yet at the issue time"
    assert "first reading 2024-01-01 00:00:00+00:00" in problem.found
    assert problem.expected == "an issue time after at least two readings"


def test_masked_readings_are_missing_in_a_copy():
    panel = Panel.from_wide(wide())
    masked = panel.masked(panel.consumption == 102)
    assert np.argwhere(np.isnan(masked.consumption)).tolist() == [[2, 1]]
    assert not np.isnan(panel.consumption).any()


def test_a_panel_in_one_line():
    assert Panel.from_wide(wide(1500)).describe() == (
        "3 places x 1,500 readings, one every 1 h, 2024-01-01 00:00 to 2024-03-03 11:00 UTC"
    )
    assert Panel.from_wide(wide(2, "A")).describe().startswith("1 place x 2 readings")


def test_as_panel_takes_both():
    panel = Panel.from_tables(table(), PLACES)
    assert as_panel(panel) is panel
    assert same(as_panel(table(), PLACES), panel)


def test_without_places_there_are_no_coordinates():
    panel = Panel.from_tables(table())
    assert not panel.has_coordinates
    assert Panel.from_tables(table(), PLACES).has_coordinates
    with pytest.raises(PanelError) as caught:
        _ = panel.coordinates
    (problem,) = caught.value.problems
    assert (problem.problem, problem.found) == (
        "the places have no coordinates",
        "3 locations without latitude and longitude",
    )


@pytest.mark.parametrize("column", ["timestamp", "consumption"])
def test_a_missing_column_of_the_readings_is_named(column):
    with pytest.raises(PanelError) as caught:
        Panel.from_tables(table().rename(columns={column: "x"}))
    (problem,) = caught.value.problems
    assert problem.problem == f"the temporal table lacks `{column}`"
    assert "`x`" in problem.found
    assert f"`{column}`" in problem.expected
    assert "gridcast.load_data" in problem.hint


def test_a_missing_column_of_the_places_is_named():
    with pytest.raises(PanelError, match="the spatial table lacks `longitude`"):
        Panel.from_tables(table(), PLACES[["id", "latitude"]])


def test_places_whose_whereabouts_are_not_known_have_no_coordinates():
    panel = Panel.from_tables(table(), PLACES[["id", "people"]])
    assert not panel.has_coordinates
    assert panel.dataset["people"].values.tolist() == [7, 8, 9]


def test_readings_that_come_twice_are_counted_and_named():
    twice = pd.concat([table(), table()[4:6]])
    with pytest.raises(PanelError) as caught:
        Panel.from_tables(twice)
    (problem,) = caught.value.problems
    assert problem.problem == "2 readings come twice"
    assert problem.found == "`B at 2024-01-01 01:00:00+00:00`, `C at 2024-01-01 01:00:00+00:00`"
    assert problem.expected == "one reading for each location and timestamp"


def test_the_same_moment_in_two_zones_comes_twice():
    text = pd.DataFrame({"timestamp": ["2024-01-01 01:00+01:00", "2024-01-01 00:00+00:00"], "location": "A", "consumption": 1.0})
    with pytest.raises(PanelError, match="1 readings come twice"):
        Panel.from_tables(text)


@pytest.mark.parametrize("rows", [[0, 1, 1, 2], [0, 0, 1, 1]])
def test_rows_of_a_wide_table_that_come_twice_are_named(rows):
    with pytest.raises(PanelError, match=r"(?s)repeated times.*2024-01-01 01:00:00"):
        Panel.from_wide(wide().iloc[rows])


def test_what_cannot_be_read_is_told_all_at_once():
    broken = table(2, "AB").astype({"timestamp": str, "consumption": object})
    broken.loc[3, "timestamp"] = "soon"
    broken.loc[1, "location"] = None
    broken.loc[[0, 2], "consumption"] = ["a lot", "more"]
    with pytest.raises(PanelError) as caught:
        Panel.from_tables(broken)
    assert problems_of(caught) == [
        "1 of 4 rows have no usable `timestamp`",
        "1 of 4 rows have no usable `location`",
        "2 of 4 rows have no usable `consumption`",
    ]
    assert [p.found for p in caught.value.problems][::2] == ["`soon`", "`a lot`, `more`"]
    assert all(p.expected for p in caught.value.problems)


def test_an_empty_cell_is_a_missing_reading():
    empty = table(3, "A")
    empty.loc[1, "consumption"] = None
    assert np.isnan(Panel.from_tables(empty).consumption).ravel().tolist() == [False, True, False]


@pytest.mark.parametrize("empty", [wide()[:0], wide()[[]]])
def test_no_readings_make_no_panel(empty):
    with pytest.raises(PanelError, match=r"(?s)there are no readings.*a table of shape \(\d, \d\)"):
        Panel.from_wide(empty)


def test_irregular_times_make_no_panel():
    crooked = wide(6)
    crooked.index = [*crooked.index[:5], crooked.index[5] + pd.Timedelta(minutes=7)]
    with pytest.raises(PanelError, match=r"1 of 6 timestamps are off the regular clock"):
        Panel.from_wide(crooked)


def test_a_location_that_comes_twice_is_named():
    with pytest.raises(PanelError, match=r"(?s)a location comes twice.*`B`"):
        Panel.from_wide(wide().set_axis(["A", "B", "B"], axis=1))


def test_infinite_readings_are_counted_and_named():
    wild = wide()
    wild.iloc[1, 2], wild.iloc[3, 0] = np.inf, -np.inf
    with pytest.raises(PanelError) as caught:
        Panel.from_wide(wild)
    (problem,) = caught.value.problems
    assert problem.problem == "2 readings are infinite"
    assert problem.found == "`C at 2024-01-01 01:00:00`, `A at 2024-01-01 03:00:00`"


def test_places_that_do_not_match_are_named_on_both_sides():
    with pytest.raises(PanelError) as caught:
        Panel.from_tables(table(names="ABX"), pd.concat([PLACES, PLACES[1:2]]))
    (problem,) = caught.value.problems
    assert problem.problem == "the places of the two tables are not the same"
    assert problem.found == "only in the readings: `X`; only in the places: `C`; twice in the places: `B`"
    assert problem.expected == "each location once in both"
    assert "--common-only" in problem.hint


def dataset(times: list[int], dims: tuple[str, str] = ("time", "location")) -> xr.Dataset:
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(times, unit="h")
    shape = (len(times), 2) if dims[0] == "time" else (2, len(times))
    return xr.Dataset({"consumption": (dims, np.zeros(shape))}, coords={"time": stamps, "location": ["A", "B"]})


@pytest.mark.parametrize("times", [[0], [0, 1, 3], [2, 1, 0], [0, 0], [0, 1, 1]])
def test_a_dataset_of_irregular_times_is_no_panel(times):
    with pytest.raises(PanelError, match="the times of a panel are regular and ascending"):
        Panel(dataset(times))


@pytest.mark.parametrize(
    "wrong",
    [
        dataset([0, 1, 2]).rename(consumption="load"),
        dataset([0, 1, 2], dims=("location", "time")),
        dataset([0, 1, 2]).drop_vars("time"),
        dataset([0, 1, 2]).drop_vars("location"),
    ],
)
def test_a_dataset_of_another_make_is_no_panel(wrong):
    with pytest.raises(PanelError, match=r"(?s)not a panel.*a variable `consumption` \(time, location\)"):
        Panel(wrong)


def test_all_that_is_wrong_with_a_dataset_is_told_at_once():
    wrong = dataset([0, 1, 3]).assign_coords(location=["A", "A"])
    wrong["consumption"][0, 0] = np.inf
    with pytest.raises(PanelError) as caught:
        Panel(wrong)
    assert problems_of(caught) == [
        "the times of a panel are regular and ascending",
        "a location comes twice",
        "1 readings are infinite",
    ]


def test_the_recent_part_of_daily_readings_has_two_rows_at_least():
    daily = wide(10)
    daily.index = pd.date_range("2024-01-01", periods=10, freq="D", tz="UTC")
    assert len(Panel.from_wide(daily).recent(pd.Timedelta(days=1)).times) == 2
