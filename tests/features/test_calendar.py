from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ConfigError, ShapeError
from gridcast.features.calendar import Calendar, LocationCalendars
from gridcast.features.events import Events


def column(calendar: Calendar, name: str, times: pd.DatetimeIndex) -> np.ndarray:
    return calendar.at(times)[:, calendar.names.index(name)]


def local_hours(calendar: Calendar, times: pd.DatetimeIndex) -> list[float]:
    """The hours of the local clock, read back from the circle."""
    sin, cos = column(calendar, "hour_sin", times), column(calendar, "hour_cos", times)
    return (np.arctan2(sin, cos) / (2 * np.pi) * 24 % 24).round(3).tolist()


def utc_hours(start: str, periods: int = 24, freq: str = "h") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=periods, freq=freq, tz="UTC")


def test_a_moment_by_hand():
    # Monday 2024-01-01 06:00: a quarter of the day, and 0.25 / 7 of the week, 12.857 degrees
    (row,) = Calendar().at(pd.DatetimeIndex(["2024-01-01 06:00+00:00"]))
    assert row == pytest.approx([1, 0, 0.222521, 0.974928, 0], abs=1e-6)
    assert row.dtype == np.float32


def test_the_season_by_hand():
    # 2023-07-02 12:00 is 182.5 days after new year: half of 365 days, 179.88 degrees of 365.25
    season = Calendar(yearly=True)
    times = pd.DatetimeIndex(["2023-01-01 00:00+00:00", "2023-07-02 12:00+00:00"])
    assert column(season, "year_sin", times) == pytest.approx([0, 0.00215], abs=1e-5)
    assert column(season, "year_cos", times) == pytest.approx([1, -1], abs=1e-5)


@pytest.mark.parametrize("yearly", [False, True])
@pytest.mark.parametrize("country", ["", "DE"])
def test_every_column_has_a_name(yearly, country):
    calendar = Calendar(country=country, yearly=yearly)
    assert calendar.at(utc_hours("2024-01-01", 3)).shape == (3, len(calendar.names))
    assert len(calendar.names) == 5 + 2 * yearly + bool(country)
    assert ("year_sin" in calendar.names, "holiday" in calendar.names) == (yearly, bool(country))


def test_the_weekend_is_saturday_and_sunday():
    # 2024-01-01 is a Monday
    assert column(Calendar(), "weekend", utc_hours("2024-01-01", 7, "D")).tolist() == [0, 0, 0, 0, 0, 1, 1]


def test_the_weekend_begins_by_the_local_clock():
    # Friday 2024-01-05 15:00 UTC is midnight in Tokyo
    times = utc_hours("2024-01-05 14:00", 2)
    assert column(Calendar("Asia/Tokyo"), "weekend", times).tolist() == [0, 1]


def test_a_day_of_23_hours_lacks_one_hour_of_the_clock():
    # 2024-03-31 in Berlin begins at 23:00 UTC of the day before; 02:00 does not exist
    times = utc_hours("2024-03-30 23:00", 23)
    assert local_hours(Calendar("Europe/Berlin"), times) == [0, 1, *range(3, 24)]
    assert set(column(Calendar("Europe/Berlin"), "weekend", times)) == {1}


def test_a_day_of_25_hours_has_one_hour_of_the_clock_twice():
    # 2024-10-27 in Berlin begins at 22:00 UTC of the day before; 02:00 comes twice
    times = utc_hours("2024-10-26 22:00", 25)
    calendar = Calendar("Europe/Berlin")
    assert local_hours(calendar, times) == [0, 1, 2, 2, *range(3, 24)]
    assert np.array_equal(calendar.at(times[[2]]), calendar.at(times[[3]]))


def test_a_clock_half_an_hour_off():
    assert local_hours(Calendar("Asia/Kolkata"), utc_hours("2024-01-01", 2)) == [5.5, 6.5]


@given(
    st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2040-01-01")),
    st.sampled_from(["UTC", "Europe/Kyiv", "America/Havana", "Australia/Lord_Howe"]),
)
def test_every_covariate_is_between_minus_one_and_one(moment, zone):
    rows = Calendar(zone, yearly=True).at(pd.DatetimeIndex([moment], tz="UTC"))
    assert np.isfinite(rows).all()
    assert np.abs(rows).max() <= 1


def test_the_same_moment_in_another_zone_is_the_same():
    times = utc_hours("2024-03-30", 48)
    calendar = Calendar("Europe/Berlin", "DE")
    assert np.array_equal(calendar.at(times.tz_convert("America/New_York")), calendar.at(times))


def test_moments_without_a_zone_are_utc():
    times = utc_hours("2024-03-30", 48)
    calendar = Calendar("Europe/Berlin", "DE")
    assert np.array_equal(calendar.at(times.tz_localize(None)), calendar.at(times))


