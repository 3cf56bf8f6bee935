import json

import numpy as np
import pandas as pd
import pytest

from gridcast.errors import FileError, TrainingError
from gridcast.features.calendar import Calendar
from gridcast.features.events import Events
from gridcast.features.plain import calendar_from_plain, calendar_to_plain
from gridcast.forecasters.hybrid import HybridForecaster
from gridcast.forecasters.saved import load_hybrid, save_hybrid


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A panel, a fitted hybrid and the folder it was saved in."""
    from gridcast.panel import Panel

    random = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=24 * 30, freq="h", tz="UTC")
    readings = pd.DataFrame(random.normal(size=(len(times), 2)) + 50, index=times, columns=["A", "B"])
    panel = Panel.from_wide(readings, unit="MW").with_variable(
        "temperature", random.normal(size=(len(times), 2)).astype("float32"), units="degC", availability="perfect"
    )
    forecaster = HybridForecaster(sequence_length=48, grid_size=3, epochs=1, units=8, calendar=Calendar(country="DE"))
    forecaster.fit(panel.as_of(panel.times[24 * 27]))
    folder = tmp_path_factory.mktemp("run") / "model"
    save_hybrid(forecaster, folder)
    return panel, forecaster, folder


def copied(folder, target):
    target.mkdir()
    for file in folder.iterdir():
        (target / file.name).write_bytes(file.read_bytes())
    return target


def test_a_saved_model_says_the_same(saved):
    panel, forecaster, folder = saved
    issued = panel.times[[24 * 27, 24 * 28]]
    one, other = forecaster.predict(panel, issued), load_hybrid(folder).predict(panel, issued)
    assert one.quantiles.values.tobytes() == other.quantiles.values.tobytes()


def test_nothing_in_it_is_pickled(saved):
    _, _, folder = saved
    assert sorted(file.name for file in folder.iterdir()) == ["model.json", "model.npz"]
    with np.load(folder / "model.npz", allow_pickle=False) as content:
        assert {content[name].dtype.kind for name in content.files} <= set("fiub")


def test_an_unfitted_one_is_not_saved(tmp_path):
    with pytest.raises(TrainingError, match="not fitted"):
        save_hybrid(HybridForecaster(), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(FileError, match="holds no model"):
        load_hybrid(tmp_path)


def test_another_version_is_refused(saved, tmp_path):
    folder = copied(saved[2], tmp_path / "model")
    about = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**about, "format": 99, "gridcast": "9.0"}))
    with pytest.raises(FileError, match="another version") as raised:
        load_hybrid(folder)
    assert "9.0" in str(raised.value)


@pytest.mark.parametrize("damage", ["cut", "flip", "remove", "not json", "no shape", "not a table"])
def test_a_damaged_one_is_refused(saved, tmp_path, damage):
    folder = copied(saved[2], tmp_path / "model")
    arrays, about = folder / "model.npz", folder / "model.json"
    content = arrays.read_bytes()
    if damage == "cut":
        arrays.write_bytes(content[: len(content) // 2])
    elif damage == "flip":
        arrays.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
    elif damage == "remove":
        arrays.unlink()
    elif damage == "not json":
        about.write_text("{")
    elif damage == "not a table":
        about.write_text("[]")
    else:
        settings = json.loads(about.read_text())
        del settings["shape"]
        about.write_text(json.dumps(settings))
    with pytest.raises(FileError, match="damaged"):
        load_hybrid(folder)


def test_a_calendar_with_events_survives():
    table = pd.DataFrame({"start": ["2024-05-01"], "end": ["2024-05-03"], "name": ["fair"], "category": ["fair"]})
    table = table.assign(start=pd.to_datetime(table["start"]), end=pd.to_datetime(table["end"]))
    calendar = Calendar("Europe/Berlin", "DE", yearly=True, subdivision="BY", around=2, events=Events(table, 1))
    plain = json.loads(json.dumps(calendar_to_plain(calendar)))
    again = calendar_from_plain(plain)
    times = pd.date_range("2024-04-28", periods=200, freq="h", tz="UTC")
    assert again.names == calendar.names
    assert np.array_equal(again.at(times), calendar.at(times))
