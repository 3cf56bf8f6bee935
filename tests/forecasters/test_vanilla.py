import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.availability import ISSUED, LEAD
from gridcast.errors import ConfigError, PanelError, TrainingError
from gridcast.forecasters.vanilla import Moments, VanillaRegression, design, evaluated
from gridcast.panel import Panel

DAYS = 120
TIMES = pd.date_range("2024-01-01", periods=24 * DAYS, freq="h", tz="UTC")
WARM = (10 + 8 * np.sin(np.arange(24 * DAYS) / 17) + 3 * np.cos(np.arange(24 * DAYS) / 5))[:, None] * np.array([1.0, 0.5])


def panel_of(load: np.ndarray, *, warm: np.ndarray | None = WARM, zones: str = "UTC", availability: str = "perfect") -> Panel:
    panel = Panel.from_wide(pd.DataFrame(load, index=TIMES, columns=["A", "B"]), unit="MW")
    panel = Panel(panel.dataset.assign_attrs(timezone=zones))
    return panel if warm is None else panel.with_variable("temperature", warm, units="degC", availability=availability)


def load_of(warm: np.ndarray = WARM) -> np.ndarray:
    """What the regression can say exactly: a profile of the week, and a response to the temperature that depends on the hour."""
    hour, weekday = TIMES.hour.to_numpy()[:, None], TIMES.dayofweek.to_numpy()[:, None]
    return 500 + 10.0 * hour - 3 * weekday * (hour > 6) + warm * (2 + hour / 24) + 0.3 * warm**2 - 0.01 * warm**3


def predicted(forecaster: VanillaRegression, panel: Panel, *days: int) -> np.ndarray:
    return forecaster.predict(panel, TIMES[[24 * day for day in days]]).values.values


def test_what_follows_from_calendar_and_temperature_is_found():
    truth = load_of()
    panel = panel_of(truth)
    forecaster = VanillaRegression(ridge=1e-6, horizon=48).fit(panel.as_of(TIMES[24 * 100]))
    values = predicted(forecaster, panel, 100, 110)
    for number, day in enumerate((100, 110)):
        assert values[number] == pytest.approx(truth[24 * day : 24 * day + 48].T, abs=0.05)


def test_the_quick_sum_is_that_of_the_design():
    random = np.random.default_rng(0)
    moments = Moments(random.uniform(size=50), random.integers(0, 12, 50), random.integers(0, 168, 50))
    warmth = random.normal(size=50)
    for given_warmth, size in ((None, 182), (warmth, 290)):
        coefficients = random.normal(size=size)
        terms = design(moments, given_warmth)
        assert terms.shape == (50, size)
        assert evaluated(coefficients, moments, given_warmth) == pytest.approx(terms @ coefficients)


def test_a_row_of_the_design():
    # half a year on, in February, Tuesday from 01:00 (hour 25 of the week), warmth 2: its powers 2, 4, 8
    terms = design(Moments(np.array([0.5]), np.array([1]), np.array([25])), np.array([2.0]))[0]
    expected = {0: 1, 1: 0.5, 2 + 1: 1, 14 + 25: 1}
    expected |= {182 + 3 + n: 2 ** (n + 1) for n in range(3)} | {218 + 3 + n: 2 ** (n + 1) for n in range(3)}
    assert {int(column): terms[column] for column in np.flatnonzero(terms)} == expected


def test_the_trend_goes_on():
    years = np.arange(24 * DAYS)[:, None] / (24 * 365.25)
    truth = 100 + 400 * years * np.ones(2)
    panel = panel_of(truth, warm=None)
    values = predicted(VanillaRegression(ridge=1e-9).fit(panel.as_of(TIMES[24 * 100])), panel, 105)
    assert values[0] == pytest.approx(truth[24 * 105 : 24 * 106].T, abs=0.5)


def test_hours_are_those_of_the_local_clock():
    local = TIMES.tz_convert("Europe/Berlin")  # moves to summer time on March 31, day 90
    truth = np.where((local.hour == 12)[:, None], 20.0, 10.0) * np.ones(2)
    panel = panel_of(truth, warm=None, zones="Europe/Berlin")
    values = predicted(VanillaRegression().fit(panel.as_of(TIMES[24 * 80])), panel, 82, 100)
    assert values[:, 0].argmax(axis=1).tolist() == [11, 10]  # 12:00 is 11:00 UTC in winter, 10:00 in summer


@pytest.mark.parametrize("availability", ["observed", None])
def test_without_weather_of_the_hours_to_come_the_calendar_stands_in(availability):
    panel = panel_of(load_of()) if availability is None else panel_of(load_of(), availability=availability)
    plain = panel_of(load_of(), warm=None)
    with_weather = VanillaRegression().fit(panel)
    expected = VanillaRegression().fit(plain).predict(plain, TIMES[[240, 264]])
    forecast = with_weather.predict(plain if availability is None else panel, TIMES[[240, 264]])
    assert forecast.values.values.tobytes() == expected.values.values.tobytes()
    assert (forecast.quality.values == "no weather").all()
    assert not forecast.is_ex_post


