import numpy as np
import pandas as pd
import pytest

from gridcast.errors import ConfigError, GridcastWarning, PanelError, TrainingError
from gridcast.evaluation import issue
from gridcast.forecasters.hybrid import LEVELS, HybridForecaster
from gridcast.panel import Panel


def quick(**how) -> HybridForecaster:
    return HybridForecaster(**{"sequence_length": 168, "grid_size": 4, "epochs": 2, "units": 8, **how})


def world(days: int = 45, places: int = 3, weather: bool = True, seed: int = 0) -> Panel:
    """A panel with a daily cycle, a temperature that the consumption follows, and coordinates."""
    random = np.random.default_rng(seed)
    times = pd.date_range("2024-01-01", periods=24 * days, freq="h", tz="UTC")
    temperature = 10 + random.normal(size=(len(times), places)).astype(np.float32)
    cycle = 50 + 10 * np.sin(2 * np.pi * times.hour.to_numpy() / 24)[:, None]
    names = list("ABCDEFGH")[:places]
    spatial = pd.DataFrame({"id": names, "latitude": 50.0 + np.arange(places), "longitude": 5.0 + np.arange(places)})
    readings = pd.DataFrame(cycle + temperature, index=times, columns=names)
    panel = Panel.from_wide(readings, spatial, unit="MW")
    return panel.with_variable("temperature", temperature, units="degC", availability="perfect") if weather else panel


TRAINED = 24 * 38


@pytest.fixture(scope="module")
def fitted():
    """A panel of which the last week is unknown to the network, and the network."""
    panel = world()
    return panel, quick().fit(panel.as_of(panel.times[TRAINED]))


def test_a_forecast_has_the_panel_s_places_its_unit_and_quantiles(fitted):
    panel, forecaster = fitted
    forecast = forecaster.predict(panel, panel.times[[TRAINED, TRAINED + 24]])
    assert forecast.values.shape == (2, 3, 24)
    assert forecast.values.attrs["unit"] == "MW"
    assert forecast.levels == LEVELS
    assert np.array_equal(forecast.quantiles.sel(quantile=0.5).values, forecast.values.values)
    assert forecast.is_ex_post
    assert np.abs(forecast.values - 60).mean() < 20
    assert (forecast.quality.values == "").all()


def test_a_dead_meter_degrades_its_forecast_gently(fitted):
    panel, forecaster = fitted
    readings = panel.consumption.copy()
    readings[TRAINED - 30 : TRAINED, 1] = np.nan
    dead = readings.copy()
    dead[:, 2] = np.nan
    for values, note in ((readings, ""), (dead, "no recent readings")):
        broken = Panel(panel.dataset.assign(consumption=(("time", "location"), values)))
        forecast = forecaster.predict(broken, panel.times[[TRAINED]])
        assert np.isfinite(forecast.values).all()
        assert forecast.values.values == pytest.approx(forecaster.predict(panel, panel.times[[TRAINED]]).values.values, abs=25)
        assert forecast.quality.values[0, 2] == note


def test_without_the_weather_of_the_hours_to_come_it_says_so(fitted):
    panel, forecaster = fitted
    none = Panel(panel.dataset.drop_vars("temperature"))
    forecast = forecaster.predict(none, panel.times[[TRAINED]])
    assert (forecast.quality.values == "no weather").all()
    assert not forecast.is_ex_post
    at_the_end = forecaster.predict(panel, pd.DatetimeIndex([panel.end]))
    assert (at_the_end.quality.values == "no weather").all()
    assert np.isfinite(at_the_end.quantiles).all()


def test_a_place_never_seen_gets_a_forecast(fitted):
    panel, forecaster = fitted
    more = world(places=5)
    forecast = forecaster.predict(more, panel.times[[TRAINED]])
    assert forecast.quality.values[0].tolist() == ["", "", "", "new place", "new place"]
    assert np.abs(forecast.values.values[0, 3:] - 60).mean() < 15
    silent = more.consumption.copy()
    silent[:, 4] = np.nan
    forecast = forecaster.predict(Panel(more.dataset.assign(consumption=(("time", "location"), silent))), panel.times[[TRAINED]])
    assert forecast.quality.values[0, 4] == "new place; no recent readings"
    assert np.abs(forecast.values.values[0, 4] - 60).mean() < 25


def test_some_of_the_places_may_be_asked(fitted):
    panel, forecaster = fitted
    forecast = forecaster.predict(panel.only(["C", "A"]), panel.times[[TRAINED]])
    assert forecast.locations == ("C", "A")


def test_one_by_one_from_what_was_known_then_is_the_same_as_all_at_once(fitted):
    panel, forecaster = fitted
    times = panel.times[TRAINED : TRAINED + 24 * 6 : 24]
    together = forecaster.predict(panel, times)
    each = [issue(forecaster, panel, times[[i]]).values.values[0] for i in range(len(times))]
    assert together.values.values == pytest.approx(np.stack(each), rel=1e-4)


