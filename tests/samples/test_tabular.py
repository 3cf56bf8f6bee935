import numpy as np
import pytest

from gridcast.features.calendar import Calendar
from gridcast.samples.recipe import Recipe
from gridcast.samples.samples import Samples
from gridcast.samples.tabular import table_of, targets_of


@pytest.mark.parametrize("one_hot", [False, True])
@pytest.mark.parametrize("calendar", [None, Calendar(country="DE")])
def test_each_column_has_a_name_and_says_what_it_is(make_panel, one_hot, calendar):
    panel = make_panel(days=30, places=2)
    panel = panel.with_variable("temperature", panel.consumption, units="degC", availability="perfect")
    samples = Samples(Recipe.fit(panel, horizon=24, context=336, calendar=calendar), panel)
    issued = np.array([500])
    table = table_of(samples, issued, one_hot=one_hot)
    assert table.values.shape == (1, 24, 2, len(table.names))
    assert len(set(table.names)) == len(table.names)

    def column(name):
        return table.values[0, :, :, table.names.index(name)]

    level = table.level[0]
    rows = 500 + np.arange(24)
    assert column("week_1") == pytest.approx(samples.readings[rows - 168] - level, abs=1e-5)
    assert column("day_2") == pytest.approx(samples.readings[rows - 48] - level, abs=1e-5)
    assert column("temperature") == pytest.approx(samples.weather[rows, :, 0])
    assert column("temperature_day_ago") == pytest.approx(samples.weather[rows - 24, :, 0])
    assert column("temperature_week_ago") == pytest.approx(samples.weather[rows - 168, :, 0])
    assert column("lead")[:, 0].tolist() == list(range(1, 25))
    hours = np.arange(500, 524) % 24
    assert (column(f"hour_{hours[3]}")[3] == 1).all() if one_hot else column("hour")[:, 0].tolist() == hours.tolist()
    assert targets_of(samples, issued, table)[0] == pytest.approx(samples.readings[rows] - level, abs=1e-5)
