"""The page that explains a forecast: why it is what it is, where the network looks, why it changed, what matters overall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from gridcast.app.asking import guarded
from gridcast.app.explained import ALL, NEWEST, PICTURES, StoredExplanation, find_explanations, start_explanation
from gridcast.app.pages.explaining import WAITED, show_explaining
from gridcast.app.pages.shown import choose_view, page_colours, say_empty, say_no_network, show_figure, show_picture
from gridcast.app.places import Places, in_order, places_of_run
from gridcast.app.runs import StoredRun
from gridcast.app.whyfigures import (
    average_day,
    causes,
    contributions,
    importance_figure,
    influence_map,
    overall_importance,
    signed,
    strongest_parts,
    waterfall,
)
from gridcast.config import make_config, read_config
from gridcast.views import style
from gridcast.workflow.record import MODEL

VIEWS = ("This forecast", "Where it looks", "Why it changed", "What matters")
CHOSEN = "understand-chosen"


def show(runs_dir: Path, run: StoredRun | None) -> None:  # noqa: ARG001  as all pages are called
    """Show the explanations of a run's forecasts, and make new ones."""
    st.title("Understand")
    if run is None or not (run.path / MODEL).is_dir():
        say_no_network(run, "explained", "Its forecasts can be explained when it is done.")
        return
    with guarded():
        places = _places(run.path)
        _ask(run.path, places)
        at_work = show_explaining(run.path)
        found = find_explanations(run.path)
        if not found:
            if not at_work:
                say_empty("Nothing is explained yet.", "Choose whose forecast above: it takes a minute or two.")
            return
        labels = {each.path.name: each for each in found}
        waited = st.session_state.get(WAITED)
        if waited in labels and waited not in at_work:
            st.session_state[CHOSEN] = st.session_state.pop(WAITED)
        if st.session_state.get(CHOSEN) not in labels:
            st.session_state[CHOSEN] = next(iter(labels))
        chosen = st.selectbox("Explanation of", list(labels), format_func=lambda name: labels[name].label, key=CHOSEN)
        _show(labels[chosen], places)


def _places(path: Path) -> Places:
    config = make_config(read_config(path / "config.toml"), source="`config.toml`")
    names = _names(path)
    return places_of_run(path, config, names) or in_order(names)


def _names(path: Path) -> tuple[str, ...]:
    return tuple(json.loads((path / MODEL / "model.json").read_text(encoding="utf-8"))["locations"])


def _ask(path: Path, places: Places) -> None:
    """Ask whose forecast is to be explained, and start to explain it."""
    with st.form("explain", border=True):
        columns = st.columns([1.2, 1.2, 1], vertical_alignment="bottom")
        place = columns[0].selectbox("Whose forecast", [ALL, *places.names], key="explain-place")
        when = columns[1].text_input(
            "Issued at", placeholder=NEWEST, key="explain-when", help="Such as 2017-11-26 06:00; empty for the newest."
        )
        sent = columns[2].form_submit_button("Explain this forecast", type="primary")
    if sent:
        begun = start_explanation(path, location="" if place == ALL else str(place), issue_time=when.strip())
        st.session_state[WAITED] = begun.path.name


def _show(explanation: StoredExplanation, places: Places) -> None:
    view = choose_view("What to look at", VIEWS, key="understand-view")
    if view == VIEWS[0]:
        _show_why(explanation)
    elif view == VIEWS[1]:
        _show_influence(explanation, places)
    elif view == VIEWS[2]:
        _show_change(explanation)
    else:
        _show_importance(explanation)


def _show_why(explanation: StoredExplanation) -> None:
    why, unit = explanation.table("why"), explanation.unit
    assert why is not None  # without it there is no explanation
    steps = [f"{moment:%a %d %b %H:%M}" for moment in pd.to_datetime(why["valid_time"].unique())]
    chosen = st.select_slider("Step (UTC)", ["mean of all", *steps], key="why-step")
    step = None if chosen == "mean of all" else steps.index(chosen)
    parts, start = contributions(why, step), average_day(why, step)
    end = start + float(parts.sum())
    text = (
        f"{explanation.label}: the average day at this hour has {style.number(start)} {unit}; what each group of inputs adds "
        f"leads to the forecast of {style.number(end)} {unit}."
    )
    show_figure(waterfall(parts, "the average day", "all together", unit, page_colours()), text, key="why-figure")
    formats: dict[Any, Any] = {"adds": signed}
    with st.expander("The strongest parts"):
        st.dataframe(strongest_parts(why, step).style.format(formats), hide_index=True, alt="Parts that add or take the most.")
    _show_picture(explanation, "lags")


def _show_influence(explanation: StoredExplanation, places: Places) -> None:
    influence = explanation.table("influence")
    if influence is None or influence.empty:
        say_empty("There are no neighbours.", "The network reads no map, or knows one place only.")
    else:
        figure, text = influence_map(influence, places, str(explanation.summary["location"]), explanation.unit, page_colours())
        show_figure(figure, text, key="influence-figure")
        formats: dict[Any, Any] = {"size": style.number, "change": signed, "share": "{:.3%}"}
        st.dataframe(influence.style.format(formats), hide_index=True, height=260, alt="How far each neighbour moves the forecast.")
    for name in ("stations", "attention"):
        _show_picture(explanation, name)


def _show_change(explanation: StoredExplanation) -> None:
    change = explanation.table("change")
    if change is None:
        say_empty("There is no earlier forecast to compare with.", "Too little was known before. Explain a later issue time.")
        return
    parts, unit = causes(change), explanation.unit
    before = pd.Timestamp(change["issued_before"].iloc[0])
    text = (
        f"The forecast issued at {before:%Y-%m-%d %H:%M} UTC had {style.number(float(change['first'].mean()))} {unit} for the same "
        f"{len(change)} steps; this one has {style.number(float(change['last'].mean()))} {unit}. "
        "Each bar: what changed when the network was told it."
    )
    show_figure(waterfall(parts, "the earlier forecast", "all together", unit, page_colours()), text, key="change-figure")
    with st.expander("The steps as a table"):
        st.dataframe(change.drop(columns=["location"]), hide_index=True, alt="The change of each step by its cause.")


def _show_importance(explanation: StoredExplanation) -> None:
    importance = explanation.table("importance")
    if importance is None or importance.empty:
        say_empty("What matters overall is not known.", "There were no earlier forecasts to judge it by.")
    else:
        whole = overall_importance(importance)
        said = ", ".join(f"{row.group} {row.importance:.1f} %" for row in whole.itertuples())
        text = f"How much larger the error is when a group of inputs is that of another day: {said}."
        show_figure(importance_figure(importance, page_colours()), text, key="importance-figure")
    _show_picture(explanation, "response")


def _show_picture(explanation: StoredExplanation, name: str) -> None:
    picture = explanation.picture(name)
    if picture is not None:
        show_picture(picture, PICTURES[name])