def test_holidays_last_from_local_midnight_to_local_midnight():
    # the Day of German Unity, 2024-10-03, is from 22:00 to 22:00 UTC
    times = utc_hours("2024-10-02 21:00", 26)
    holiday = column(Calendar("Europe/Berlin", "DE"), "holiday", times)
    assert holiday.tolist() == [0, *[1] * 24, 0]


def test_holidays_of_all_years():
    # new year and Christmas of two years, and two ordinary days
    times = pd.DatetimeIndex(["2023-01-01", "2023-03-01", "2023-12-25", "2024-01-01", "2024-03-01", "2024-12-25"], tz="UTC")
    assert column(Calendar(country="DE"), "holiday", times).tolist() == [1, 0, 1, 1, 0, 1]


@pytest.mark.parametrize(
    ("zone", "country", "start"),
    [
        ("America/Sao_Paulo", "BR", "2018-11-04 00:00"),  # the clock went from 23:59 to 01:00: no midnight
        ("America/Havana", "CU", "2024-11-03 00:00"),  # the clock went from 00:59 back to 00:00: two midnights
    ],
)
def test_holidays_where_midnight_does_not_exist_or_comes_twice(zone, country, start):
    times = utc_hours(start, 30)
    assert np.isfinite(Calendar(zone, country).at(times)).all()


def test_no_moments_have_no_covariates():
    assert Calendar("Europe/Berlin", "DE", yearly=True).at(utc_hours("2024-01-01", 0)).shape == (0, 8)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "MEZ?"])
def test_an_unknown_zone_is_named(zone):
    with pytest.raises(ConfigError) as caught:
        Calendar(zone).at(utc_hours("2024-01-01"))
    (problem,) = caught.value.problems
    assert problem.problem == f"unknown time zone `{zone}`"


def test_local_labels_are_read_as_they_are():
    # each label counts as it stands, also on the day on which Berlin's clock skips 02:00
    times = utc_hours("2024-03-31 00:00", 24)
    assert local_hours(Calendar("local"), times) == list(range(24))
    assert np.array_equal(Calendar("local", "DE").at(times), Calendar("UTC", "DE").at(times))


def test_an_unknown_country_is_named():
    with pytest.raises(ConfigError) as caught:
        Calendar(country="Atlantis").at(utc_hours("2024-01-01"))
    (problem,) = caught.value.problems
    assert (problem.problem, problem.found) == ("no holidays are known for `Atlantis`", "Atlantis")
    assert problem.expected == "an ISO country code such as `DE`, `US` or `FR`"


# the local days on which the clocks changed, and their lengths in hours; each stands in for a holiday by an event of that day
CHANGES = [
    ("Europe/Berlin", "2024-03-31", 23),
    ("Europe/Berlin", "2024-10-27", 25),
    ("America/New_York", "2024-03-10", 23),
    ("America/New_York", "2024-11-03", 25),
    ("Australia/Lord_Howe", "2024-10-06", 23.5),
    ("Australia/Lord_Howe", "2024-04-07", 24.5),
    ("Asia/Kolkata", "2024-03-31", 24),
    ("America/Sao_Paulo", "2018-11-04", 23),
    ("America/Sao_Paulo", "2018-02-17", 25),
    ("America/Sao_Paulo", "2024-11-03", 24),
]


@pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)
@pytest.mark.parametrize("freq", ["5min", "30min"])
def test_an_event_of_a_day_lasts_as_long_as_the_local_day(zone, day, hours, freq):
    start = pd.Timestamp(day)
    events = Events(pd.DataFrame({"start": [start], "end": [start + pd.Timedelta(days=1)]}))
    noon = pd.Timestamp(f"{day} 12:00", tz=zone).tz_convert("UTC")
    times = pd.date_range(noon - pd.Timedelta(hours=30), noon + pd.Timedelta(hours=30), freq=freq)
    for step in (None, pd.Timedelta(freq)):
        on = events.at(times, zone, freq=step)[:, 0]
        assert on.sum() * pd.Timedelta(freq) == pd.Timedelta(hours=hours)
        assert set(times[on == 1].tz_convert(zone).strftime("%Y-%m-%d")) == {day}


