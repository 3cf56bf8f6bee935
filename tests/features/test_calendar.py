import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ConfigError
from gridcast.features.calendar import Calendar


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
