"""The report of a folder: made from what is stored, with its sources or without, and never half-written."""

import json
import re
import shutil
import warnings
from html import unescape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import gridcast
from gridcast.clock import DAY
from gridcast.config import RunConfig, make_config, read_config, to_toml
from gridcast.errors import ConfigError, FileError, GridcastError, GridcastWarning
from gridcast.evaluation import evaluate, forecast_table, issue, overall
from gridcast.forecast import Forecast, actual_values
from gridcast.forecasters.baselines import SeasonalNaive
from gridcast.loading import Listener, load, with_covariates
from gridcast.store import save_predictions, write_csv, write_json
from gridcast.workflow.fingerprints import READ_AS, compared, fingerprints, of_panel
from gridcast.workflow.reporting import kind_of, report
from gridcast.workflow.surroundings import ablation_beside, asked_of, noted, without_passwords

NAIVE = ["seasonal_naive_24h", "seasonal_naive_168h"]


def settings(tiny_world: Path, folder: Path, **backtest) -> RunConfig:
    """Return the settings of a copy of the tiny world in a folder."""
    for name in ("load.csv", "places.csv", "weather.csv"):
        shutil.copy(tiny_world.parent / name, folder / name)
    tables = read_config(tiny_world)
    tables["data"] |= {name: str(folder / f"{file}.csv") for name, file in (("temporal", "load"), ("spatial", "places"))}
    tables["weather"] |= {name: str(folder / f"{file}.csv") for name, file in (("source", "weather"), ("stations", "places"))}
    tables["backtest"] = {"baselines": NAIVE, **backtest}
    return make_config(tables)


@pytest.fixture
def undrawn(monkeypatch) -> None:
    """Leave the figures of a page undrawn, for tests of its words."""
    monkeypatch.setattr(Figure, "savefig", lambda *_, **__: None)


@pytest.fixture
def config(tiny_world, tmp_path) -> RunConfig:
    return settings(tiny_world, tmp_path, not_scored=["C"])


@pytest.fixture
def backtested(config, tmp_path, stand_in, undrawn) -> Path:
    """Return the folder of a backtest, with a place that is not scored."""
    gridcast.backtest(config, out=tmp_path / "bt")
    return tmp_path / "bt"


def made(config: RunConfig, folder: Path, *, tested: bool) -> Path:
    """Write what `gridcast run` or `gridcast train` leaves, but for the network; the hybrid is that of yesterday plus one."""
    panel = load(config, Listener()).panel
    issued = pd.date_range(panel.end - 4 * DAY, periods=4, freq="D")
    forecasts = {name: issue(SeasonalNaive(span, 24), panel, issued) for name, span in zip(NAIVE, (DAY, 7 * DAY), strict=True)}
    values = forecasts[NAIVE[0]].values + 1
    told = ([0.1, 0.5, 0.9], values.values[..., None] + np.array([-1.0, 0, 1]))
    hybrid = Forecast.of(values.values, panel=panel, issue_times=issued, quantiles=told)
    record = {"freq_minutes": 60.0, "places": 3, "unit": "MW", "weather": "none", "gridcast": "0.1.0"}
    until = issued[0] if tested else panel.end
    folder.mkdir()
    (folder / "config.toml").write_text(to_toml(config))
    write_json({**record, "trained_until": until.isoformat(), "data": fingerprints(config, panel)}, folder / "run.json")
    write_csv(pd.DataFrame({"loss": [2.0, 1.0], "val_loss": [2.0, 1.5], "epoch": [1, 2]}), folder / "history.csv")
    if tested:
        actual = actual_values(panel, issued, 24)
        table = evaluate({"hybrid": hybrid, **forecasts}, actual)
        save_predictions(actual, hybrid, folder / "predictions.csv")
        write_csv(table, folder / "scores.csv")
        write_json(overall(table), folder / "metrics.json")
    return folder


