"""What each part of the hybrid is worth: a variant without each part that is there."""

import json

import pytest

from gridcast.config import make_config
from gridcast.errors import ConfigError
from gridcast.workflow.ablating import _makes_sense, _named, ablate


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
