"""How explanations that are being made are going: shown anew every few seconds, beside those that are there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from gridcast.app.asking import guarded, say_silent_end, show_problems
from gridcast.app.explained import Explaining, find_explaining, share_of, stop_explaining
from gridcast.app.progress import Progress, progress

EVERY = 1.0  # [s]
WAITED = "understand-waited"  # the name of the explanation that was asked for here, and is shown once it is there


def show_explaining(run: Path) -> list[str]:
    """Show how the explanations of a run that are not done are going, and return their names."""
    found = find_explaining(run)
    at_work = any(each.is_under_way for each in found)
    if found:
        st.fragment(_show, run_every=EVERY if at_work else None)(run, found)
    return [each.path.name for each in found]


def _show(run: Path, before: list[Explaining]) -> None:
    with guarded():
        found = find_explaining(run)
        if found != before:
            st.rerun()
        for each in found:
            _show_one(each, progress(each.job))


def _show_one(explaining: Explaining, made: Progress) -> None:
    name = explaining.path.name
    left, right = st.columns([3, 1], vertical_alignment="center")
    if explaining.is_under_way:
        left.progress(share_of(made.said), f"**{explaining.label}**: {_told(explaining, made)}")
        if right.button("Stop", icon=":material/stop:", key=f"explain-stop-{name}", width="stretch"):
            stop_explaining(explaining)
            st.rerun()
        return
    left.markdown(f"**{explaining.label}**: {'stopped' if explaining.state == 'stopped' else 'could not be explained'}")
    if right.button("Dismiss", icon=":material/close:", key=f"explain-dismiss-{name}", width="stretch"):
        stop_explaining(explaining)
        st.rerun()
    show_problems(made.problems)
    if explaining.state == "failed" and not made.problems:
        say_silent_end(explaining.job / "log.txt")


def _told(explaining: Explaining, made: Progress) -> str:
    """Return how far it is, in words."""
    if explaining.state == "queued":
        return "waits until another one is done"
    return made.said[-1].replace("$", r"\$") if made.said else "loading the network and its readings ..."
