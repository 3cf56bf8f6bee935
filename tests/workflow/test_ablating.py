"""What each part of the hybrid is worth: a variant without each part that is there."""

import json

import numpy as np
import pandas as pd
import pytest

from gridcast.augment import KINDS
from gridcast.config import make_config, read_config
from gridcast.errors import ConfigError
from gridcast.loading import Listener
from gridcast.workflow.ablating import EACH, PARTS, _makes_sense, _named, _prepared, _variants_of, ablate


def test_a_part_that_the_hybrid_has_not_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="no part `cmm`") as caught:
        ablate(None, out=tmp_path / "run", parts=["cmm"])
    assert "`cnn`" in str(caught.value)


def test_other_branches_are_left_out_under_other_names_and_one_that_is_off_is_not(make_panel):
    other = make_config({"model": {"spatial": "attention", "temporal": "none"}})
    assert [_named(name, other) for name in ("without CNN", "shuffled map")] == ["without spatial branch", "shuffled map"]
    assert _named("without CNN", make_config({})) == "without CNN"
    panel = make_panel(places=2)
    assert _makes_sense("without CNN", panel, other)
    assert not _makes_sense("without LSTM", panel, other)
    blind = make_config({"model": {"spatial": "none"}})
    assert not any(_makes_sense(name, panel, blind) for name in ("without CNN", "shuffled map", "without weather"))


def test_parts_are_left_out_or_kinds_are_tried_and_not_both(tmp_path):
    for augmentation in (True, ["swap+shift"]):
        with pytest.raises(ConfigError, match="either parts are left out"):
            ablate(None, out=tmp_path / "run", parts=["cnn"], augmentation=augmentation)


@pytest.mark.slow
def test_each_part_is_left_out_once(tiny_world, tmp_path):
    result = ablate(tiny_world, out=tmp_path / "run")
    variants = ["hybrid", "without CNN", "shuffled map", "without LSTM", "without weather", "without lines"]
    assert sorted(result.table["variant"]) == sorted(variants)
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {"ablation.csv", "ablation.json", "scores.parquet", "report.html", "config.toml"}
    written = json.loads((tmp_path / "run" / "ablation.json").read_text())
    maes = {name: scores["mae"] for name, scores in written["models"].items()}
    for row in result.table.to_dict("records"):
        assert row["difference_percent"] == pytest.approx(100 * (maes[row["variant"]] / maes["hybrid"] - 1), abs=1e-6)


def test_every_kind_of_augmentation_is_tried_alone_and_all_together():
    variants = _variants_of(tuple(PARTS), EACH)
    assert list(variants) == [*(f"with {kind}" for kind in KINDS), "with all"]
    assert [len(how["augment"]) for how in variants.values()] == [1] * len(KINDS) + [len(KINDS)]


def test_kinds_are_tried_together():
    assert _variants_of(tuple(PARTS), ["shift + swap", "mixup"]) == {
        "with shift + swap": {"augment": ("swap", "shift")},
        "with mixup": {"augment": ("mixup",)},
    }


@pytest.mark.parametrize("kinds", ["swap+shfit", "swap+", ""])
def test_an_unknown_kind_among_several_is_refused(tmp_path, kinds):
    with pytest.raises(ConfigError, match="unknown augmentation") as caught:
        ablate(None, out=tmp_path / "run", augmentation=[kinds])
    assert "`shift`" in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_kinds_together_are_compared_with_none(tiny_world, tmp_path):
    config = make_config({**read_config(tiny_world), "training": {"augment": ["jitter"], "epochs": 1}})
    result = ablate(config, out=tmp_path / "run", augmentation=["swap+dropping"])
    plain = make_config({**read_config(tiny_world), "training": {"epochs": 1}})
    assert list(result.table["variant"]) == ["hybrid", "with swap+dropping"]
    again = ablate(plain, out=tmp_path / "again", augmentation=["swap+dropping"])
    pd.testing.assert_frame_equal(result.table, again.table)


def test_what_there_is_nothing_of_is_not_tried(make_panel):
    names = [f"with {kind}" for kind in EACH]
    panel = make_panel(places=1)
    tried = [name for name in names if _makes_sense(name, panel, make_config({}))]
    assert not {"with mixup", "with shift", "with weather", "with response"} & set(tried)
    warm = make_panel().with_variable("temperature", np.ones((480, 4)), units="degC", availability="perfect")
    assert [name for name in names if _makes_sense(name, warm, make_config({}))] == names


def test_only_so_much_history_is_kept(tiny_world, tiny_tables, tmp_path):
    load, weather = tiny_tables(60)
    load.to_csv(tmp_path / "load.csv")
    weather.to_csv(tmp_path / "weather.csv")
    tables = read_config(tiny_world)
    tables["data"]["temporal"], tables["weather"]["source"] = str(tmp_path / "load.csv"), str(tmp_path / "weather.csv")
    config = make_config({**tables, "backtest": {"first": "2024-02-25 00:00"}})
    kept = _prepared(config, 1, Listener())
    assert kept.panel.times[0] == pd.Timestamp("2024-01-25", tz="UTC")
    assert kept.config.data.start == "2024-01-25T00:00:00+00:00"  # so that the written configuration makes the same again
    said = []
    assert _prepared(config, 2, Listener(said.append)).panel.times[0] == pd.Timestamp("2024-01-01", tz="UTC")
    assert said[-1] == "there are not 2 months of history: all is kept, from 2024-01-01 on"


def test_an_unknown_kind_is_refused_before_the_work(tiny_world, tmp_path):
    config = make_config({**read_config(tiny_world), "training": {"augment": ["jiter"]}})
    with pytest.raises(ConfigError, match="did you mean `jitter`"):
        ablate(config, out=tmp_path / "run", augmentation=True)
    assert not (tmp_path / "run").exists()
