"""How a job goes: shown anew every few seconds while it works."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from gridcast.app.asking import guarded, say_silent_end, show_problems
from gridcast.app.curves import loss_figure, loss_said
from gridcast.app.history import scores_of_run, unit_of_run
from gridcast.app.jobs import can_go_on, resume_job, stop_job
from gridcast.app.pages.shown import page_colours, say_empty, show_figure
from gridcast.app.pages.source import link_to
from gridcast.app.progress import Progress, in_words, progress
from gridcast.app.runs import StoredRun, find_run
from gridcast.views import style

EVERY = 2.0  # [s]
BADGES: dict[str, tuple[str, Literal["blue", "orange", "red", "green"], str]] = {
    "queued": (":material/schedule:", "blue", "waits for its turn"),
    "running": (":material/autorenew:", "blue", "running"),
    "stopped": (":material/pause:", "orange", "stopped"),
    "failed": (":material/error:", "red", "failed"),
    "done": (":material/check:", "green", "done"),
}
SHOWN = 6  # sentences


def show_progress(run: StoredRun) -> None:
    """Show how far a job is, with what can be done about it."""
    st.fragment(_show, run_every=EVERY if run.is_under_way else None)(run)


def _show(run: StoredRun) -> None:
    with guarded():
        now = find_run(run.path.parent, run.name)
        if now is None:
            say_empty(f"“{run.name}” is gone.", "Its folder was removed.")
            return
        if now.state != run.state:
            st.rerun()
        made = progress(now.job)
        left, right = st.columns([3, 1], vertical_alignment="center")
        with left:
            _show_state(now, made)
        with right:
            _show_buttons(now)
        show_problems(made.problems if now.state == "failed" else ())
        if now.state == "failed" and not made.problems:
            say_silent_end(now.job / "log.txt", "A smaller network or fewer places need less memory.")
        if now.state == "done":
            _show_scores(now)
        if made.epoch:
            show_figure(loss_figure(made, page_colours()), loss_said(made), key="train-losses")
        for warning in made.warnings:
            st.warning(warning, icon=":material/warning:")
        if made.said:
            with st.expander("What it says", expanded=now.is_under_way and not made.epoch, icon=":material/notes:"):
                st.markdown("\n".join(f"- {sentence}" for sentence in made.said[-SHOWN:]).replace("$", r"\$"))


def _show_state(run: StoredRun, made: Progress) -> None:
    icon, colour, text = BADGES[run.state]
    st.badge(text, icon=icon, color=colour)
    st.progress(1.0 if run.state == "done" else made.share, text=_told(run, made))


def _told(run: StoredRun, made: Progress) -> str:
    """Return how far a job is, in a sentence."""
    name, epochs = f"**{run.name}**", f"epoch {made.epoch} of {made.epochs}"
    if run.state == "done":
        return f"{name}: done"
    if run.state == "queued":
        return f"{name}: another job is at work; this one begins when that is done"
    if run.state != "running":
        return f"{name}: {epochs}" if made.epoch else name
    if not made.epoch:
        return f"{name}: reading, and making ready; the first epoch takes longest"
    if made.epoch >= made.epochs:
        return f"{name}: trained; forecasting the test days and scoring them"
    left = f", about {in_words(made.seconds_left)} left" if made.seconds_left is not None else ""
    return f"{name}: {epochs}{left}"


def _show_buttons(run: StoredRun) -> None:
    if run.is_under_way:
        if st.button("Stop", icon=":material/stop:", help="What was learned so far is kept.", key="train-stop", width="stretch"):
            stop_job(run)
            st.rerun()
    elif run.state in ("stopped", "failed"):
        label = "Go on" if can_go_on(run) else "Begin again"
        if st.button(label, icon=":material/play_arrow:", type="primary", key="train-go-on", width="stretch"):
            resume_job(run)
            st.rerun()


def _show_scores(run: StoredRun) -> None:
    own, unit = next(iter(scores_of_run(run.path).values()), {}), unit_of_run(run.path)
    labels = {style.with_unit("RMSE", unit): "rmse", style.with_unit("MAE", unit): "mae", "nMAE": "nmae", "Skill": "skill"}
    for column, (label, name) in zip(st.columns(4), labels.items(), strict=True):
        value = own.get(name)
        column.metric(label, "–" if value is None else f"{style.number(float(value))}{' %' if name == 'nmae' else ''}")
    st.caption("On the test days. Skill: 1 − error / error of the better naive forecast; above 0 it is better than that.")
    link_to("results", "Go on: look at the results", ":material/arrow_forward:")
