"""The pages of results, forecasts and explanations, run without a browser."""

import os
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from gridcast.app.explained import PICTURES, find_explaining
from gridcast.app.locks import take
from gridcast.app.pages.shown import clicked_place
from gridcast.app.processes import end
from gridcast.app.runs import JOBS

testing = pytest.importorskip("streamlit.testing.v1")

pytestmark = pytest.mark.filterwarnings("default")  # what Streamlit itself warns of is not ours


def _script(page: str, root: str, path: str, state: str) -> None:
    import importlib
    from pathlib import Path

    from gridcast.app.runs import StoredRun

    run = StoredRun(Path(path).name, Path(path), state, "run", None) if path else None
    importlib.import_module(f"gridcast.app.pages.{page}").show(Path(root), run)


def open_page(page: str, root: Path, path: Path | None, state: str = "done"):
    """Return a page that has been run once."""
    given = {"page": page, "root": str(root), "path": str(path or ""), "state": state}
    return testing.AppTest.from_function(_script, default_timeout=120, kwargs=given).run()


def told(app) -> str:
    """Return all that a page says."""
    parts = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.code]
    return "\n".join(str(each.value) for each in parts)


def require_fine(app) -> None:
    assert not app.exception
    assert not app.error


def view(app, key: str, name: str):
    """Choose a view of a page."""
    app.button_group(key=key).set_value(name).run()
    require_fine(app)
    return app


def require_understood(typed: str) -> None:
    """See that the command line understands what a page tells to type; nothing is run."""
    from gridcast.cli import app as commands

    _, name, *rest = shlex.split(typed)
    command = typer.main.get_command(commands).commands[name]
    command.make_context(name, rest)


PAGES = ("results", "forecast", "understand")


