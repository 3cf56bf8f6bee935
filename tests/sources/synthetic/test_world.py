"""The synthetic world: cycles, holidays, weather, noise, towns, and what neighbours know."""

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError, PanelError
from gridcast.panel import Panel
from gridcast.sources.synthetic.consumers import KINDS
from gridcast.sources.synthetic.weatherfield import synthetic_temperature
from gridcast.sources.synthetic.world import generate_synthetic_spatial_data, generate_synthetic_temporal_data

THREE = pd.DataFrame({"id": list(KINDS), "latitude": 50.0, "longitude": 10.0, "kind": list(KINDS)})


def wide(table, column="signal"):
    return table.pivot_table(index="timestamp", columns="location", values=column, observed=True)


@pytest.fixture(scope="module")
def table():
    return generate_synthetic_temporal_data(365, 0.1, locations=THREE, return_signal=True)


@pytest.fixture(scope="module")
def signal(table):
    """Noise-free consumption of one place of each kind at the same point in 2023."""
    return wide(table)


@pytest.fixture(scope="module")
def air(signal):
    return pd.Series(synthetic_temperature(signal.index, 50.0, 10.0)[:, 0], index=signal.index)


@pytest.fixture(scope="module")
def working(signal):
    """Days from Monday to Friday that are no holidays, far from those that are."""
    days = signal.loc["2023-09-04":"2023-09-29"]
    return days[days.index.dayofweek < 5]


def test_one_place_by_default():
    table = generate_synthetic_temporal_data(3)
    assert list(table.columns) == ["timestamp", "location", "consumption"]
    assert str(table["timestamp"].dtype) == "datetime64[ns, UTC]"
    assert len(table) == 3 * 24
    assert set(table["location"]) == {"P001"}


def test_the_two_tables_make_a_panel():
    places = generate_synthetic_spatial_data(5)
    panel = Panel.from_tables(generate_synthetic_temporal_data(4, locations=places), places, unit="MW")
    assert panel.locations == ("P001", "P002", "P003", "P004", "P005")
    assert panel.consumption.shape == (96, 5)
    assert np.isfinite(panel.consumption).all()


def test_homes_peak_in_the_evening_and_have_a_morning_peak(working):
    by_hour = working["residential"].groupby(working.index.hour).mean()
    assert by_hour.idxmax() in range(17, 22)
    assert by_hour[7] > 1.05 * by_hour[10]
    assert by_hour[12] > 1.05 * by_hour[15]
    assert by_hour[3] < 0.5 * by_hour.max()


def test_offices_are_busy_by_day_and_shifts_are_flat(working):
    by_hour = working.groupby(working.index.hour).mean()
    spread = by_hour.max() / by_hour.min()
    assert by_hour["commercial"].idxmax() in range(9, 16)
    assert spread["commercial"] > 2.5
    assert spread["industrial"] < 1.5


def test_weekends_are_quiet_by_kind(signal):
    by_day = signal.groupby(signal.index.dayofweek).mean()
    ratio = by_day.loc[6] / by_day.loc[[1, 2, 3]].mean()
    assert 0.9 < ratio["residential"] < 1.15
    assert 0.4 < ratio["commercial"] < 0.6
    assert 0.55 < ratio["industrial"] < 0.8
    assert (by_day.loc[5] > by_day.loc[6])[["commercial", "industrial"]].all()


def test_winter_is_above_summer(signal):
    ratio = signal.loc["2023-01"].mean() / signal.loc["2023-07"].mean()
    assert 1.1 < ratio["residential"] < 1.6
    assert ratio["residential"] > ratio["commercial"] > ratio["industrial"] > 0.95


def test_the_mean_over_a_year_is_that_of_the_place(signal):
    expected = pd.Series({name: kind.customers * kind.demand for name, kind in KINDS.items()})
    np.testing.assert_allclose(signal.mean()[expected.index] / expected, 1.0, atol=0.06)