@pytest.mark.parametrize(
    ("zone", "country", "holiday", "hours"),
    [
        ("Europe/Berlin", "DE", "2024-03-31", 23),  # Easter Sunday, on which the clocks went forward; a holiday in Brandenburg
        ("America/Sao_Paulo", "BR", "2018-11-02", 24),  # All Souls
        ("Asia/Kolkata", "IN", "2024-08-15", 24),  # Independence Day
        ("Australia/Lord_Howe", "AU", "2024-01-26", 24),  # Australia Day
        ("America/New_York", "US", "2024-07-04", 24),  # Independence Day
    ],
)
def test_holidays_cover_exactly_the_local_day(zone, country, holiday, hours):
    calendar = Calendar(zone, country, subdivision="BB" if country == "DE" else "")
    noon = pd.Timestamp(f"{holiday} 12:00", tz=zone).tz_convert("UTC")
    times = pd.date_range(noon - pd.Timedelta(hours=14), noon + pd.Timedelta(hours=14), freq="5min")
    on = column(calendar, "holiday", times) == 1
    today = times.tz_convert(zone).strftime("%Y-%m-%d") == holiday
    assert today.sum() == hours * 12
    assert on[today].all()
    assert not on[times < times[today][0]].any()  # but the day after Easter Sunday is free too
    assert country == "DE" or not on[~today].any()


@given(
    st.dates(date(2005, 1, 10), date(2030, 12, 20)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo"]),
)
def test_the_columns_of_a_day_are_the_same_at_each_of_its_moments(day, zone):
    calendar = Calendar(zone, "DE", around=3, bridges=True, year_end=True)
    noon = pd.Timestamp(f"{day} 12:00", tz=zone).tz_convert("UTC")
    times = pd.date_range(noon - pd.Timedelta(hours=13), noon + pd.Timedelta(hours=13), freq="30min")
    today = np.asarray(times.tz_convert(zone).date == day)
    whole = [name for name in calendar.names if not name.endswith(("_sin", "_cos"))]
    rows = calendar.at(times)[today][:, [calendar.names.index(name) for name in whole]]
    assert (rows == rows[0]).all()


def test_a_part_of_a_country_has_holidays_of_its_own():
    # Epiphany is a holiday in Bavaria, and not in Hamburg; new year is one in both
    times = pd.DatetimeIndex(["2024-01-01 12:00", "2024-01-06 12:00"])
    assert column(Calendar(country="DE", subdivision="BY"), "holiday", times).tolist() == [1, 1]
    assert column(Calendar(country="DE", subdivision="HH"), "holiday", times).tolist() == [1, 0]


def test_the_days_around_a_holiday_by_hand():
    # the Day of German Unity was Thursday, 2024-10-03; within 2 days nearness falls by a third a day
    calendar = Calendar(country="DE", around=2)
    times = utc_hours("2024-09-30", 7, "D")
    assert column(calendar, "before_holiday", times).tolist() == [0, 0, 1, 0, 0, 0, 0]
    assert column(calendar, "after_holiday", times).tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert column(calendar, "near_holiday", times) == pytest.approx([0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3, 0])


def test_new_year_is_near_in_december():
    (row,) = Calendar(country="DE", around=1).at(pd.DatetimeIndex(["2023-12-31 12:00"]))
    # the day before 2024-01-01, half as near as the day itself
    assert row[-3:].tolist() == [1, 0, 0.5]


def test_bridge_days_by_hand():
    # Germany 2024: Ascension was Thursday, May 9, so that Friday is a bridge; Unity Day was Thursday, October 3, likewise;
    # in 2023 it was a Tuesday: Monday, October 2 is a bridge. Whit Monday 2024-05-20 makes none.
    # Wednesday 2018-05-02 follows a holiday and is no bridge, the Monday before is.
    calendar = Calendar(country="DE", bridges=True)
    for start, periods, expected in (
        ("2024-05-06", 14, ["2024-05-10"]),
        ("2024-10-01", 7, ["2024-10-04"]),
        ("2023-09-28", 8, ["2023-10-02"]),
        ("2024-05-18", 7, []),
        ("2018-04-28", 7, ["2018-04-30"]),
    ):
        times = utc_hours(start, periods, "D")
        assert times[column(calendar, "bridge", times) == 1].strftime("%Y-%m-%d").tolist() == expected


@pytest.mark.parametrize(("holiday", "bridge"), [("2018-04-25", "2018-04-26"), ("2018-04-09", "2018-04-08")])
def test_bridges_lead_to_the_weekend_of_the_country(holiday, bridge):
    # in Egypt the weekend is Friday and Saturday: a holiday on Wednesday makes a bridge of Thursday, one on Monday of Sunday
    times = utc_hours(holiday, 9, "D") - pd.Timedelta(days=4)
    found = times[column(Calendar(country="EG", bridges=True), "bridge", times) == 1]
    assert found.strftime("%Y-%m-%d").tolist() == [bridge]


def test_the_year_ends_on_new_year():
    times = utc_hours("2023-12-22", 14, "D")
    on = times[column(Calendar(year_end=True), "year_end", times) == 1]
    assert (on[0], on[-1], len(on)) == (pd.Timestamp("2023-12-24", tz="UTC"), pd.Timestamp("2024-01-01", tz="UTC"), 9)


def test_daily_readings_in_utc_have_the_holiday_of_the_day_that_they_are_most_of():
    times = utc_hours("2024-07-03", 3, "D")
    calendar = Calendar("America/New_York", "US")
    holiday = calendar.names.index("holiday")
    assert calendar.at(times, freq=pd.Timedelta(days=1))[:, holiday].tolist() == [0, 1, 0]
    assert calendar.holiday_names(times, freq=pd.Timedelta(days=1)).tolist() == ["", "Independence Day", ""]


def test_days_are_called_by_their_holidays():
    calendar = Calendar("Europe/Berlin", "DE", subdivision="BY")
    times = pd.DatetimeIndex(["2024-01-05 22:59", "2024-01-05 23:00", "2024-12-25 12:00"])
    assert calendar.holiday_names(times).tolist() == ["", "Epiphany", "Christmas Day"]
    assert Calendar().holiday_names(times).tolist() == ["", "", ""]
    assert calendar.holiday_names(times[:0]).shape == (0,)


def test_events_join_the_calendar():
    events = Events(
        pd.DataFrame({"start": [pd.Timestamp("2024-05-04")], "end": [pd.Timestamp("2024-05-05")], "category": ["Fair"]})
    )
    calendar = Calendar("Europe/Berlin", events=events)
    # the local day is from 22:00 to 22:00 UTC
    assert calendar.names[-1] == "event_fair"
    assert column(calendar, "event_fair", utc_hours("2024-05-03 21:00", 26)).tolist() == [0, *[1] * 24, 0]


@pytest.mark.parametrize(
    ("country", "subdivision", "hint"),
    [("de", "", "did you mean `DE`?"), ("DE", "by", "did you mean `BY`?"), ("DE", "BX", ""), ("Atlantis", "", "")],
)
def test_an_unknown_country_or_part_is_answered_with_the_nearest(country, subdivision, hint):
    with pytest.raises(ConfigError) as caught:
        Calendar(country=country, subdivision=subdivision).at(utc_hours("2024-01-01"))
    (problem,) = caught.value.problems
    assert problem.found == (subdivision or country)
    assert hint in problem.hint


def test_a_part_needs_its_country():
    with pytest.raises(ConfigError, match="`BY` is a part of no country"):
        Calendar(subdivision="BY")
    with pytest.raises(ConfigError, match="`around` counts days"):
        Calendar(around=-1)


def test_each_location_has_its_own_calendar():
    calendars = LocationCalendars.of(
        ["Europe/Berlin", "Europe/Berlin", "America/New_York", ""],
        ["DE", "DE", "US", ""],
        ["BY", "HH", "", ""],
        like=Calendar("UTC"),
    )
    times = pd.DatetimeIndex(["2024-01-06 12:00", "2024-07-04 12:00"])
    values = calendars.at(times)
    assert values.shape == (2, 4, len(calendars.names))
    # Epiphany in Bavaria only, the 4th of July in New York only, and no holidays without a country
    assert values[..., calendars.names.index("holiday")].tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]
    assert np.array_equal(values[:, 1], Calendar("Europe/Berlin", "DE", subdivision="HH").at(times))
    # noon in UTC is 13:00 in Berlin and 7:00 in New York
    sine = np.sin(2 * np.pi * np.array([13, 13, 7, 12]) / 24)
    assert values[0, :, calendars.names.index("hour_sin")] == pytest.approx(sine, abs=1e-6)


