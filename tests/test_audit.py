import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.audit import audit, measurements_passed_as_forecasts, pipeline_of, scrambled
from gridcast.availability import ISSUED, LEAD
from gridcast.forecast import Forecast
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.panel import Panel
from gridcast.scaling import Scaler

HOUR = pd.Timedelta(hours=1)


@pytest.fixture
def panel(make_panel) -> Panel:
    whole = make_panel(days=20, places=3)
    random = np.random.default_rng(1)
    whole = whole.with_variable("temperature", random.normal(10, 5, whole.consumption.shape), units="degC")
    issued = whole.times[::24].tz_convert(None).to_numpy()
    forecast = xr.DataArray(
        random.normal(10, 5, (len(issued), 36, 3)),
        dims=(ISSUED, LEAD, "location"),
        coords={ISSUED: issued, LEAD: pd.to_timedelta(np.arange(36), unit="h"), "location": list(whole.locations)},
    )
    return whole.with_variable("temperature_forecast", forecast, units="degC", availability="forecast", delay=2 * HOUR)


def constant(panel: Panel, issue_time: pd.Timestamp, values: np.ndarray) -> Forecast:
    return Forecast.of(
        np.broadcast_to(values[None, :, None], (1, 3, 24)).copy(), panel=panel, issue_times=pd.DatetimeIndex([issue_time])
    )


def issue_times(panel: Panel) -> list[pd.Timestamp]:
    return [panel.times[24 * 15], panel.times[24 * 17 + 5]]


def test_an_honest_forecaster_is_clean(panel):
    report = audit(pipeline_of(SeasonalNaive, panel.times[24 * 14]), panel, issue_times(panel))
    assert report.is_clean
    assert report.variables == ("consumption", "temperature", "temperature_forecast")


class Counted(SeasonalNaive):
    """One that counts how often it learned, and shifts its forecasts by how many readings it saw and by chance."""

    fits = 0

    def fit(self, panel):
        Counted.fits += 1
        self.shift = float(np.nansum(panel.consumption)) + Counted.fits / 1000  # no training is exactly like another
        return self

    def predict(self, panel, issue_times):
        forecast = super().predict(panel, issue_times)
        return Forecast(forecast.values + self.shift)


def test_it_is_trained_once_where_what_was_known_is_the_same(panel, monkeypatch):
    monkeypatch.setattr(Counted, "fits", 0)
    report = audit(pipeline_of(Counted, panel.times[24 * 14]), panel, issue_times(panel))
    assert report.is_clean
    assert Counted.fits == 1


def test_it_is_trained_anew_where_what_was_known_is_another(panel, monkeypatch):
    monkeypatch.setattr(Counted, "fits", 0)
    learn = pipeline_of(Counted, panel.times[24 * 14])

    def pipeline(whole, time):
        # the mean of the whole period comes into all readings, those before the issue time among them
        return learn(
            Panel(whole.dataset.assign(consumption=whole.dataset["consumption"] - whole.dataset["consumption"].mean())), time
        )

    report = audit(pipeline, panel, issue_times(panel))
    assert {leak.variable for leak in report.leaks} == {"consumption"}
    assert Counted.fits == 1 + len(report.leaks)


@pytest.mark.parametrize("change", ["value", "gap", "coordinate", "attribute", "name"])
def test_whatever_differs_is_another_panel_to_learn_from(panel, monkeypatch, change):
    monkeypatch.setattr(Counted, "fits", 0)
    data = panel.dataset.copy(deep=True)
    if change in ("value", "gap"):
        data["temperature"][5, 1] = np.nan if change == "gap" else np.nextafter(data["temperature"][5, 1], np.float32(99))
    elif change == "coordinate":
        data = data.assign_coords(latitude=data["latitude"] + 1e-9)
    elif change == "attribute":
        data["temperature"].attrs["delay"] = 1
    else:
        data = data.rename(temperature="warmth")
    learn, time = pipeline_of(Counted, panel.times[24 * 14]), issue_times(panel)[0]
    learn(panel, time), learn(Panel(panel.dataset.copy(deep=True)), time)
    assert Counted.fits == 1
    learn(Panel(data), time)
    assert Counted.fits == 2


def test_a_forecaster_that_uses_the_newest_forecast_is_clean(panel):
    def pipeline(whole, time):
        known = whole.as_of(time)
        return constant(known, time, known.values_of("temperature_forecast")[known.rows + 3])

    assert audit(pipeline, panel, issue_times(panel)).is_clean


def test_a_scaler_over_everything_is_caught(panel):
    def pipeline(whole, time):
        scaler = Scaler.fit(whole.consumption, whole.locations)  # the whole period, the future of the issue time among it
        return constant(whole, time, scaler.centre)

    report = audit(pipeline, panel, issue_times(panel))
    assert {leak.variable for leak in report.leaks} == {"consumption"}
    assert len(report.leaks) == 2
    assert report.leaks[0].changed == 3 * 24
    assert "readings that had not arrived by then: 72 values of 72" in report.leaks[0].sentence