def test_public_holidays_are_those_of_the_country(signal):
    def holiday(consumption, day="2023-10-03"):  # a Tuesday, the national holiday of Germany
        around = [consumption.loc[str(pd.Timestamp(day) + pd.Timedelta(days=d))[:10]].mean() for d in (-7, 7)]
        return consumption.loc[day].mean() / np.mean(around, axis=0)

    elsewhere = wide(generate_synthetic_temporal_data(locations=THREE, country="US", return_signal=True))
    assert holiday(signal)["commercial"] < 0.6
    assert holiday(signal)["industrial"] < 0.75
    assert 0.8 < holiday(signal)["residential"] < 1.2
    nowhere = wide(generate_synthetic_temporal_data(locations=THREE, country="", return_signal=True))
    assert (holiday(elsewhere) > 0.85).all()
    assert (holiday(nowhere) > 0.85).all()
    assert holiday(elsewhere, "2023-07-04")["commercial"] < 0.6


def weather_slopes(signal, air, days, felt_between):
    """Share by which the load grows with each degree, by kind, on the working days of a time without holidays."""
    load = np.log(signal.loc[days].resample("D").mean())
    felt = air.ewm(halflife=6).mean().resample("D").mean()[load.index]
    kept = felt.between(*felt_between) & (load.index.dayofweek < 5)
    return load[kept].apply(lambda one: np.polyfit(felt[kept], one, 1)[0])


def test_cold_days_and_hot_days_need_more(signal, air):
    heating = weather_slopes(signal, air, slice("2023-01-09", "2023-03-31"), (-30, 14))
    cooling = weather_slopes(signal, air, slice("2023-06-12", "2023-09-29"), (22, 40))
    assert -0.03 < heating["residential"] < heating["commercial"] < heating["industrial"] < -0.003
    assert 0.04 > cooling["residential"] > cooling["commercial"] > cooling["industrial"] > 0.003


def test_weather_moves_the_load_by_a_tenth_or_two(signal):
    change = np.log(signal["residential"]).diff(168).loc["2023-01-15":"2023-03-15"]  # same hour of the week before
    assert 0.07 < change.std() < 0.25


def test_buildings_follow_the_air_late(signal, air):
    load, air = (x.loc["2023-01-15":"2023-03-15"] for x in (np.log(signal["residential"]).diff(168), air.diff(168)))
    lagged = {lag: -load.corr(air.shift(lag)) for lag in range(0, 25)}
    assert 3 <= max(lagged, key=lagged.get) <= 12


def test_the_weather_behind_the_load_is_that_of_the_seed():
    days = wide(generate_synthetic_temporal_data(60, 0, seed=3), "consumption")["P001"]
    fit = {}
    for seed in (0, 3):
        air = pd.Series(synthetic_temperature(days.index, 50.0, 10.0, seed=seed)[:, 0], index=days.index)
        fit[seed] = np.log(days).diff(168).corr(air.shift(6).diff(168))
    assert fit[3] < -0.9
    assert abs(fit[0]) < 0.6


def test_consumption_grows_by_about_one_and_a_half_percent_a_year():
    places = pd.DataFrame({"id": range(30), "latitude": 50.0, "longitude": np.linspace(-20, 30, 30), "kind": "industrial"})
    years = wide(generate_synthetic_temporal_data(728, 0, locations=places, return_signal=True)).to_numpy()
    growth = years[364 * 24 :].mean(axis=0) / years[: 364 * 24].mean(axis=0) - 1
    assert 0.008 < growth.mean() < 0.022
    assert growth.std() > 0.002


@pytest.mark.parametrize("level", [0.02, 0.1, 0.3])
def test_the_share_of_noise_is_exact(level):
    table = generate_synthetic_temporal_data(30, level, locations=THREE, seed=4, return_signal=True)
    signal, noise = wide(table), wide(table, "consumption") - wide(table)
    np.testing.assert_allclose(noise.std() / signal.std(), level, rtol=1e-9)
    np.testing.assert_allclose(noise.mean(), 0, atol=1e-9)