@pytest.mark.parametrize("page", PAGES)
def test_without_a_run_each_page_says_what_to_do(page, tmp_path):
    app = open_page(page, tmp_path, None)
    require_fine(app)
    assert "No run is chosen." in told(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_run_that_is_not_done_is_told_to_be_so(page, tmp_path):
    app = open_page(page, tmp_path, tmp_path / "later", state="running")
    require_fine(app)
    assert "“later” is still running." in told(app)


@pytest.mark.parametrize("page", ["forecast", "understand"])
def test_a_backtest_has_no_network_to_be_asked_and_it_is_said_how_to_get_one(page, backtest_run):
    app = open_page(page, backtest_run.parent, backtest_run)
    require_fine(app)
    (typed,) = (each.value for each in app.code)
    assert typed.startswith("gridcast train ")
    require_understood(typed)


def test_scores_of_a_backtest_come_with_a_verdict(backtest_run, ablation_run):
    app = open_page("results", backtest_run.parent, backtest_run)
    require_fine(app)
    said = told(app)
    assert "hybrid is the best of 2 models" in said
    assert "The map earned its keep" in said
    table = app.dataframe[0].value
    assert list(table.index) == ["hybrid", "seasonal_naive_24h"]
    assert table["RMSE [MW]"].tolist() == pytest.approx([1.0, 5.0], rel=1e-3)
    assert len(app.dataframe) == 2  # and those of the sum


def test_every_view_of_results_opens(backtest_run, network_run):
    app = open_page("results", backtest_run.parent, backtest_run)
    view(app, "results-view", "Week by week")
    assert "mean absolute error of hybrid 1.00 MW, seasonal_naive_24h 5.00 MW" in told(app)
    app.selectbox(key="results-place").set_value("total").run()
    require_fine(app)
    assert "sum of all places" in told(app)
    view(app, "results-view", "When it errs")
    assert "at a lead time of" in told(app)
    view(app, "results-view", "Where it errs")
    assert "Map of error of hybrid" in told(app)
    view(app, "results-view", "How sure it is")
    assert "a quantile is honest" in told(app)
    view(app, "results-view", "Compare runs")
    assert "These runs differ in" in told(app)
    assert len(app.dataframe[0].value) == 2
    view(app, "results-view", "Downloads")
    assert len(app.get("download_button")) == 4


def test_results_of_a_run_say_what_a_backtest_would_add(network_run):
    app = open_page("results", network_run.parent, network_run)
    require_fine(app)
    assert "Nobody has tried yet" in told(app)
    for name in ("Week by week", "When it errs", "Where it errs", "How sure it is", "Downloads"):
        view(app, "results-view", name)
    assert f"gridcast report {network_run}" in told(app)


def test_a_damaged_run_is_told_in_words(backtest_run, tmp_path):
    shutil.copytree(backtest_run, tmp_path / "damaged")
    (tmp_path / "damaged" / "scores.json").write_text("{")
    app = open_page("results", tmp_path, tmp_path / "damaged")
    assert not app.exception
    assert "are damaged" in told(app)
    assert "Traceback" not in told(app)


@pytest.fixture(scope="module")
def forecast_page(network_run):
    return open_page("forecast", network_run.parent, network_run)


def test_the_newest_forecast_is_on_a_map_with_a_slider(forecast_page):
    app = forecast_page
    require_fine(app)
    assert "No weather: all places." in told(app)
    assert "Map of load" in told(app)
    app.select_slider(key="forecast-step").set_value(5).run()
    require_fine(app)
    assert "at Wed 31 Jan 2024 05:00 UTC" in told(app)
    app.button_group(key="forecast-shade").set_value("Uncertainty").run()
    require_fine(app)
    assert "Map of width of the 80 % interval" in told(app)
    app.selectbox(key="forecast-place").set_value("B").run()
    assert "**B**: highest at" in told(app)


def test_risks_are_sorted_and_follow_the_limits(forecast_page):
    app = view(forecast_page, "forecast-view", "Risks")
    table = app.dataframe[-1].value
    assert list(table.columns) == ["place", "risk", "hour (UTC)", "peak [MW]", "room to the limit"]
    assert len(table) == 3


def test_limits_that_were_set_are_kept_and_drawn(network_run):
    app = open_page("forecast", network_run.parent, network_run)
    app.session_state[f"limits-set-{network_run}"] = {"B": 1.0}
    view(app, "forecast-view", "Risks")
    assert app.dataframe[-1].value.iloc[0][["place", "risk"]].tolist() == ["B", "95 % or more"]  # 1 MW is always exceeded
    view(app, "forecast-view", "Map")
    assert app.session_state[f"limits-set-{network_run}"] == {"B": 1.0}
    view(app, "forecast-view", "Risks")
    assert app.dataframe[-1].value["place"].iloc[0] == "B"


def test_what_if_shows_the_difference_and_refuses_what_the_network_does_not_know(forecast_page):
    app = view(forecast_page, "forecast-view", "What if")
    assert "Nothing is supposed yet." in told(app)
    assert app.selectbox(key="if-holiday").disabled
    app.selectbox(key="if-silent").set_value("B")
    app.number_input(key="if-days").set_value(2)
    next(each for each in app.button if each.label == "Forecast again").click().run()
    require_fine(app)
    assert "**If no reading of B for 2 days:** the sum of all places moves by" in told(app)
    assert len(app.dataframe[-1].value) == 4


def test_explanations_that_are_there_are_shown(network_run, explanation, tmp_path):
    run = tmp_path / "explained"
    shutil.copytree(network_run, run)
    app = open_page("understand", tmp_path, run)
    require_fine(app)
    assert "Nothing is explained yet." in told(app)
    shutil.copytree(explanation.parent, run / "explanations")
    app.run()
    require_fine(app)
    assert "the average day at this hour has 105 MW" in told(app)
    view(app, "understand-view", "Where it looks")
    for name in ("stations", "attention"):
        assert PICTURES[name] in told(app)
    for name in ("Why it changed", "What matters"):
        view(app, "understand-view", name)
    assert "map 9.0 %, weather 4.0 %" in told(app)


def test_an_explanation_that_is_being_made_is_shown_until_it_is_there(network_run, explanation, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(network_run, run)
    turn = run / "explanations" / JOBS / "turn.lock"
    turn.parent.mkdir(parents=True)
    held = take(turn, wait=False)
    app = open_page("understand", tmp_path, run)
    app.selectbox(key="explain-place").set_value("A")
    next(each for each in app.button if each.label == "Explain this forecast").click().run()
    require_fine(app)
    assert [each.state for each in find_explaining(run)] == ["queued"]
    assert "Nothing is explained yet." not in told(app)
    end(run / "explanations" / JOBS / "a_newest")  # as if it were killed
    os.close(held)
    app.run()
    assert "**A, issued after the newest reading**: stopped" in told(app)
    shutil.copytree(explanation, run / "explanations" / "a_newest")  # by a time after it was begun
    (run / "explanations" / "a_newest" / "explanation.json").touch()
    app.run()
    require_fine(app)
    assert "the average day at this hour has 105 MW" in told(app)
    assert find_explaining(run) == []


def test_a_moment_that_can_not_be_explained_is_refused_in_words(network_run):
    app = open_page("understand", network_run.parent, network_run)
    app.text_input(key="explain-when").set_value("soon")
    next(each for each in app.button if each.label == "Explain this forecast").click().run()
    assert not app.exception
    assert "issue time is no moment" in told(app)


def test_a_click_on_the_map_chooses_the_place(monkeypatch):
    class Event:
        class selection:  # noqa: N801  as Streamlit calls it
            points = ({"x": 1.0}, {"x": 2.0, "customdata": "P3"})

    state = {"map": Event, "place": "P0"}
    monkeypatch.setattr("gridcast.app.pages.shown.st.session_state", state)
    clicked_place("map", "place")()
    assert state["place"] == "P3"
    Event.selection.points = ()
    clicked_place("map", "place")()  # a click beside all places changes nothing
    assert state["place"] == "P3"
