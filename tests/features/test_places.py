"""Weather at places: from stations by inverse distance, from fields by bilinear means."""

import warnings

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import ConfigError, GridcastWarning, PanelError
from gridcast.features.places import great_circle, weather_at_places

DEGREE = 111.195  # kilometres of a degree of latitude


def stations(values, latitude=(0.0, 1.0, 2.0), longitude=0.0, names="ABCDEFGH"):
    values = np.atleast_2d(np.asarray(values, float))
    latitude = np.asarray(latitude, float)
    where = {"latitude": ("station", latitude), "longitude": ("station", np.broadcast_to(longitude, latitude.shape))}
    coords = {"time": np.arange(len(values)), "station": list(names[: len(latitude)]), **where}
    return xr.Dataset({"temperature": (("time", "station"), values, {"units": "degC", "delay": 5})}, coords=coords)


def field(function, y, x, moments=2):
    y, x = np.asarray(y, float), np.asarray(x, float)
    values = np.stack([function(y[:, None], x[None, :]) + moment for moment in range(moments)])
    return xr.Dataset({"t": (("time", "y", "x"), values)}, coords={"time": np.arange(moments), "y": y, "x": x})


def at(dataset, latitude, longitude, **options):
    names = [f"P{n}" for n in range(len(latitude))]
    return weather_at_places(dataset, latitude, longitude, names, **options)[next(iter(dataset))].values


# ---- stations ----


def test_distances():
    # a quarter of the equator is a quarter of 2 pi times 6371.0088 km
    assert great_circle(0, 0, 0, 90) == pytest.approx(10007.557, abs=1e-3)
    assert great_circle(10, 179.5, 10, -179.5) == pytest.approx(great_circle(10, 0, 10, 1))
    assert great_circle(5, 5, 5, 5) == 0


def test_weights_fall_with_the_square_of_the_distance():
    # at 0.5 degrees: distances 1 : 1 : 3, weights 9 : 9 : 1, so (9 * 10 + 9 * 20 + 1 * 40) / 19
    assert at(stations([10, 20, 40]), [0.5], [0.0])[0, 0] == pytest.approx(310 / 19, rel=1e-6)


def test_only_the_nearest_that_have_a_reading_count():
    # of two: first A and B in equal parts; then B is silent, so A and C with weights 9 : 1; then nobody has a reading
    values = [[10, 20, 40], [10, np.nan, 40], [np.nan] * 3]
    found = at(stations(values), [0.5], [0.0], nearest=2)[:, 0]
    assert found[:2] == pytest.approx([15, 13], rel=1e-6)
    assert np.isnan(found[2])


def test_a_station_at_the_place_counts_alone_while_it_has_a_reading():
    found = at(stations([[10, 20, 40], [10, np.nan, 30]]), [1.0], [0.0])[:, 0]
    assert found == pytest.approx([20, 20], rel=1e-6)  # then A and C, equally far


def test_the_nearest_method_takes_one_station():
    assert at(stations([[10, 20, 40], [np.nan, 20, 40]]), [0.4], [0.0], method="nearest")[:, 0].tolist() == [10, 20]


def test_of_stations_equally_far_the_first_by_name_counts():
    pair = stations([[10, 20]], latitude=[0.0, 2.0])
    assert at(pair, [1.0], [0.0], nearest=1).item() == 10
    assert at(pair.isel(station=[1, 0]), [1.0], [0.0], nearest=1).item() == 10


def test_attributes_dimensions_and_names_stay():
    observed = stations([[1, 2, 3]])
    found = weather_at_places(observed, [0.0], [0.0], ["Kyiv"])
    assert (found["temperature"].dims, found["location"].values.tolist()) == (("time", "location"), ["Kyiv"])
    assert found["temperature"].attrs == {"units": "degC", "delay": 5}
    forecast = observed.rename(time="lead").expand_dims(issued=[7, 8])
    found = weather_at_places(forecast, [0.0, 1.0], [0.0, 0.0], ["Kyiv", "Lviv"])
    assert found["temperature"].dims == ("issued", "lead", "location")
    assert found["temperature"].values.tolist() == [[[1, 2]], [[1, 2]]]