def test_noise_is_autocorrelated_and_independent_between_places(table):
    noise = wide(table, "consumption") - wide(table)
    assert noise.apply(lambda one: one.autocorr(1)).between(0.85, 0.93).all()
    assert noise.apply(lambda one: one.autocorr(72)).abs().max() < 0.2
    assert (noise.corr() - np.eye(3)).abs().to_numpy().max() < 0.2


def test_without_noise_there_is_only_signal():
    table = generate_synthetic_temporal_data(10, 0, return_signal=True)
    assert (table["consumption"] == table["signal"]).all()


def test_consumption_is_positive_even_under_extreme_noise():
    assert generate_synthetic_temporal_data(60, 3.0, locations=THREE)["consumption"].min() > 0


def explained(features, target):
    """Share of the variance of the second half that a regression on the first half explains."""
    half, features = len(target) // 2, np.column_stack([np.ones(len(target)), features])
    weights = np.linalg.lstsq(features[:half], target[:half], rcond=None)[0]
    return 1 - np.mean((target[half:] - features[half:] @ weights) ** 2) / np.var(target[half:])


@pytest.mark.parametrize("seed", [0, 1])
def test_western_neighbours_know_of_tomorrow_what_the_own_past_does_not(seed):
    places = pd.DataFrame({"id": list("abcde"), "latitude": 50.0, "longitude": [2.0, 5.0, 8.0, 11.0, 14.0]})
    load = np.log(wide(generate_synthetic_temporal_data(365, 0.1, locations=places, seed=seed), "consumption"))
    change = load.diff(168).to_numpy()[168:]  # against the same hour of the week before, shape (time, place)
    now = np.arange(72, len(change) - 24)
    tomorrow = change[now + 24]
    own = explained(np.column_stack([change[now - lag, 4] for lag in (0, 6, 12, 24, 48, 72)]), tomorrow[:, 4])
    western = explained(change[now, :4], tomorrow[:, 4])
    eastern = explained(change[now, 1:], tomorrow[:, 0])
    assert western > 0.5
    assert western > max(own, eastern) + 0.25
    assert explained(change[now, 2:3], tomorrow[:, 4]) > own + 0.2  # one neighbour, 18 hours to the west


def test_a_seed_gives_the_same_bits_and_leaves_the_global_numbers_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    places = [generate_synthetic_spatial_data(20, seed=7) for _ in range(2)]
    tables = [generate_synthetic_temporal_data(14, locations=one, seed=7) for one in places]
    pd.testing.assert_frame_equal(*places, check_exact=True)
    pd.testing.assert_frame_equal(*tables, check_exact=True)
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_another_seed_gives_another_world():
    a, b = (generate_synthetic_temporal_data(14, 0, seed=seed)["consumption"] for seed in (1, 2))
    assert (a != b).all()
    one, other = (generate_synthetic_spatial_data(20, seed=seed) for seed in (1, 2))
    assert (one["latitude"] != other["latitude"]).all()


def test_a_place_is_the_same_in_any_company_and_for_any_length():
    places = generate_synthetic_spatial_data(6)
    whole = wide(generate_synthetic_temporal_data(20, locations=places, return_signal=True))
    fewer = wide(generate_synthetic_temporal_data(8, locations=places.iloc[[4, 1]], return_signal=True))
    np.testing.assert_allclose(fewer, whole.loc[fewer.index, fewer.columns], rtol=1e-9)
    pd.testing.assert_frame_equal(generate_synthetic_spatial_data(40).head(6), places)


def test_the_start_is_the_start_of_an_hour_in_utc():
    table = generate_synthetic_temporal_data(1, start="2024-06-01 00:30+02:00")
    assert table["timestamp"].iloc[0] == pd.Timestamp("2024-05-31 22:00", tz="UTC")