def test_what_a_new_place_is_like_follows_from_its_readings_until_then(fitted):
    panel, forecaster = fitted
    more = world(places=5)
    times = panel.times[[TRAINED, TRAINED + 48]]
    forecast = forecaster.predict(more, times)
    later = more.consumption.copy()
    later[TRAINED:] = 1e6
    wild = Panel(more.dataset.assign(consumption=(("time", "location"), later)))
    for asked in (times, times[:1]):
        assert forecaster.predict(wild, asked).quantiles.values[0].tobytes() == forecast.quantiles.values[0].tobytes()


@pytest.mark.slow
def test_the_reach_covers_the_weather_of_a_week_ago_where_the_context_is_shorter():
    panel = world()
    forecaster = quick(sequence_length=48, epochs=1).fit(panel.as_of(panel.times[TRAINED]))
    times = panel.times[TRAINED : TRAINED + 72 : 24]
    whole = forecaster.predict(panel, times).values.values
    assert issue(forecaster, panel, times).values.values == pytest.approx(whole, rel=1e-4)


def test_what_does_not_fit_the_network_is_named(fitted):
    panel, forecaster = fitted
    issued = panel.times[[TRAINED]]
    with pytest.raises(PanelError, match="another unit"):
        forecaster.predict(Panel(panel.dataset.assign_attrs(unit="kW")), issued)
    with pytest.raises(PanelError, match="another step"):
        forecaster.predict(Panel(panel.dataset.isel(time=slice(None, None, 2))), issued)
    with pytest.raises(PanelError, match="no context for 1 of 1"):
        forecaster.predict(panel, panel.times[[5]])


def test_unfitted_it_says_so(make_panel):
    with pytest.raises(TrainingError, match="not fitted"):
        quick().predict(make_panel(), make_panel().times[[48]])


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": (0.1, 0.9)},
        {"levels": (0.5, 0.1, 0.9)},
        {"size": "huge"},
        {"epochs": 0},
        {"members": 0},
        {"temporal": True},
        {"spatial": "cmm"},
    ],
)
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(ConfigError):
        quick(**wrong)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_forecast_and_another_one_another():
    panel = world(days=30)
    times = panel.times[[24 * 28]]
    known = panel.as_of(times[0])
    one, again, other = (quick(epochs=1, seed=seed).fit(known).predict(panel, times).values.values for seed in (1, 1, 2))
    assert one.tobytes() == again.tobytes()
    assert one.tobytes() != other.tobytes()


@pytest.mark.slow
def test_an_interrupted_training_goes_on_to_the_same_end(tmp_path):
    panel = world(days=30)
    times = panel.times[[24 * 28]]
    known, file = panel.as_of(times[0]), tmp_path / "checkpoint.npz"
    whole = quick(epochs=3).fit(known).predict(panel, times)

    class InterruptionError(Exception):
        pass

    def stop(epoch, losses):
        if epoch == 2:
            raise InterruptionError

    with pytest.raises(InterruptionError):
        quick(epochs=3, checkpoint=file, progress=stop).fit(known)
    told = []
    resumed = quick(epochs=3, checkpoint=file, progress=lambda epoch, _: told.append(epoch)).fit(known)
    assert told == [3]  # the state of the second epoch was kept before it was told
    assert resumed.predict(panel, times).values.values.tobytes() == whole.values.values.tobytes()


@pytest.mark.slow
def test_one_place_has_no_map_and_members_are_averaged():
    panel = world(days=30, places=1)
    known = panel.as_of(panel.times[24 * 28])
    with pytest.warns(GridcastWarning, match="one place only"):
        forecaster = quick(members=2, epochs=1).fit(known)
    assert forecaster.fitted.networks[0].shape_of.spatial == "none"
    assert len(forecaster.fitted.networks) == 2
    both = forecaster.predict(panel, panel.times[[24 * 28]])
    assert np.isfinite(both.quantiles).all()


@pytest.mark.slow
@pytest.mark.parametrize(("freq", "length", "horizon"), [("30min", 96, 10), ("1D", None, 9), ("6h", 28, 40)])
def test_other_steps_lengths_and_horizons_work(freq, length, horizon):
    times = pd.date_range("2024-01-01", periods=400, freq=freq, tz="UTC")
    readings = np.random.default_rng(0).normal(size=(len(times), 2)) + 50
    panel = Panel.from_wide(pd.DataFrame(readings, index=times, columns=["A", "B"]))
    issued = panel.times[[360]]
    forecaster = quick(sequence_length=length, horizon=horizon, epochs=1).fit(panel.as_of(issued[0]))
    assert np.isfinite(forecaster.predict(panel, issued).values).all()
