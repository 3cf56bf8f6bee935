"""The page of results: how good a run is beside its baselines, when and where it errs, and what can be taken away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from gridcast.app.asking import guarded
from gridcast.app.compared import comparison, differences
from gridcast.app.pages.resultsparts import show_downloads, show_sureness, show_week
from gridcast.app.pages.shown import choose_view, clicked_place, page_colours, say_empty, show_figure, stamp_of
from gridcast.app.runs import StoredRun, find_runs
from gridcast.app.scored import FILES, Scored, kind_of, map_told, open_scored, score_columns
from gridcast.app.scorefigures import error_map, skill_figure, split_figure, split_said
from gridcast.views.backtested import WEATHER
from gridcast.views.backtestverdict import verdict

VIEWS = ("Scores", "Week by week", "When it errs", "Where it errs", "How sure it is", "Compare runs", "Downloads")
SPLITS = {"lead": "By lead time", "hour": "By hour of the day", "season": "By season"}
PLACE = "results-place"


def show(runs_dir: Path, run: StoredRun | None) -> None:
    """Show the results of a run."""
    st.title("Results")
    if run is None or kind_of(run.path) is None:
        _say_nothing(run)
        return
    with guarded():
        scored = opened(run.path)
        st.caption(_said(scored))
        view = choose_view("What to look at", VIEWS, key="results-view")
        if view == "Scores":
            _show_scores(scored, runs_dir)
        elif view == "Week by week":
            show_week(scored, page_colours(), key=PLACE)
        elif view == "When it errs":
            _show_times(scored)
        elif view == "Where it errs":
            _show_places(scored)
        elif view == "How sure it is":
            show_sureness(scored)
        elif view == "Compare runs":
            _show_comparison(scored, runs_dir)
        else:
            show_downloads(scored)


def opened(path: Path) -> Scored:
    """Return the scores of a folder, from memory where it has not changed."""
    kind = kind_of(path)
    return _opened(path, stamp_of(path / FILES[kind]) if kind else 0)


@st.cache_resource(max_entries=16, show_spinner="Reading the scores ...")
def _opened(path: Path, changed: int) -> Scored:  # noqa: ARG001  by which it is renewed
    return open_scored(path)


def _say_nothing(run: StoredRun | None) -> None:
    if run is None:
        say_empty("No run is chosen.", "Choose one on the left, or start one on the page “Train”.")
    elif run.state in ("queued", "running"):
        say_empty(
            f"“{run.name}” is still {run.state}.", "Its scores appear here when it is done; the page “Train” shows how far it is."
        )
    else:
        say_empty(
            f"“{run.name}” has no scores.",
            "It was trained for operation on all readings, so that none was left to score it on, or it did not end well. "
            "A backtest of the same settings tells how good it is:",
            f"gridcast backtest {run.path / 'config.toml'} --out {run.path}-backtest",
        )


def _said(scored: Scored) -> str:
    facts = scored.facts
    first, last = (str(facts.get(name) or "")[:10] for name in ("first_issue_time", "last_issue_time"))
    period = f"{first} to {last}" if last else f"from {first}"
    return (
        f"**{scored.path.name}** · {len(scored.names)} places · {facts.get('issue_times', 0)} forecasts of "
        f"{facts.get('horizon')} steps · {period} · {WEATHER[scored.backtested.weather]}"
    )


def _show_scores(scored: Scored, runs_dir: Path) -> None:
    backtested = scored.backtested
    st.info(f"{verdict(backtested)}.")
    told, command = map_told(scored, runs_dir)
    if told:
        st.info(told)
    overall = backtested.scores[backtested.scores["split"] == "overall"]
    st.subheader("All models, over everything")
    _show_table(score_columns(overall, scored.unit).reindex(backtested.models))
    if scored.versus is not None:
        st.subheader("Beside the operator")
        st.caption("On the hours and places that the operator forecast too.")
        _show_table(score_columns(scored.versus[scored.versus["split"] == "overall"], scored.unit).sort_values(_first(scored)))
    if scored.total:
        st.subheader("The sum of all places")
        rows = [(model, metric, value) for model, values in scored.total.items() for metric, value in values.items()]
        _show_table(score_columns(pd.DataFrame(rows, columns=["model", "metric", "value"]), scored.unit))
    figure = skill_figure(backtested, page_colours())
    if figure is not None:
        text = f"Skill of {backtested.best} against each other model: 1 − error / error of the other; right of 0 it is better."
        show_figure(figure, text, key="results-skill")
    if not told:
        say_empty(
            "Did the map earn its keep? Nobody has tried yet.",
            "An ablation trains the network again without the branch that reads the map, and with the places shuffled on it:",
            command,
        )


def _first(scored: Scored) -> str:
    return str(next(iter(score_columns(scored.backtested.scores, scored.unit))))


def _show_table(table: pd.DataFrame) -> None:
    """Show scores, the best of each column in bold letters."""
    errors = [name for name in table if str(name).startswith(("RMSE", "MAE", "nMAE", "MAPE", "MASE", "CRPS", "peak"))]
    styled = table.style.format(_number).highlight_min(subset=errors, props="font-weight: 700; text-decoration: underline")
    st.dataframe(styled, placeholder="–", alt="Scores by model; the best of each column is underlined.")


def _number(value: Any) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _show_times(scored: Scored) -> None:
    metric, colours = scored.backtested.metric, page_colours()
    for split, title in SPLITS.items():
        figure = split_figure(scored.backtested, split, metric, colours)
        if figure is None:
            continue
        st.subheader(title)
        show_figure(figure, split_said(scored.backtested, split, metric), key=f"results-{split}")
    if scored.kind == "run":
        st.caption(
            "A run keeps the forecasts of its network only: `gridcast backtest` tells how the baselines do, and the seasons."
        )


def _show_places(scored: Scored) -> None:
    backtested = scored.backtested
    columns = st.columns([1, 1, 1])
    model = columns[0].selectbox("Error of", backtested.models, key="results-model")
    rivals = [name for name in backtested.models if name != model]
    rival = columns[1].selectbox(
        "Against", ["", *rivals], key="results-rival", format_func=lambda name: name or "nobody: the error itself"
    )
    if st.session_state.get(PLACE) not in scored.names:
        st.session_state[PLACE] = scored.names[0]
    place = columns[2].selectbox("Place", scored.names, key=PLACE)
    figure, text = error_map(backtested, scored.places, model, page_colours(), rival=rival, chosen=place)
    show_figure(figure, text, key="results-map", on_select=clicked_place("results-map", PLACE))
    table = backtested.split("location", backtested.metric)
    st.subheader(f"Each place: {backtested.error_label}")
    st.dataframe(
        table.sort_values(model, ascending=False).style.format(_number),
        height=300,
        placeholder="–",
        alt="Error of each model by place.",
    )


def _show_comparison(scored: Scored, runs_dir: Path) -> None:
    others = [each for each in find_runs(runs_dir) if each.path != scored.path and kind_of(each.path)]
    if not others:
        say_empty("There is nothing to compare with.", "This is the only run with scores in the folder.")
        return
    names = {each.name: each.path for each in others}
    chosen = st.multiselect("Compare with", list(names), default=list(names)[:1], key="results-compared")
    runs = [scored, *(opened(names[name]) for name in chosen)]
    told = differences(runs)
    if told:
        st.warning(told)
    table = comparison(runs)
    st.dataframe(
        table.style.format(_number, subset=table.select_dtypes("number").columns),
        placeholder="–",
        alt="Scores of the runs, a row a run.",
    )
    st.caption("Scores of the network of each run, or of its best model where it has none.")