def forecast_file(config: RunConfig, path: Path, *, last: bool) -> Path:
    """Write a table as `gridcast forecast` does, of the day after the readings, or of their last day."""
    panel = load(config, Listener()).panel
    moment = pd.DatetimeIndex([panel.end - (DAY if last else 0 * DAY)])
    hybrid = issue(SeasonalNaive(DAY, 24), panel, moment)
    table = forecast_table({"": hybrid}, actual_values(panel, moment, 24))
    write_csv(table[["location", "issue_time", "valid_time", "lead", "point"]], path)
    return path


def words(path: Path) -> str:
    """Return the text of a page, a space for each tag."""
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return " ".join(unescape(bare).split())


def test_a_backtest_says_the_same_when_it_is_read_again(backtested, tmp_path):
    first = words(backtested / "report.html")
    again = words(report(backtested, out=tmp_path / "again.html"))
    assert "Forecast, and left out of the scores and of the sum: C ( backtest.not_scored )." in first
    assert "Asked for: the consumption [MW] of 2 places over 24 steps of 1 h, with quantiles of 5 to 95 %;" in first
    assert "The readings of all scored steps are still those with which the forecasts were scored." in again
    assert again.partition("Fingerprints")[2].count("the same") == 5  # four files, and the readings as read
    for text in (first, again):
        assert f"gridcast ablate {backtested / 'config.toml'} --out {backtested}-parts" in text
    parts = first.partition("The data")[0], again.partition("The data")[0]
    assert parts[0] == parts[1]
    tables = [re.findall(r"<table.*?</table>", path.read_text()) for path in (backtested / "report.html", tmp_path / "again.html")]
    assert tables[0][:-1] == tables[1][:-1]  # but for the fingerprints


def test_without_its_sources_a_backtest_is_still_reported(backtested, tmp_path):
    (tmp_path / "load.csv").unlink()
    said: list[str] = []
    page = report(backtested, out=tmp_path / "again.html", listener=Listener(said.append))
    text = words(page)
    assert "The data can't be read again, and the report does without what needs them: " in text
    assert any(sentence.startswith("The data can't be read again") for sentence in said)
    assert text.count("not there any more") == 2  # the file, and the readings as they were read
    assert "No weather was read." in text
    assert "Map of the places" not in page.read_text()
    assert "hybrid" in text.partition("The data")[0]


def test_changed_readings_are_counted(backtested, tmp_path):
    table = pd.read_csv(tmp_path / "load.csv")
    table.loc[table.index[-5:], "A"] += 7
    table.to_csv(tmp_path / "load.csv", index=False)
    text = words(report(backtested, out=tmp_path / "again.html"))
    # of four days at three places five readings are others
    assert "The sources have changed since: 5 of 288 readings of scored steps are others now, or missing." in text
    assert "changed" in text.partition("Fingerprints")[2]


def test_a_run_is_scored_again_beside_the_naive_forecasts(config, tmp_path, undrawn):
    folder = made(config, tmp_path / "run", tested=True)
    page = report(folder)
    text, kept = words(page), json.loads((folder / "metrics.json").read_text())
    assert page == folder / "report.html"
    assert "the last 4 days were held out" in text
    assert "Loss on what was learned from" in text
    maes = {name: f"{kept[name]['mae']:#.3g}" for name in kept}
    rows = re.findall(r"<tr><td>(?:<b>)?(\w+)(?:</b>)?</td><td>(?:<b>)?[\d.]+(?:</b>)?</td><td>(?:<b>)?([\d.]+)", page.read_text())
    assert dict(rows[:3]) == maes
    assert "1 − error / error of the other model" in text


def test_without_its_sources_a_run_keeps_the_scores_of_its_baselines(config, tmp_path, undrawn):
    folder = made(config, tmp_path / "run", tested=True)
    with_sources = words(report(folder, out=tmp_path / "with.html"))
    (tmp_path / "load.csv").unlink()
    without = words(report(folder, out=tmp_path / "without.html"))
    best = re.search(r"(\w+) is the best of 3 models, off by [\d.]+ % of mean load", with_sources)
    assert best is not None
    assert best[0] in without
    assert "(not tested)" in without
    assert "(not tested)" not in with_sources.partition("The data")[0]