def test_places_need_no_more_than_a_name_and_coordinates():
    bare = pd.DataFrame({"id": [7, 8], "latitude": [50, 51], "longitude": [10, 11]})
    table = generate_synthetic_temporal_data(7, locations=bare)
    assert set(table["location"]) == {"7", "8"}
    twice = generate_synthetic_temporal_data(7, 0, locations=bare.assign(customers=[30_000, 15_000]))
    usual = generate_synthetic_temporal_data(7, 0, locations=bare)
    ratio = wide(twice, "consumption").mean() / wide(usual, "consumption").mean()  # usual: 15,000 customers
    np.testing.assert_allclose(ratio, [2.0, 1.0], rtol=1e-9)


def test_places_are_clustered_in_towns_of_unequal_size():
    places = generate_synthetic_spatial_data(100)
    north = places["latitude"].to_numpy() * 111.2
    east = places["longitude"].to_numpy() * 111.2 * np.cos(np.radians(49))
    distance = np.hypot(north[:, None] - north, east[:, None] - east)
    nearest = np.where(np.eye(100, dtype=bool), np.inf, distance).min(axis=1).mean()
    # A uniform scatter has a mean of sqrt(area / n) / 2: 1,112 km by 21 x 73 km, so 0.5 * sqrt(1.7e6 / 100) = 65 km.
    assert nearest < 0.5 * 65
    neighbours = (distance < 60).sum(axis=1)
    assert neighbours.max() >= 15
    assert neighbours.min() <= 3
    assert places["latitude"].between(44, 54).all()
    assert places["longitude"].between(-2, 19).all()


def test_places_are_of_three_kinds_and_tens_of_megawatts():
    places = generate_synthetic_spatial_data(400, seed=2)
    assert list(places.columns) == ["id", "latitude", "longitude", "kind", "customers", "mean_consumption"]
    assert places["kind"].value_counts(normalize=True).between(0.1, 0.7).all()
    assert set(places["kind"]) == set(KINDS)
    assert (places["customers"] > 0).all()
    assert places["customers"].dtype.kind == "i"
    assert 10 < places["mean_consumption"].median() < 40
    median = places.groupby("kind")["customers"].median()
    assert median["residential"] > median["commercial"] > median["industrial"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"num_days": 0}, "num_days"),
        ({"num_days": -3}, "num_days"),
        ({"num_days": 0.5}, "num_days"),
        ({"num_days": float("nan")}, "num_days"),
        ({"num_days": 2, "noise_level": -0.1}, "noise_level"),
        ({"num_days": 2, "noise_level": float("nan")}, "noise_level"),
        ({"num_days": 2, "noise_level": float("inf")}, "noise_level"),
        ({"num_days": 2, "start": "yesterweek"}, "yesterweek"),
        ({"num_days": 2, "country": "Atlantis"}, "Atlantis"),
    ],
)
def test_numbers_out_of_range_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        generate_synthetic_temporal_data(**arguments)


@pytest.mark.parametrize("number", [0, -1])
def test_there_is_at_least_one_place(number):
    with pytest.raises(ConfigError, match="num_locations"):
        generate_synthetic_spatial_data(number)


def test_a_table_of_places_without_coordinates_is_refused():
    with pytest.raises(PanelError) as caught:
        generate_synthetic_temporal_data(2, locations=pd.DataFrame({"id": ["a"], "lat": [50.0]}))
    problem = caught.value.problems[0]
    assert "`latitude`, `longitude`" in problem.problem
    assert "`lat`" in problem.found
    assert "`id`" in problem.expected
    assert "generate_synthetic_spatial_data" in problem.hint


def test_all_that_is_wrong_with_the_places_is_said_at_once():
    wrong = pd.DataFrame(
        {
            "id": ["a", "a", "c"],
            "latitude": [50.0, 95.0, 50.0],
            "longitude": [10.0, 10.0, None],
            "kind": ["residential", "castle", "industrial"],
            "mean_consumption": [1.0, -1.0, 2.0],
        }
    )
    with pytest.raises(PanelError) as caught:
        generate_synthetic_temporal_data(2, locations=wrong)
    assert len(caught.value.problems) == 4
    assert "2 of 3 places are not on the globe" in str(caught.value)
    with pytest.raises(PanelError, match="no places"):
        generate_synthetic_temporal_data(2, locations=wrong.iloc[:0])