def test_where_the_temperature_is_missing_the_calendar_stands_in_and_is_told():
    panel = panel_of(load_of())
    forecaster = VanillaRegression().fit(panel)
    holed = WARM.copy()
    holed[240:246, 0] = np.nan
    holed = panel_of(load_of(), warm=holed)
    forecast = forecaster.predict(holed, TIMES[[240, 264]])
    whole, plain = (forecaster.predict(each, TIMES[[240, 264]]).values.values for each in (panel, panel_of(load_of(), warm=None)))
    assert forecast.quality.values.tolist() == [["no weather at 6 of 24 steps", ""], ["", ""]]
    assert forecast.values.values[0, 0].tolist() == [*plain[0, 0, :6], *whole[0, 0, 6:]]
    assert forecast.values.values[1].tolist() == whole[1].tolist()


def test_measured_weather_of_the_hours_to_come_is_told_and_a_forecast_is_none():
    issued = TIMES[::24].tz_convert(None)
    coords = {ISSUED: issued, LEAD: pd.to_timedelta(np.arange(24), unit="h"), "location": ["A", "B"]}
    outlook = xr.DataArray(WARM.reshape(DAYS, 24, 2), coords, (ISSUED, LEAD, "location"))
    panel = panel_of(load_of(), warm=None).with_variable("temperature", outlook, availability="forecast")
    forecast = VanillaRegression().fit(panel).predict(panel, TIMES[[240]])
    measured = panel_of(load_of())
    assert not forecast.is_ex_post
    assert (forecast.quality.values == "").all()
    assert VanillaRegression().fit(measured).predict(measured, TIMES[[240]]).is_ex_post


def test_quantiles_are_those_of_the_residuals_of_the_hour():
    # noise that is ten times as wide from noon on; its 90 % quantile is 1.28 standard deviations above its median
    random = np.random.default_rng(0)
    wide = np.where(TIMES.hour.to_numpy() >= 12, 10.0, 1.0)[:, None]
    panel = panel_of(100 + wide * random.normal(size=(24 * DAYS, 2)), warm=None)
    forecast = VanillaRegression(levels=(0.1, 0.5, 0.9)).fit(panel).predict(panel, TIMES[24 * 60 : 24 * 67 : 24])
    quantiles = forecast.quantiles.values
    assert quantiles[..., 1].tolist() == forecast.values.values.tolist()
    above = (quantiles[..., 2] - quantiles[..., 1]).mean(axis=(0, 1))
    assert above[:12].mean() == pytest.approx(1.28, rel=0.15)
    assert above[12:].mean() == pytest.approx(12.8, rel=0.15)


def test_without_levels_there_are_points_only():
    panel = panel_of(load_of())
    assert VanillaRegression(levels=()).fit(panel).predict(panel, TIMES[[240]]).quantiles is None


def test_a_place_that_was_not_learned_has_no_forecast_and_the_order_of_places_does_not_matter():
    load = load_of()
    panel = panel_of(load)
    load[: 24 * 100, 1] = np.nan
    forecaster = VanillaRegression().fit(panel_of(load).as_of(TIMES[24 * 100]))
    forecast = forecaster.predict(panel.only(["B", "A"]), TIMES[[24 * 100]])
    assert np.isnan(forecast.values.values[0, 0]).all()
    assert np.isnan(forecast.quantiles.values[0, 0]).all()
    assert forecast.quality.values.tolist() == [["place not learned", ""]]
    alone = VanillaRegression().fit(panel.only(["A"]).as_of(TIMES[24 * 100])).predict(panel.only(["A"]), TIMES[[24 * 100]])
    assert forecast.values.values[0, 1].tolist() == alone.values.values[0, 0].tolist()


@pytest.mark.parametrize(("scale", "shift"), [(1e-3, 300.0), (1e6, -900.0)])
def test_the_unit_of_the_load_does_not_matter(scale, shift):
    load = load_of() + np.random.default_rng(0).normal(size=(24 * DAYS, 2)) * 20
    one, other = (panel_of(each) for each in (load, scale * (load + shift)))
    values, scaled = (predicted(VanillaRegression().fit(each), each, 100) for each in (one, other))
    assert scaled / scale - shift == pytest.approx(values, rel=1e-3, abs=0.1)


def test_filled_readings_are_not_learned_from():
    load = load_of().astype(np.float32)
    holed = load.copy()
    holed[500:600] = np.nan
    reach = np.where(np.isnan(holed), 0, -1)
    filled = panel_of(holed).with_filled(np.where(np.isnan(holed), np.float32(9e6), holed), reach.astype(np.int32))
    assert predicted(VanillaRegression().fit(filled), filled, 100) == pytest.approx(
        predicted(VanillaRegression().fit(panel_of(holed)), panel_of(holed), 100)
    )


def test_it_is_fitted_before_it_forecasts():
    with pytest.raises(TrainingError, match="not fitted"):
        VanillaRegression().predict(panel_of(load_of()), TIMES[[240]])


def test_readings_are_needed():
    with pytest.raises(PanelError, match="nothing to learn from"):
        VanillaRegression().fit(panel_of(np.full((24 * DAYS, 2), np.nan)))


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"ridge": 0.0}, {"levels": (0.9, 0.1)}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        VanillaRegression(**wrong)
