import numpy as np
import pandas as pd
import pytest
import xarray as xr

from gridcast.clock import DAY
from gridcast.errors import ConfigError
from gridcast.explain.change import CALENDAR, LOAD, MODEL, WEATHER, change
from gridcast.forecast import Forecast
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.samples.vintages import Vintages

HOUR = pd.Timedelta(hours=1)


class Product:
    """A forecaster whose forecast is the newest reading, times the newest forecast of the temperature, times a factor."""

    name, horizon, reach = "product", 12, 10 * DAY

    def __init__(self, factor: float = 1.0, lead: float = 0.0) -> None:
        self.factor, self.lead = factor, lead

    def fit(self, panel):
        return self

    def predict(self, panel, issue_times):
        readings = panel.consumption
        newest = np.array([column[np.isfinite(column)][-1] for column in readings.T])
        naive = issue_times.tz_convert(None).to_numpy()
        valid = naive[:, None] + np.arange(self.horizon) * np.timedelta64(1, "h")
        warm = Vintages.of(panel.dataset["temperature"]).at(naive, valid)[0].T  # (N, H)
        values = newest[:, None] * warm * self.factor + self.lead * np.arange(self.horizon)
        return Forecast.of(values[None], panel=panel, issue_times=issue_times)


@pytest.fixture
def panel(make_panel):
    """Ten days of readings that count the hours, with a forecast of the temperature every six hours: 1, 2, 3 ... throughout."""
    panel = make_panel(days=10, places=2)
    hours = np.arange(240, dtype=np.float32)[:, None] + np.array([0, 100], dtype=np.float32)
    panel = type(panel)(panel.dataset.assign(consumption=(("time", "location"), hours)))
    issued = pd.date_range("2024-01-01", periods=40, freq="6h")
    values = np.broadcast_to(np.arange(1, 41, dtype=np.float32)[:, None, None], (40, 24, 2))
    coords = {"issued": issued, "lead": pd.timedelta_range("0h", periods=24, freq="h"), "location": list(panel.locations)}
    weather = xr.DataArray(values, coords, ("issued", "lead", "location"))
    return panel.with_variable("temperature", weather, units="degC", availability="forecast")


AFTER, BEFORE = pd.Timestamp("2024-01-08", tz="UTC"), pd.Timestamp("2024-01-07 18:00", tz="UTC")


def test_each_cause_gets_its_share_and_they_add_up(panel):
    told = change(Product(2.0, lead=1.0), panel, AFTER, BEFORE, location="P0", earlier=Product(1.0, lead=1.0))
    # at 18:00 the newest reading is 161 and the 28th forecast says 28; at midnight 167 and 29; from factor 1 to 2
    hours = np.arange(6)
    assert told.first == pytest.approx(161 * 28 + hours + 6)
    assert told.last == pytest.approx(2 * 167 * 29 + hours)
    assert told.values[CALENDAR] == pytest.approx(np.full(6, -6.0))  # the same hour is six steps nearer

    def worth(load, warm, factor):
        return (167 if load else 161) * (29 if warm else 28) * (2 if factor else 1)

    def mean_of_orders(of):
        steps = []
        for order in (("l", "w", "m"), ("l", "m", "w"), ("w", "l", "m"), ("w", "m", "l"), ("m", "l", "w"), ("m", "w", "l")):
            before = order[: order.index(of)]
            with_it, without = (worth(*(name in known for name in "lwm")) for known in ((*before, of), before))
            steps.append(with_it - without)
        return np.mean(steps)

    for cause, letter in ((LOAD, "l"), (WEATHER, "w"), (MODEL, "m")):
        assert told.values[cause] == pytest.approx(np.full(6, mean_of_orders(letter)))
    assert told.first + sum(told.values.values()) == pytest.approx(told.last)
    assert list(told.table()) == [
        *("location", "issued_before", "issued_after", "valid_time", "first", CALENDAR, LOAD, WEATHER, MODEL, "last")
    ]
    assert told.valid_times[0] == AFTER


def test_what_did_not_change_has_no_share(panel):
    same_model = change(Product(), panel, AFTER, BEFORE)
    assert not same_model.values[MODEL].any()
    assert same_model.values[LOAD].all()
    naive = change(SeasonalNaive(DAY, 24), panel, AFTER, BEFORE)
    # the same hour yesterday was known at both times, but for the last six hours of it
    assert not naive.values[WEATHER].any()
    assert naive.first + sum(naive.values.values()) == pytest.approx(naive.last)
    two_models = change(Product(3.0), panel, AFTER, AFTER, earlier=Product(1.0))
    assert two_models.values[MODEL] == pytest.approx(two_models.last - two_models.first)
    assert not two_models.values[LOAD].any()


@pytest.mark.parametrize("before", [AFTER - 12 * HOUR, AFTER + HOUR])
def test_forecasts_of_other_hours_are_refused(panel, before):
    with pytest.raises(ConfigError, match="about no hour together"):
        change(Product(), panel, AFTER, before)
    with pytest.raises(ConfigError, match="did you mean `--location P1`"):
        change(Product(), panel, AFTER, BEFORE, location="p1")