def test_a_training_is_reported_with_what_it_forecast(config, tmp_path, undrawn):
    folder = made(config, tmp_path / "model", tested=False)
    assert "There is no forecast to report" in words(report(folder))
    forecast_file(config, folder / "tomorrow.csv", last=False)
    text = words(report(folder, overwrite=True))
    assert "No step of 1 forecast of 3 places has a reading yet" in text
    assert "the hybrid learned from all readings until 2024-01-31 00:00 UTC" in text
    scored = words(report(folder, forecasts=[forecast_file(config, tmp_path / "f.csv", last=True)], out=tmp_path / "x.html"))
    # its points are those of the same hours of yesterday
    assert "of 3 models, off by" in scored
    assert "The best and the worst days" in scored


def test_the_ablation_beside_is_found_where_data_and_task_are_the_same(backtested, config, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    rows = "variant,nmae,difference_percent,low,high,p_value\nhybrid,3.0,0,,,\nwithout CNN,3.3,10,8,12,0.001\n"
    (folder / "ablation.csv").write_text(rows)
    (folder / "ablation.json").write_text("{}")
    (folder / "config.toml").write_text(to_toml(config.model_copy(update={"task": config.task.model_copy(update={"horizon": 12})})))
    assert ablation_beside(backtested, config)[0] is None
    short = config.model_copy(update={"data": config.data.model_copy(update={"start": "2024-01-03"})})
    (folder / "config.toml").write_text(to_toml(short))
    text = words(report(backtested, out=tmp_path / "x.html"))
    assert "The map earned its keep" in text
    assert f"From {folder.as_posix()} , where the whole hybrid has an nMAE of 3.00 %." in text
    assert "without CNN 3.30 +10.0 +8.0 to +12.0 0.001 yes" in text
    with pytest.raises(FileError, match="holds no ablation"):
        report(backtested, out=tmp_path / "y.html", ablation=tmp_path)
    (folder / "ablation.csv").write_text("variant\n")
    with pytest.raises(FileError, match=r"no `nmae`, `difference_percent`"):
        report(backtested, out=tmp_path / "y.html", ablation=folder)


def test_damaged_files_are_named_and_nothing_is_written(backtested):
    before = (backtested / "report.html").read_bytes()
    damages = [
        ("forecasts.parquet", b"no table"),
        ("forecasts.parquet", None),
        ("scores.parquet", b"PAR1"),
        ("scores.json", b"[1]"),
    ]
    damages += [("scores.json", b"{}"), ("scores.json", b"{"), ("total.parquet", b""), ("config.toml", b"[data")]
    for file, content in damages:
        path = backtested / file
        whole = path.read_bytes()
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(GridcastError) as caught:
            report(backtested, overwrite=True)
        assert str(path) in str(caught.value)
        assert caught.value.problems[0].found
        path.write_bytes(whole)
    assert (backtested / "report.html").read_bytes() == before
    assert not list(backtested.glob(".*"))


@pytest.mark.parametrize(("file", "content"), [("run.json", "{}"), ("predictions.csv", "a,b\n1,2\n"), ("history.csv", "\0")])
def test_damaged_files_of_a_run_are_named(config, tmp_path, file, content):
    folder = made(config, tmp_path / "run", tested=True)
    (folder / file).write_text(content)
    with pytest.raises(FileError, match=f"{file}.*is damaged"):
        report(folder)
    assert not (folder / "report.html").exists()


def test_what_is_no_run_is_refused(tmp_path, config):
    with pytest.raises(FileError, match="there is no folder"):
        report(tmp_path / "nowhere")
    with pytest.raises(FileError, match="is no run folder"):
        report(tmp_path)
    for name in ("config.toml", "ablation.json"):
        (tmp_path / name).write_text("")
    with pytest.raises(FileError, match="ablation: `") as caught:
        kind_of(tmp_path)
    assert "report.html" in caught.value.problems[0].hint
    folder = made(config, tmp_path / "run", tested=True)
    with pytest.raises(ConfigError, match="page of HTML"):
        report(folder, out=tmp_path / "x.pdf")
    with pytest.raises(ConfigError, match="are in its folder"):
        report(folder, forecasts=["f.csv"])
    (folder / "report.html").write_text("mine")
    with pytest.raises(FileError, match="would be replaced"):
        report(folder)
    assert (folder / "report.html").read_text() == "mine"


def test_fingerprints_tell_what_changed(config, tmp_path):
    panel = load(config, Listener()).panel
    then = fingerprints(config, panel)
    assert set(then) == {"readings", "places", "weather", "stations", READ_AS}
    # printf 'id,latitude,longitude\nA,50,5\nB,51,6\nC,52,7\n' | sha256sum
    assert then["places"]["sha256"].startswith("1c10dd6253b2")
    assert then["places"] == then["stations"] | {"from": "places.csv"}
    (tmp_path / "places.csv").write_text("id,latitude,longitude\nA,50,5\nB,51,6\nC,52,8\n")
    (tmp_path / "weather.csv").unlink()
    states = {each.what: each.state for each in compared(then, fingerprints(config))}
    wanted = {"readings": "the same", "places": "changed", "weather": "not there any more", READ_AS: "not there any more"}
    assert {name: states[name] for name in wanted} == wanted
    assert {each.state for each in compared({}, then)} == {"not kept then"}
    assert {each.state for each in compared(None, then)} == {""}
    assert of_panel(panel) == of_panel(panel.between(None, None))
    assert of_panel(panel) != of_panel(panel.only(["B", "A", "C"]))


def test_a_folder_has_the_fingerprint_of_its_files(tmp_path):
    (tmp_path / "many").mkdir()
    for name in ("a.csv", "b.csv"):
        (tmp_path / "many" / name).write_text(name)
    config = make_config({"data": {"temporal": str(tmp_path / "many"), "operator": f"{tmp_path / 'many' / 'a.csv'}#A"}})
    found = fingerprints(config)
    assert found["readings"]["from"] == "many (2 files)"
    assert found["readings"]["bytes"] == 10
    assert found["operator"]["bytes"] == 5
    assert found["operator"]["from"] == "a.csv#A"


def test_passwords_are_not_told():
    pytest.importorskip("sqlalchemy")
    secret = "postgresql://me:hunter2@host/grid#load"
    config = make_config({"data": {"temporal": secret, "spatial": "p.csv"}, "output": {"forecasts_to": secret}})
    assert "hunter2" not in without_passwords(config)
    assert "hunter2" not in json.dumps(fingerprints(config))
    assert make_config({}) == RunConfig()


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ({}, "a forecast every 24 h, by forecasters that learned once, from all before the first issue time."),
        ({"refit_days": 7, "window_days": 30}, "learned anew every 7 days from the 30 days before."),
        ({"folds": 4}, "learned in 4 folds, from all but the days that they forecast and 7 days around them."),
        ({"folds": 4, "leave_out": "regions"}, "did not learn from the regions that they forecast."),
    ],
)
def test_the_task_is_told_in_a_sentence(plan, said):
    config = make_config({"backtest": plan, "task": {"gap": 6, "horizon": 12}})
    text = asked_of(config, freq=pd.Timedelta("30min"), places=1, unit="MW")
    assert text.startswith("Asked for: the consumption [MW] of 1 place over 12 steps of 30 min, beginning 3 h after the issue time")
    assert text.endswith(said)


def test_what_is_said_is_written_down_and_passed_on_once():
    heard: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with noted(Listener(heard.append)) as (listener, said):
            listener.say("a")
            for _ in range(3):
                warnings.warn("b", GridcastWarning, stacklevel=1)
    assert (heard, said) == (["a"], ["a", "warning: b"])
    assert [str(each.message) for each in caught] == ["b"]


def test_weather_variables_with_the_same_gaps_make_one_warning(config, tmp_path):
    table = pd.read_csv(tmp_path / "weather.csv").iloc[:-48]
    for name in ("A", "B", "C"):
        table[f"{name}_humidity"] = 50.0
        table[f"{name}_wind_speed"] = 5.0
    table.to_csv(tmp_path / "weather.csv", index=False)
    loaded = load(config, Listener())
    with pytest.warns(GridcastWarning, match=r"`temperature`, `humidity`, `wind_speed` are missing at 48 of 720") as caught:
        with_covariates(loaded, config, loaded.panel.end, Listener())
    assert len(caught) == 1
