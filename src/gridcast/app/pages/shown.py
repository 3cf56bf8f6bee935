"""What the pages have in common: figures with their text, the choice of a view, and empty states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from gridcast.app.palette import CONFIG, Palette, palette
from gridcast.app.runs import StoredRun


def page_colours() -> Palette:
    """Return the colours of the page as it is, light or dark."""
    return palette(getattr(st.context.theme, "type", None))


def stamp_of(path: Path) -> int:
    """Return when a file was last changed, 0 where there is none: what a cache is renewed by. [ns]"""
    return path.stat().st_mtime_ns if path.exists() else 0


def show_figure(figure: go.Figure, text: str, *, key: str, on_select: Callable[[], None] | Literal["ignore"] = "ignore") -> None:
    """Show a figure with its text below it, which screen readers read in its place too."""
    st.plotly_chart(figure, key=key, on_select=on_select, selection_mode="points", config=CONFIG, alt=text)
    st.caption(text)


def show_picture(picture: bytes | Path, text: str) -> None:
    """Show a picture with its text below it."""
    st.image(picture if isinstance(picture, bytes) else str(picture), alt=text, width="stretch")
    st.caption(text)


def choose_view(label: str, views: Sequence[str], *, key: str) -> str:
    """Return which of several views of a page is chosen; only that one is computed."""
    chosen = st.segmented_control(label, views, default=views[0], required=True, key=key)
    return chosen or views[0]


def clicked_place(chart: str, choice: str) -> Callable[[], None]:
    """Return what makes a place that is clicked on a map the chosen one.

    Args:
        chart: Key of the map.
        choice: Key of the select box of places.
    """

    def choose() -> None:
        points = st.session_state[chart].selection.points
        name = next((point["customdata"] for point in points if point.get("customdata")), None)
        name = name[0] if isinstance(name, list) else name
        if name:
            st.session_state[choice] = name

    return choose


def say_empty(title: str, text: str, command: str = "") -> None:
    """Say that there is nothing to show yet, and what to do about it."""
    with st.container(border=True):
        st.markdown(f"**{title}**")
        st.write(text)
        if command:
            st.code(command, language="bash", wrap_lines=True)


def say_no_network(run: StoredRun | None, could: str, waiting: str) -> None:
    """Say that there is no network yet, and how one comes about.

    Args:
        run: What was chosen.
        could: What could be done with a network: `asked`.
        waiting: What to say of a run that is still at work.
    """
    if run is None:
        say_empty("No run is chosen.", "Choose one on the left, or start one on the page “Train”.")
    elif run.is_under_way:
        say_empty(f"“{run.name}” is still {run.state}.", waiting)
    else:
        say_empty(
            f"“{run.name}” has no network that could be {could}.",
            "A backtest keeps scores and forecasts, and no network. One is trained on the page “Train”, or by:",
            f"gridcast train {run.path / 'config.toml'} --out {run.path}-trained",
        )
