"""Parts of the page of the newest forecast: risks of exceeding limits, and what if."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import streamlit as st

from gridcast.app.fanfigure import Fan, fan_figure
from gridcast.app.outlook import Outlook
from gridcast.app.outlookfigures import difference_map
from gridcast.app.pages.shown import page_colours, say_empty, show_figure
from gridcast.app.places import Places
from gridcast.app.risk import risk_table, usual_limits
from gridcast.app.whatif import Scenario, can_be_warmer, differences, knows_holidays, outlook_if
from gridcast.evaluation.totals import TOTAL
from gridcast.views import style
from gridcast.workflow.opening import Opened

WARMEST = 15.0  # that is supposed [K]
NOBODY, NO_DAY = "no place", "no day"
AGAIN = "forecast-scenario"


def show_risks(outlook: Outlook, path: Path) -> None:
    """Show which places may exceed a limit, the riskiest first; limits can be changed."""
    if not outlook.made.levels:
        say_empty("The network tells no quantiles.", "How probable it is that a place exceeds a limit is not known.")
        return
    unit = outlook.panel.unit
    left, right = st.columns([1, 1.9], gap="medium")
    with left:
        st.markdown("**Limits**, to be changed: at first the highest reading of the last four weeks")
        limits = _limits(outlook, path)
    with right:
        st.markdown("**Risk** that the limit is exceeded, in the hour in which that is most probable")
        table = risk_table(outlook, limits)
        st.dataframe(
            _risks_shown(table, unit), hide_index=True, height=420, placeholder="–", alt="Places by their risk, the riskiest first."
        )
    st.caption("The probability lies on a line between two quantiles; beyond the outermost ones only its bound is known.")


def limits_set(path: Path) -> dict[str, float]:
    """Return the limits that were changed for a run, by place."""
    found: dict[str, float] = st.session_state.setdefault(f"limits-set-{path}", {})
    return found


def _limits(outlook: Outlook, path: Path) -> npt.NDArray[np.float64]:
    """Return the limit of each place, as it stands in a table that can be changed; what was changed is kept for later."""
    names, unit, usual = outlook.made.locations, outlook.panel.unit, usual_limits(outlook).round(1).tolist()
    key, start = f"limits-{path}-{outlook.moment}", f"limits-start-{path}-{outlook.moment}"
    if key not in st.session_state or start not in st.session_state:  # the table was not on the page before
        known = [limits_set(path).get(name, limit) for name, limit in zip(names, usual, strict=True)]
        st.session_state[start] = pd.DataFrame({"place": names, "limit": known})
    column = st.column_config.NumberColumn(f"limit [{unit}]" if unit else "limit", min_value=0.0, required=True)
    edited = st.data_editor(
        st.session_state[start], hide_index=True, disabled=["place"], column_config={"limit": column}, height=420, key=key,
        alt="Limit of each place, which can be changed.",
    )  # fmt: skip
    limits: npt.NDArray[np.float64] = edited["limit"].to_numpy(np.float64)
    changed = zip(names, limits, usual, strict=True)
    st.session_state[f"limits-set-{path}"] = {name: float(limit) for name, limit, first in changed if limit != first}
    return limits


def _risks_shown(table: pd.DataFrame, unit: str) -> pd.DataFrame:
    """Return the table of risks as it is read."""
    of = f" [{unit}]" if unit else ""
    return pd.DataFrame(
        {
            "place": table["place"],
            "risk": table["told"],
            "hour (UTC)": table["at"].dt.strftime("%a %d %b %H:%M"),
            f"peak{of}": [style.number(value) for value in table["peak"]],
            "room to the limit": [f"{value:.1f} %" if np.isfinite(value) else "–" for value in table["room"]],
        }
    )


def show_what_if(opened: Opened, outlook: Outlook, places: Places, place: str) -> None:
    """Ask for a scenario, forecast again, and show the difference."""
    scenario = _asked(opened, outlook)
    if scenario is not None:
        st.session_state[AGAIN] = scenario
    scenario = st.session_state.get(AGAIN)
    if scenario is None or scenario == Scenario() or (scenario.silent and scenario.silent not in outlook.made.locations):
        say_empty("Nothing is supposed yet.", "Choose above what is different, and forecast again.")
        return
    with st.spinner("Forecasting again ..."):
        after = outlook_if(opened, outlook.moment, scenario)
    _show_difference(outlook, after, places, place, scenario)


def _asked(opened: Opened, outlook: Outlook) -> Scenario | None:
    """Return what was chosen in the form; None where it was not sent."""
    days = list(dict.fromkeys(outlook.times.date))
    with st.form("what-if", border=True):
        columns = st.columns(4)
        warm, known = can_be_warmer(opened), knows_holidays(opened)
        by = columns[0].number_input(
            "Warmer by [°C]", -WARMEST, WARMEST, 0.0, 1.0, disabled=not warm, key="if-warmer",
            help="From the issue time on, everywhere." if warm else "This network does not read the temperature ahead.",
        )  # fmt: skip
        why = "Everywhere, all day." if known else "This network knows of no public holidays."
        day = columns[1].selectbox("A holiday on", [NO_DAY, *days], disabled=not known, key="if-holiday", help=why)
        silent = columns[2].selectbox("No readings of", [NOBODY, *outlook.made.locations], key="if-silent")
        span = columns[3].number_input("for the last days", 1, 28, 7, key="if-days")
        sent = st.form_submit_button("Forecast again", type="primary")
    if not sent:
        return None
    holidays = (day,) if isinstance(day, date) else ()
    return Scenario(float(by), holidays, "" if silent == NOBODY else str(silent), int(span))


def _show_difference(before: Outlook, after: Outlook, places: Places, place: str, scenario: Scenario) -> None:
    table, unit, colours = differences(before, after), before.panel.unit, page_colours()
    moved = table.iloc[0]
    by = f"{moved['change']:+,.0f} {unit} ({moved['percent']:+.1f} %)"
    st.markdown(f"**If {scenario.told}:** the sum of all places moves by {by} on average.")
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        figure, text = difference_map(before, after, places, colours, chosen=place)
        show_figure(figure, text, key="if-map")
    with right:
        first, last = before.fan(place), after.fan(place)
        name = "sum of all places" if place == TOTAL else place
        fan = Fan("if so", last.times, last.point, last.quantiles, {"as it is": first.point})
        mean = float((last.point - first.point).mean())
        figure = fan_figure(fan, colours, unit=unit)
        show_figure(figure, f"**{name}**: {mean:+,.1f} {unit} on average; with its intervals if so, dashed as it is.", key="if-fan")
    shown = table.assign(place=table["place"].replace({TOTAL: "sum of all places"}))
    formats: dict[Any, Any] = {"before": "{:,.1f}", "after": "{:,.1f}", "change": "{:+,.1f}", "percent": "{:+.1f} %"}
    st.dataframe(shown.style.format(formats), hide_index=True, height=260, alt="How far the forecast of each place moves.")
