"""The page of training: settings with sensible defaults, a job that goes on by itself, its progress, and what was tried before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from gridcast.app.asked import Asked, usual_test_days
from gridcast.app.asking import guarded
from gridcast.app.history import history
from gridcast.app.jobs import start_job
from gridcast.app.pages.shown import say_empty
from gridcast.app.pages.source import WANTED, kept, link_to, recognised, source
from gridcast.app.pages.trainparts import show_progress
from gridcast.app.reading import Recognised, title_of
from gridcast.app.runs import StoredRun, find_runs
from gridcast.config import RunConfig

NEW, PROGRESS, HISTORY = "New run", "How it goes", "History"
VIEW, VIEW_WANTED = "train-view", "train-view-wanted"
SIZES = {"small": "minutes", "medium": "usual", "large": "slow, for many places"}


def show(runs_dir: Path, run: StoredRun | None) -> None:
    """Show the page."""
    st.title("Train")
    first = PROGRESS if run is not None and run.is_under_way else NEW
    st.session_state[VIEW] = st.session_state.pop(VIEW_WANTED, None) or st.session_state.get(VIEW) or first
    view = st.segmented_control("What to look at", (NEW, PROGRESS, HISTORY), required=True, key=VIEW)
    with guarded():
        if view == NEW:
            _ask(runs_dir)
        elif view == PROGRESS:
            _show_run(run)
        else:
            _show_history(find_runs(runs_dir))


def _ask(runs_dir: Path) -> None:
    config = source()
    if config is None:
        say_empty("No readings are chosen yet.", "Choose them on the page “Data” first: what is trained on is what you see there.")
        link_to("data", "Choose readings", ":material/database:")
        return
    found = recognised(config)
    st.caption(f"On **{title_of(config)}**: {len(found.panel.locations)} places, {found.facts['From']} to {found.facts['Until']}.")
    if not found.report.advisable:
        st.warning(f"{found.report.verdict}. The training may fail, or be worth little.", icon=":material/warning:")
    with st.form("train", border=True):
        asked, name = _controls(runs_dir, config, found)
        if st.form_submit_button("Start training", type="primary", icon=":material/play_arrow:"):
            _start(runs_dir, asked.config(config), name)


def _controls(runs_dir: Path, config: RunConfig, found: Recognised) -> tuple[Asked, str]:
    """Return what is asked for, and the name of the run."""
    per_day = round(86_400 / found.panel.freq.total_seconds()) or 1
    given: dict[str, Any] = {}
    first, second, third = st.columns(3, gap="medium")
    with first:
        given["horizon"] = st.number_input("Horizon", 1, 24 * 14, max(per_day, 1) if per_day > 1 else 7, key="train-horizon")
        st.caption("Steps to forecast; 24 is a day of hourly readings.")
        given["sequence_length"] = st.number_input(
            "Sequence length", 1, 24 * 366, None, placeholder="28 days", key="train-sequence-length"
        )
        st.caption("Steps of history that the LSTM reads. Left empty: 28 days.")
    with second:
        given["epochs"] = st.number_input("Epochs", 1, 500, 30, key="train-epochs")
        st.caption("Passes over the history. More learn more, up to a point.")
        given["grid_size"] = st.number_input("Grid size", 1, 128, None, placeholder="as the places need", key="train-grid-size")
        st.caption("Rows and columns of the map that the CNN reads.")
    with third:
        given["size"] = st.select_slider(
            "Size of the network", list(SIZES), "medium", format_func=lambda size: f"{size} ({SIZES[size]})", key="train-size"
        )
        st.caption("A larger one can learn more, and takes longer.")
        days = usual_test_days(found.panel.end - found.panel.times[0])
        given["test_days"] = st.number_input("Test days", 1, 730, days, key="train-test-days")
        st.caption("Days at the end that nothing is learned from: the score.")
    name = _more(runs_dir, config, given)
    return Asked(**given), name


def _more(runs_dir: Path, config: RunConfig, given: dict[str, Any]) -> str:
    """Ask for what has a default that most keep, and return the name of the run."""
    with st.expander("Weather, holidays, name, seed", icon=":material/tune:"):
        left, right = st.columns(2, gap="medium")
        with left:
            upload = st.file_uploader("Weather of stations, or a field (CSV, Parquet, NetCDF)", key="train-weather")
            typed = st.text_input("Or its path on this machine", config.weather.source, key="train-weather-path")
            given["perfect_weather"] = st.checkbox(
                "Let measured weather stand in for a forecast (scores are then ex post, and say so)", key="train-perfect"
            )
        with right:
            name = st.text_input("Name of the run", placeholder="date and time", key="train-name")
            given["country"] = st.text_input(
                "Country whose public holidays count", placeholder="such as DE or US", key="train-country"
            )
            given["seed"] = st.number_input("Seed", 0, 2**31, config.training.seed, key="train-seed")
            st.caption("The same seed gives the same result on the same machine.")
        given["weather"] = kept(runs_dir, upload) or typed.strip()
    return name


def _start(runs_dir: Path, config: RunConfig, name: str) -> None:
    run = start_job(runs_dir, "run", config, name)
    st.session_state[WANTED], st.session_state[VIEW_WANTED] = run.name, PROGRESS
    st.rerun()


def _show_run(run: StoredRun | None) -> None:
    if run is None:
        say_empty(
            "There is no run yet.", "Start one under “New run”: how it goes is shown here, also after the browser was closed."
        )
    elif not run.job.is_dir():
        say_empty(
            f"“{run.name}” was not started from the app.",
            "It is done; its scores are on the page “Results”, its losses in its folder.",
        )
    else:
        show_progress(run)


def _show_history(runs: list[StoredRun]) -> None:
    if not runs:
        say_empty(
            "There are no runs yet.", "Each one that is started, here or with `gridcast run` into the same folder, is listed here."
        )
        return
    columns: dict[str, Any] = {
        "run": st.column_config.TextColumn("Run", pinned=True),
        **{name: name.capitalize() for name in ("state", "kind", "places", "horizon", "size", "epochs")},
        "started": st.column_config.DatetimeColumn("Started", format="YYYY-MM-DD HH:mm"),
        "RMSE": st.column_config.NumberColumn(format="%.4g"),
        "skill": st.column_config.NumberColumn("Skill", help="1 − error / error of the better naive forecast", format="%.3f"),
        "seconds": st.column_config.NumberColumn("Took [s]", format="%.0f"),
    }
    st.dataframe(history(runs), hide_index=True, column_config=columns, placeholder="–", alt="All runs, the newest first.")
    st.caption("Choose one on the left to look at it. RMSE in the unit of its readings; runs on other readings do not compare.")