def test_far_stations_are_warned_of():
    with pytest.warns(GridcastWarning, match=r"2 places of 3 are .* 150 km .*`P2: 334 km to C`, `P1: 222 km to C`"):
        at(stations([1, 2, 3]), [0.0, 4.0, 5.0], [0.0] * 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        at(stations([1, 2, 3]), [5.0], [0.0], far=400)


def test_stations_without_coordinates():
    with pytest.raises(PanelError, match="learned_weights"):
        at(stations([1, 2, 3]).drop_vars(["latitude", "longitude"]), [0.0], [0.0])
    partly = stations([1, 2, 3], latitude=[np.nan, 1.0, 2.0])
    assert at(partly, [0.0], [0.0], nearest=1).item() == 2


def test_places_without_coordinates_and_unknown_methods():
    with pytest.raises(PanelError, match="1 place without coordinates"):
        at(stations([1, 2, 3]), [np.nan], [0.0])
    with pytest.raises(ConfigError, match="`spline`"):
        at(stations([1, 2, 3]), [0.0], [0.0], method="spline")
    with pytest.raises(ConfigError, match="above zero"):
        at(stations([1, 2, 3]), [0.0], [0.0], nearest=0)


degrees = st.floats(-5, 5).map(lambda number: round(number, 3))
sites = st.lists(st.tuples(degrees, degrees), min_size=1, max_size=8, unique=True)


@given(sites, st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_properties_of_inverse_distance(where, nearest, seed):
    latitude, longitude = np.array(where).T
    random = np.random.default_rng(seed)
    values = random.normal(size=(4, len(where)))
    values[random.random(values.shape) < 0.2] = np.nan
    given_ = stations(values, latitude, longitude)
    options = {"nearest": nearest, "far": 1e5}
    places = random.uniform(-5, 5, (2, 3))
    # the order of stations is irrelevant
    shuffled = given_.isel(station=random.permutation(len(where)))
    np.testing.assert_array_equal(at(given_, *places, **options), at(shuffled, *places, **options))
    # exact at a station that has a reading
    found = at(given_, latitude, longitude, **options)
    np.testing.assert_allclose(found[np.isfinite(values)], values[np.isfinite(values)], rtol=1e-9)
    # a constant stays constant, and a mean lies between the readings
    np.testing.assert_allclose(
        at(stations(np.full((1, len(where)), 7.5), latitude, longitude), *places, **options), 7.5, rtol=1e-12
    )
    for moment, row in enumerate(at(given_, *places, **options)):
        if np.isfinite(values[moment]).any():
            assert np.nanmin(values[moment]) - 1e-9 <= row.min() <= row.max() <= np.nanmax(values[moment]) + 1e-9


# ---- fields ----


@given(st.floats(45, 55), st.floats(0, 10), st.booleans(), st.tuples(*[st.floats(-3, 3)] * 4))
def test_bilinear_means_are_exact_on_linear_fields(latitude, longitude, north_first, factors):
    a, b, c, d = factors
    y = np.arange(45, 55.5, 0.5)
    linear = field(lambda y, x: a + b * y + c * x + d * x * y, y[::-1] if north_first else y, np.arange(0, 10.25, 0.25))
    expected = a + b * latitude + c * longitude + d * latitude * longitude
    np.testing.assert_allclose(at(linear, [latitude], [longitude])[:, 0], [expected, expected + 1], atol=1e-7)


def test_a_field_around_the_globe_has_no_edge():
    around = field(lambda y, x: y * 0 + np.abs(x), [0.0, 1.0], np.arange(-180, 180, 10))
    # halfway between 170 (170) and -180 (180)
    assert at(around, [0.0], [175.0])[0, 0] == pytest.approx(175)
    assert at(around, [0.0], [-175.0])[0, 0] == pytest.approx(175)


def test_the_edge_counts_for_places_outside():
    linear = field(lambda y, x: y + 0 * x, [46.0, 45.0], [0.0, 1.0])
    assert at(linear, [46.5], [0.5])[0, 0] == pytest.approx(46)  # within a cell: nothing to say
    with pytest.warns(GridcastWarning, match=r"1 place of 2 outside .*`P1: 133 km`"):
        assert at(linear, [45.5, 47.2], [0.5, 0.5])[0].tolist() == pytest.approx([45.5, 46])  # 1.2 degrees off
    with pytest.raises(PanelError, match=r"1 place of 1 lie outside(.|\n)*`P0: 445 km`"):
        at(linear, [50.0], [0.5])


def test_points_without_a_value_are_left_out():
    sea = field(lambda y, x: np.where(x > 0, np.nan, y), [46.0, 45.0], [0.0, 1.0])
    assert at(sea, [45.5], [0.5])[0, 0] == pytest.approx(45.5)
    assert np.isnan(at(sea, [45.5], [1.0])[0, 0])


def test_the_nearest_point_and_a_single_one():
    linear = field(lambda y, x: y + 10 * x, [46.0, 45.0], [0.0, 1.0])
    assert at(linear, [45.4], [0.7], method="nearest")[0, 0] == 55
    assert at(field(lambda y, x: y + x, [45.0], [1.0]), [45.0], [1.0])[0, 0] == 46


def test_a_forecast_of_a_field():
    linear = field(lambda y, x: y + x, [46.0, 45.0], [0.0, 1.0]).rename(time="lead").expand_dims(issued=[1, 2, 3])
    assert at(linear, [45.5], [0.5]).tolist() == [[[46.0], [47.0]]] * 3