def test_a_centred_rolling_mean_is_caught(panel):
    def pipeline(whole, time):
        smooth = pd.DataFrame(whole.consumption).rolling(25, center=True, min_periods=1).mean()  # twelve hours ahead
        derived = whole.with_variable("smooth", smooth.to_numpy())
        known = derived.as_of(time)
        return constant(known, time, known.values_of("smooth")[known.rows - 1])

    report = audit(pipeline, panel, issue_times(panel))
    assert {leak.variable for leak in report.leaks} == {"consumption"}


def test_observed_weather_passed_as_a_forecast_is_caught(panel):
    def pipeline(whole, time):
        passed_off = whole.with_variable("weather_ahead", whole.values_of("temperature"), availability="known")
        known = passed_off.as_of(time)
        return constant(known, time, known.values_of("weather_ahead")[known.rows + 6])

    report = audit(pipeline, panel, issue_times(panel))
    assert {leak.variable for leak in report.leaks} == {"temperature"}
    assert report.leaks_of("temperature")[0].issue_time == issue_times(panel)[0]


def test_a_forecast_that_has_not_arrived_is_caught(panel):
    def pipeline(whole, time):
        return constant(
            whole, time, whole.dataset["temperature_forecast"].sel({ISSUED: time.floor("D").tz_convert(None)}).values[3]
        )

    # at midnight the vintage of midnight has not arrived (two hours of delay); at five in the morning it has
    report = audit(pipeline, panel, issue_times(panel))
    assert [(leak.variable, leak.issue_time) for leak in report.leaks] == [("temperature_forecast", issue_times(panel)[0])]


def test_a_forecast_without_any_error_is_no_forecast(make_panel):
    whole = make_panel(days=6, places=2)
    whole = whole.with_variable("temperature", np.random.default_rng(0).normal(size=whole.consumption.shape))
    issued = whole.times[:48:24].tz_convert(None).to_numpy()
    truth = whole.values_of("temperature")
    copy = np.stack([truth[24 * i : 24 * i + 36] for i in range(2)])
    array = xr.DataArray(
        copy,
        dims=(ISSUED, LEAD, "location"),
        coords={ISSUED: issued, LEAD: pd.to_timedelta(np.arange(36), unit="h"), "location": list(whole.locations)},
    )
    honest = whole.with_variable("outlook", array + 0.1, availability="forecast")
    assert measurements_passed_as_forecasts(honest) == []
    (leak,) = measurements_passed_as_forecasts(whole.with_variable("outlook", array, availability="forecast"))
    assert leak.variable == "outlook"
    assert "equals the measured `temperature`" in leak.sentence


def test_scrambling_leaves_what_was_there(panel):
    time = issue_times(panel)[0]
    names = ("consumption", "temperature", "temperature_forecast")
    other = scrambled(panel, time, names)
    assert other.as_of(time).dataset.identical(panel.as_of(time).dataset)
    assert (other.consumption[24 * 15 :] != panel.consumption[24 * 15 :]).all()
    assert np.isnan(other.consumption[24 * 15 :]).any()
    assert scrambled(panel, time, names).dataset.identical(other.dataset)


def test_the_end_of_the_panel_is_no_secret(make_panel):
    whole = make_panel(days=20, places=3)

    def pipeline(panel, time):
        return constant(panel, time, np.full(3, len(panel.times), dtype=float))

    (leak,) = audit(pipeline, whole, [whole.times[24 * 15]]).leaks
    assert leak.variable == "the end of the panel"


def test_a_pattern_of_gaps_to_come_is_caught(make_panel):
    whole = make_panel(days=20, places=3)

    def pipeline(panel, time):
        row = panel.times.get_loc(time)
        return constant(panel, time, np.isnan(panel.consumption[row + 1 : row + 2]).mean(axis=0))

    assert not audit(pipeline, whole, [whole.times[24 * 15]]).is_clean


def test_a_forecast_that_is_never_revised_is_no_forecast(make_panel):
    whole = make_panel(days=6, places=2)
    truth = np.random.default_rng(0).normal(size=whole.consumption.shape)
    issued = whole.times[:96:24].tz_convert(None).to_numpy()
    copy = np.stack([truth[24 * i : 24 * i + 48] for i in range(4)])
    array = xr.DataArray(
        copy,
        dims=(ISSUED, LEAD, "location"),
        coords={ISSUED: issued, LEAD: pd.to_timedelta(np.arange(48), unit="h"), "location": list(whole.locations)},
    )
    (leak,) = measurements_passed_as_forecasts(whole.with_variable("outlook", array, availability="forecast"))
    assert "is never revised" in leak.sentence
    revised = array + np.arange(4)[:, None, None] * 0.1
    assert measurements_passed_as_forecasts(whole.with_variable("outlook", revised, availability="forecast")) == []