def test_each_different_calendar_is_computed_once(monkeypatch):
    made = []
    honest = Calendar.at
    monkeypatch.setattr(Calendar, "at", lambda self, times, **known: made.append(self) or honest(self, times, **known))
    LocationCalendars.of(["Europe/Berlin", "UTC"] * 50, ["DE"] * 100, locations=[f"P{n}" for n in range(100)]).at(
        utc_hours("2024-01-01")
    )
    assert len(made) == 2


def test_events_of_one_place_are_its_own():
    table = pd.DataFrame(
        {"start": pd.to_datetime(["2024-05-04"] * 2), "end": pd.to_datetime(["2024-05-05"] * 2), "category": ["fair", "strike"]}
    ).assign(location=["Kyiv", ""])
    calendars = LocationCalendars.of(["UTC"] * 3, locations=["Kyiv", "Lviv", "Odesa"], like=Calendar(events=Events(table)))
    values = calendars.at(pd.DatetimeIndex(["2024-05-04 12:00"]))
    assert values[0, :, calendars.names.index("event_fair")].tolist() == [1, 0, 0]
    assert values[0, :, calendars.names.index("event_strike")].tolist() == [1, 1, 1]
    assert len(set(calendars.calendars)) == 2


def test_calendars_need_one_of_each():
    with pytest.raises(ShapeError, match="one of each"):
        LocationCalendars.of(["UTC", "UTC"], ["DE"])
