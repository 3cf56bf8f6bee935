"""Training for operation: the folder is whole or not there, and a mistake is told before the work."""

import json

import pandas as pd
import pytest

from gridcast.config import make_config, read_config
from gridcast.errors import ConfigError, FileError, PanelError
from gridcast.loading import Listener
from gridcast.workflow import training
from gridcast.workflow.training import train


def test_the_folder_holds_what_is_promised(trained):
    assert {path.name for path in trained.iterdir()} == {"model", "history.csv", "config.toml", "run.json"}
    assert {path.name for path in (trained / "model").iterdir()} == {"model.json", "model.npz"}
    assert not list(trained.parent.glob("*.checkpoint*"))


def test_the_record_tells_what_was_learned_from(trained):
    record = json.loads((trained / "run.json").read_text())
    # 30 days of 24 readings at three places; the last reading of January 30 ends at midnight
    assert (record["places"], record["readings"], record["unit"]) == (3, 3 * 720, "MW")
    assert record["trained_until"] == "2024-01-31T00:00:00+00:00"
    assert "temperature" in record["covariates"]
    assert (record["members"], record["epochs_trained"]) == (1, 1)
    assert pd.read_csv(trained / "history.csv")["epoch"].tolist() == [1]


def test_the_written_configuration_has_the_same_settings(trained, tiny_world):
    assert make_config(read_config(trained / "config.toml")) == make_config(read_config(tiny_world))


def test_an_earlier_model_is_replaced_only_when_told(trained, tiny_world):
    before = (trained / "model" / "model.npz").read_bytes()
    with pytest.raises(FileError, match="holds an earlier model"):
        train(tiny_world, out=trained)
    assert (trained / "model" / "model.npz").read_bytes() == before


def test_too_short_a_history_is_told_and_nothing_is_left(tiny_world, tmp_path):
    short = read_config(tiny_world)
    short["data"]["end"] = "2024-01-05"
    with pytest.raises(PanelError):
        train(make_config(short), out=tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_a_configuration_that_is_wrong_is_told_with_its_file(tmp_path):
    (tmp_path / "my.toml").write_text("[model]\nsise = 'small'\n")
    with pytest.raises(ConfigError, match=r"unknown setting `model.sise` in `.*my.toml`"):
        train(tmp_path / "my.toml", out=tmp_path / "run")
    with pytest.raises(FileError, match="cannot read"):
        train(tmp_path / "none.toml", out=tmp_path / "run")


@pytest.fixture
def interrupted(tmp_path):
    """Return the run folder of an interrupted training of two members, whose checkpoints stand; and those."""
    kept = [tmp_path / "run.checkpoint.npz", tmp_path / "run.checkpoint-1.npz"]
    for path in kept:
        path.write_text("hours of work")
    return tmp_path / "run", kept


def test_the_checkpoint_of_an_interrupted_training_is_not_lost_to_a_flag_that_was_forgotten(tiny_world, interrupted, monkeypatch):
    monkeypatch.setattr(training, "load", lambda *_: pytest.fail("the data were read"))
    out, kept = interrupted
    with pytest.raises(FileError, match="an interrupted training left a checkpoint") as raised:
        train(tiny_world, out=out)
    assert "--resume" in raised.value.problems[0].hint
    assert "--overwrite" in raised.value.problems[0].hint
    assert all(path.read_text() == "hours of work" for path in kept)


def test_a_checkpoint_is_replaced_only_when_all_is_ready_to_train(tiny_world, interrupted, monkeypatch):
    out, kept = interrupted
    short = read_config(tiny_world)
    short["data"]["end"] = "1999-01-05"
    with pytest.raises(PanelError):
        train(make_config(short), out=out, overwrite=True)
    assert all(path.exists() for path in kept)
    other = out.with_name("run.checkpoint-old.npz")
    other.write_text("of somebody else")

    class Made:
        def fit(self, _):
            # of the members there were more before than there are now
            assert [path.name for path in out.parent.iterdir()] == [other.name]
            raise PanelError("as far as that")

    monkeypatch.setattr(training, "hybrid_of", lambda *_, **__: Made())
    with pytest.raises(PanelError, match="as far as that"):
        train(tiny_world, out=out, overwrite=True)


@pytest.mark.slow
def test_an_interrupted_training_goes_on_to_the_same_network(tiny_world, tmp_path):
    settings = read_config(tiny_world)
    settings["training"]["epochs"] = 3
    config = make_config(settings)
    train(config, out=tmp_path / "whole")

    class StoppedError(Exception):
        pass

    def stop(epoch, *_):
        if epoch == 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        train(config, out=tmp_path / "run", listener=Listener(progress=stop))
    assert [path.name for path in tmp_path.glob("run*")] == ["run.checkpoint.npz"]
    told = []
    train(config, out=tmp_path / "run", resume=True, listener=Listener(progress=lambda epoch, *_: told.append(epoch)))
    assert told == [3]  # the second epoch had been kept when it was told
    assert [path.name for path in tmp_path.glob("run*")] == ["run"]
    one, other = ((tmp_path / name / "model" / "model.npz").read_bytes() for name in ("whole", "run"))
    assert one == other
