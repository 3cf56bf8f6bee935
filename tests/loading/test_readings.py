"""From the configuration to a checked panel: spans of time."""

import pandas as pd
import pytest

from gridcast.config import make_config
from gridcast.errors import ConfigError, PanelError
from gridcast.loading import Listener, load

WORLD = {"num_days": 20, "num_locations": 2}


def test_readings_can_be_cut_to_a_span():
    panel = load(make_config({"data": {**WORLD, "start": "2023-01-03", "end": "2023-01-05 06:00"}}), Listener()).panel
    assert panel.times[0] == pd.Timestamp("2023-01-03", tz="UTC")
    assert panel.end == pd.Timestamp("2023-01-05 06:00", tz="UTC")


def test_the_span_is_told_by_the_local_clock():
    data = {**WORLD, "timezone": "Europe/Berlin", "start": "2023-01-03"}
    panel = load(make_config({"data": data}), Listener()).panel
    assert panel.times[0] == pd.Timestamp("2023-01-02 23:00", tz="UTC")
    assert set(panel.timezones) == {"Europe/Berlin"}


def test_a_span_that_is_none_is_refused():
    with pytest.raises(ConfigError, match=r"`data.start` is no moment"):
        load(make_config({"data": {**WORLD, "start": "some day"}}), Listener())
    with pytest.raises(PanelError, match="no readings are left"):
        load(make_config({"data": {**WORLD, "start": "2031-01-01"}}), Listener())
