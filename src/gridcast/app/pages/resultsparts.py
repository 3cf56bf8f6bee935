"""Parts of the page of results: a week of forecasts against what was measured, the quantiles, and the downloads."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from gridcast.app.fanfigure import fan_figure
from gridcast.app.pages.shown import say_empty, show_figure, show_picture, stamp_of
from gridcast.app.palette import Palette
from gridcast.app.periods import FORECASTS, PREDICTIONS, fan_of, freq_of, has_total, models_of, predictions_csv, rows_of, span_of
from gridcast.app.scored import HYBRID, Scored
from gridcast.app.sure import forecasts_at_hand
from gridcast.app.taken import as_png, figures_zip, scores_csv
from gridcast.evaluation.totals import TOTAL
from gridcast.views import style
from gridcast.views.errorclock import plot_weekdays
from gridcast.views.reliability import plot_reliability

ALL = "sum of all places"


def show_week(scored: Scored, colours: Palette, *, key: str) -> None:
    """Show what was forecast for a place in some days, and what was then measured."""
    names = ([TOTAL] if has_total(scored) else []) + list(scored.names)
    if st.session_state.get(key) not in names:
        st.session_state[key] = names[-1] if len(names) == 1 else names[1 if names[0] == TOTAL else 0]
    first, last = (moment.date() for moment in span_of(scored))
    columns = st.columns([1.2, 1, 0.8, 2])
    place = columns[0].selectbox("Place", names, key=key, format_func=lambda name: ALL if name == TOTAL else name)
    start = columns[1].date_input(
        "From", value=max(first, last - timedelta(days=6)), min_value=first, max_value=last, key=f"week-from-{scored.path}"
    )
    days = columns[2].number_input("Days", min_value=1, max_value=28, value=7, key="week-days")
    known = models_of(scored, place)
    models = columns[3].multiselect(
        "Forecasts, the first with its intervals", known, default=known[:2], key=f"week-models-{scored.path}"
    )
    if not models or not isinstance(start, date):
        say_empty("No forecast is chosen.", "Choose at least one above.")
        return
    begin = pd.Timestamp(start, tz="UTC")
    _draw_week(scored, place, (begin, begin + pd.Timedelta(days=int(days))), models, colours)


def _draw_week(scored: Scored, place: str, period: tuple[pd.Timestamp, pd.Timestamp], models: list[str], colours: Palette) -> None:
    rows = rows_of(scored, place, *period, models)
    fan, measured = fan_of(rows, models, freq_of(scored))
    errors = {models[0]: fan.point, **fan.others}
    means = {name: float((measured - values).abs().mean()) for name, values in errors.items()}
    said = ", ".join(f"{name} {style.number(value)} {scored.unit}".rstrip() for name, value in means.items() if np.isfinite(value))
    shown = f"**{ALL if place == TOTAL else place}**, {period[0]:%d %b %Y} to {fan.times[-1]:%d %b %Y}"
    text = f"{shown}: mean absolute error of {said}." if said else f"{shown}: nothing was measured."
    show_figure(fan_figure(fan, colours, measured=measured, unit=scored.unit), text, key="results-week")
    with st.expander("The hours as a table"):
        table = rows.pivot_table(index="valid_time", columns="model", values="point")[models]
        st.dataframe(table.assign(measured=measured), alt="Forecasts and readings by hour.")


def show_sureness(scored: Scored) -> None:
    """Show whether the quantiles are honest, and at which hours of the week the best model errs."""
    if scored.kind == "run":
        say_empty(
            "How often the intervals are met is told by a backtest.",
            "A run holds too few forecasts for it. A backtest of the same settings:",
            f"gridcast backtest {scored.path / 'config.toml'} --out {scored.path}-backtest",
        )
        return
    reliability, weekdays = _sureness(scored.path, stamp_of(scored.path / FORECASTS), scored)
    if reliability is None:
        say_empty("No model tells quantiles.", "How sure they are is not known.")
    else:
        text = "On the diagonal a quantile is honest; below it, too low. Of two honest intervals the narrower one is better."
        show_picture(reliability, text)
    if weekdays is not None:
        show_picture(
            weekdays, "At which hours of the week it errs most: dark for large errors, in per cent of the mean load of a place."
        )


@st.cache_data(max_entries=8, show_spinner="Reading all forecasts of the best models ...")
def _sureness(path: Path, changed: int, _scored: Scored) -> tuple[bytes | None, bytes | None]:  # noqa: ARG001
    backtested = forecasts_at_hand(_scored)
    figures = plot_reliability(backtested), plot_weekdays(backtested)
    reliability, weekdays = (None if figure is None else as_png(figure) for figure in figures)
    return reliability, weekdays


def show_downloads(scored: Scored) -> None:
    """Offer the predictions, the scores, the figures and the report as files."""
    name, model = (
        scored.path.name,
        HYBRID if HYBRID in models_of(scored, scored.names[0]) else models_of(scored, scored.names[0])[0],
    )
    st.download_button(
        f"Predictions of {model} (CSV)",
        lambda: predictions_csv(scored, model),
        file_name=PREDICTIONS,
        mime="text/csv",
        key="take-csv",
    )
    st.download_button(
        "All scores (CSV)", lambda: scores_csv(scored), file_name=f"{name}-scores.csv", mime="text/csv", key="take-scores"
    )
    st.download_button(
        "Figures (ZIP of PNG)",
        lambda: figures_zip(scored),
        file_name=f"{name}-figures.zip",
        mime="application/zip",
        key="take-figures",
    )
    report = scored.path / "report.html"
    if report.is_file():
        st.download_button(
            "Report (HTML, one file)", report.read_bytes, file_name=f"{name}-report.html", mime="text/html", key="take-report"
        )
    else:
        say_empty("There is no report yet.", "One self-contained page to forward is written by:", f"gridcast report {scored.path}")
    st.caption(f"Everything is in `{scored.path}` too.")
