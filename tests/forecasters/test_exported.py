"""An exported hybrid: it says what Keras says, also of places and issue times that it has not seen, and needs no TensorFlow."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import FileError
from gridcast.forecasters.exported import load_onnx
from gridcast.panel import Panel

PARITY = 1e-4  # of a spread, which is above 1 MW here


@pytest.fixture(scope="module")
def both(trained, exported):
    from gridcast.forecasters.saved import load_hybrid

    return load_hybrid(trained / "model"), load_onnx(exported)


def known(tiny_tables, places, moment):
    """Return a panel of places with their weather, as it was known at a moment."""
    load, weather = tiny_tables(places=list(places))
    values = weather.set_axis(places, axis=1)
    spatial = pd.DataFrame({"id": places, "latitude": [50.0 + i for i in range(len(places))], "longitude": 5.0})
    panel = Panel.from_wide(load, spatial, unit="MW")
    panel = panel.with_variable("temperature", values.to_numpy(dtype="float32"), units="degC", availability="perfect")
    from gridcast.features.groups import add_features

    return add_features(panel, ["heating", "cooling", "recency"]).as_of(moment)


@pytest.mark.parametrize("places", [["A", "B", "C"], ["B"], ["A", "new", "C"]], ids="-".join)
def test_it_says_what_keras_says(both, tiny_tables, places):
    moment = pd.Timestamp("2024-01-27 07:00", tz="UTC")
    panel = known(tiny_tables, places, moment)
    one, other = (each.predict(panel, pd.DatetimeIndex([moment])) for each in both)
    assert other.quantiles.values == pytest.approx(one.quantiles.values, abs=PARITY)
    assert other.quality.values.tolist() == one.quality.values.tolist()
    assert other.is_ex_post == one.is_ex_post
    assert (other.levels, other.horizon) == (one.levels, one.horizon)


def test_many_issue_times_at_once_are_those_one_by_one(both, tiny_tables):
    exported = both[1]
    panel = known(tiny_tables, ["A", "B", "C"], pd.Timestamp("2024-01-28", tz="UTC"))
    times = pd.date_range("2024-01-15", periods=400, freq="h", tz="UTC")[:300:60]
    together = exported.predict(panel, times).values.values
    alone = [exported.predict(panel, times[[i]]).values.values[0] for i in range(len(times))]
    assert together == pytest.approx(np.array(alone), abs=PARITY)


def test_it_looks_back_as_far_as_the_hybrid(both):
    assert both[0].reach == both[1].reach


def test_it_needs_no_deep_learning_framework(exported):
    code = (
        "import sys; from gridcast.forecasters.exported import load_onnx; load_onnx(sys.argv[1]);"
        "print([name for name in ('keras', 'tensorflow', 'jax') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code, str(exported)], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_what_is_no_exported_model_is_refused(exported, tmp_path):
    with pytest.raises(FileError, match="there is no exported model"):
        load_onnx(tmp_path / "none.onnx")
    broken = tmp_path / "model.onnx"
    for content in (b"", b"something else", exported.read_bytes()[:-1000]):
        broken.write_bytes(content)
        with pytest.raises(FileError, match="no exported model, or damaged"):
            load_onnx(broken)


def test_another_version_is_refused(exported, tmp_path):
    import onnx

    model = onnx.load(exported)
    for each in model.metadata_props:
        each.value = each.value.replace('"format": 1,', '"format": 99,')
    onnx.save(model, tmp_path / "model.onnx")
    with pytest.raises(FileError, match="is of another version"):
        load_onnx(tmp_path / "model.onnx")
