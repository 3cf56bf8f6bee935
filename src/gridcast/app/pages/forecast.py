"""The page of the newest forecast: a map with a slider over time, fans, risks of exceeding limits, and what if."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from gridcast.app.asking import guarded
from gridcast.app.fanfigure import fan_figure
from gridcast.app.outlook import Outlook, as_csv, moments_of, open_outlook_run, outlook_of
from gridcast.app.outlookfigures import LOAD, SHADES, outlook_map, step_label
from gridcast.app.pages.forecastparts import limits_set, show_risks, show_what_if
from gridcast.app.pages.shown import choose_view, clicked_place, page_colours, say_no_network, show_figure, stamp_of
from gridcast.app.places import Places
from gridcast.app.runs import StoredRun
from gridcast.evaluation.totals import TOTAL
from gridcast.views import style
from gridcast.workflow.record import MODEL

VIEWS = ("Map", "Risks", "What if")
PLACE, ALL = "forecast-place", "sum of all places"
RECENT = {"3 days": 3, "a week": 7, "four weeks": 28}


def show(runs_dir: Path, run: StoredRun | None) -> None:  # noqa: ARG001  as all pages are called
    """Show the newest forecast of a run."""
    st.title("Forecast")
    if run is None or not (run.path / MODEL).is_dir():
        say_no_network(run, "asked", "It can forecast when it is done; the page “Train” shows how far it is.")
        return
    with guarded():
        opened, places = opened_run(run.path)
        moments = moments_of(opened)
        columns = st.columns([1.3, 1.2, 1])
        moment = columns[0].selectbox(
            "Issued at", moments, format_func=lambda each: _moment_label(each, moments[0]), key="forecast-moment"
        )
        outlook = _outlook(run.path, _stamp(run.path), moment, opened)
        names = [TOTAL, *outlook.made.locations]
        if st.session_state.get(PLACE) not in names:
            st.session_state[PLACE] = TOTAL
        place = columns[1].selectbox("Place", names, format_func=lambda name: ALL if name == TOTAL else name, key=PLACE)
        with columns[2].container(vertical_alignment="bottom", height="stretch"):
            name = f"{run.name}-{moment:%Y%m%dT%H%M}.csv"
            st.download_button("Download CSV", lambda: as_csv(outlook), file_name=name, mime="text/csv", key="forecast-csv")
        if outlook.notes:
            st.caption(":material/info: " + " · ".join(outlook.notes))
        view = choose_view("What to look at", VIEWS, key="forecast-view")
        if view == "Map":
            _show_map(outlook, places, place, limits_set(run.path).get(place))
        elif view == "Risks":
            show_risks(outlook, run.path)
        else:
            show_what_if(opened, outlook, places, place)


def opened_run(path: Path) -> tuple[Any, Places]:
    """Return a run that can be asked, from memory where it has not changed."""
    return _opened(path, _stamp(path))


def _stamp(path: Path) -> int:
    return stamp_of(path / "run.json")


@st.cache_resource(
    max_entries=4, show_spinner="Loading the network and its newest readings: this takes some seconds the first time ..."
)
def _opened(path: Path, changed: int) -> tuple[Any, Places]:  # noqa: ARG001  by which it is renewed
    return open_outlook_run(path)


@st.cache_resource(max_entries=32, show_spinner="Forecasting ...")
def _outlook(path: Path, changed: int, moment: pd.Timestamp, _opened: Any) -> Outlook:  # noqa: ARG001
    return outlook_of(_opened, moment)


def _moment_label(moment: pd.Timestamp, newest: pd.Timestamp) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" + (" (newest)" if moment == newest else "")


def _show_map(outlook: Outlook, places: Places, place: str, limit: float | None) -> None:
    colours = page_colours()
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        kind = st.segmented_control("Colour", SHADES, default=LOAD, required=True, key="forecast-shade") or LOAD
        labels = [step_label(moment) for moment in outlook.times]
        steps = range(len(labels))
        step = st.select_slider("Hour (UTC)", steps, format_func=labels.__getitem__, key="forecast-step") if len(steps) > 1 else 0
        figure, text = outlook_map(outlook, places, kind, int(step), colours, chosen=place)
        show_figure(figure, text, key="forecast-map", on_select=clicked_place("forecast-map", PLACE))
    with right:
        days = st.segmented_control("Readings before it", list(RECENT), default="3 days", required=True, key="forecast-days")
        show_fan(outlook, place, days=RECENT[days or "3 days"], limit=limit)
    with st.expander("The forecast of this place as a table"):
        fan = outlook.fan(place)
        table = pd.DataFrame(
            {"forecast": fan.point, **{f"q{level:g}": each for level, each in fan.quantiles.items()}}, index=fan.times
        )
        st.dataframe(table.round(1), alt=f"Forecast of {place} by hour, with its quantiles.")


def show_fan(outlook: Outlook, place: str, *, days: int, limit: float | None = None) -> None:
    """Show the fan of a place after the readings of some days, with the limit that was set for it."""
    fan, name = outlook.fan(place), ALL if place == TOTAL else place
    peak = int(np.nan_to_num(fan.point, nan=-np.inf).argmax())
    highest = f"{style.number(float(fan.point[peak]))} {outlook.panel.unit}".rstrip()
    text = (
        f"**{name}**: highest at {fan.times[peak]:%a %d %b %H:%M} UTC with {highest}. "
        "Bands: intervals of 90, 80 and 50 %; dotted line: when it was issued."
    )
    measured = outlook.measured(place, days)
    if place == TOTAL and measured[: outlook.moment].isna().any():
        text += " The sum was measured only where all places were."
    figure = fan_figure(fan, page_colours(), measured=measured, unit=outlook.panel.unit, limit=limit, now=outlook.moment)
    show_figure(figure, text, key="forecast-fan")
