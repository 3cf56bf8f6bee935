"""Explaining a forecast of a trained network: why it is what it is, where the network looks, why it changed, what matters."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import DAY
from gridcast.errors import PanelError, counted
from gridcast.loading import Listener
from gridcast.panel import Panel
from gridcast.store import require_free, run_folder, write_csv, write_json
from gridcast.workflow.opening import Opened, open_run
from gridcast.workflow.record import MODEL, load_hybrid, versions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from gridcast.explain.attribution import Attribution
    from gridcast.explain.change import Change
    from gridcast.explain.question import Question
    from gridcast.explain.response import Response

CANDIDATES = 200  # weather stations that may reach a place: the nearest
MEMORY = pd.Timedelta(days=30)  # what is derived from weather feels no older weather
PARTED = 8  # neighbours that are a part each in the attribution: those with the most influence


@dataclass(frozen=True)
class Explanation:
    """What an explanation came to.

    Attributes:
        folder: Where it was written.
        why: What each part adds to the average day.
        influence: How far each neighbour moves the forecast, see `gridcast.explain.influence.influence`.
        stations: How far the forecast moves without each weather station, see `gridcast.explain.stations.station_influence`; empty
            where the weather is none of stations.
        attention: What the network reads, see `gridcast.explain.attention.attention`; empty where it has no attention.
        importance: What matters overall, see `gridcast.explain.importance.importance`.
        change: Why it is not what it was; None where there was no earlier forecast.
        response: How the load responds to temperature; None where the network reads no weather.
        summary: What `explanation.json` holds.
    """

    folder: Path
    why: Attribution
    influence: pd.DataFrame
    stations: pd.DataFrame
    attention: pd.DataFrame
    importance: pd.DataFrame
    change: Change | None
    response: Response | None
    summary: dict[str, Any]


def explain(  # noqa: PLR0913  what the command takes
    run: str | os.PathLike[str],
    *,
    issue_time: str | pd.Timestamp | None = None,
    location: str = "",
    previous_time: str | pd.Timestamp | None = None,
    previous_run: str | os.PathLike[str] | None = None,
    load_file: str = "",
    weather: str = "",
    out: str | os.PathLike[str],
    seed: int = 0,
    overwrite: bool = False,
    listener: Listener | None = None,
) -> Explanation:
    """Explain a forecast of a run, and write tables and pictures into a folder.

    The folder gets `why.csv`, `why.png` and `lags.png` (what each part adds to the average day), `influence.csv` and `.png` (how
    far each neighbour moves the forecast), `stations.csv` and `.png` (how far it moves without each weather station),
    `attention.csv` and `.png` (what a network with attention reads), `change.csv` and `.png` (why it is not what it was),
    `importance.csv` and `.png` (what matters overall), `response.csv` and `.png` (how the load responds to temperature) and
    `explanation.json`; what there is nothing to say about is left out.

    Args:
        run: Folder of `gridcast train` or `gridcast run`.
        issue_time: Of the forecast, without an offset by the clock of the run; by default after the newest reading.
        location: Whose forecast it is; by default the sum of all places.
        previous_time: Issue time of the earlier forecast that it is compared with; by default a day before, or half the horizon
            where that is shorter than two days; with `previous_run` the same.
        previous_run: Folder of the run that made the earlier forecast; by default the same run.
        load_file: New readings, beside those of the run's own sources.
        weather: New weather, likewise.
        out: The folder.
        seed: Of what is sampled.
        overwrite: Whether an earlier explanation there may be replaced.
        listener: Who is told how it goes.

    Raises:
        GridcastError: If there is no model or no such place, the issue times lie outside of the readings, or nothing can be
            written; nothing is left behind.
    """
    from gridcast.explain.attention import attention
    from gridcast.explain.attribution import attribute
    from gridcast.explain.importance import importance
    from gridcast.explain.influence import influence, strongest
    from gridcast.explain.parts import parts_of
    from gridcast.explain.question import Question
    from gridcast.explain.response import response

    listener = listener or Listener()
    require_free(out, overwrite=overwrite, kind="explanation")
    opened = open_run(run, load_file=load_file, weather=weather, listener=listener)
    moment = opened.moment(issue_time)
    question = Question.of(opened.forecaster, opened.panel, moment, location)
    listener.say(f"{question.name}: issued at {moment:%Y-%m-%d %H:%M} UTC, beside {counted(question.earlier, 'earlier day')}")
    changed = _changed(opened, moment, previous_time, previous_run, location, listener)
    neighbours = influence(question)
    listener.say("where it looks: " + (_strongest_said(neighbours, "location") or "there are no neighbours"))
    silent = _stations(opened, question)
    if len(silent):
        listener.say("weather stations: " + _strongest_said(silent, "station"))
    named = strongest(neighbours, question, PARTED) if question.others else []
    why = attribute(question, parts_of(question, named), seed=seed)
    listener.say("why: " + _groups_said(why))
    important, errors = importance(question, seed=seed)
    responded = response(question)
    counts = {"issue_times": len(errors.rows), "places": len(errors.places)}
    summary = _summary(why, changed, neighbours, silent, important, counts=counts)
    result = Explanation(Path(out), why, neighbours, silent, attention(question), important, changed, responded, summary)
    with run_folder(out, overwrite=overwrite, kind="explanation") as folder:
        _write(result, question, folder, issued=len(errors.rows))
    return result


def _changed(
    opened: Opened,
    moment: pd.Timestamp,
    previous_time: str | pd.Timestamp | None,
    previous_run: str | os.PathLike[str] | None,
    location: str,
    listener: Listener,
) -> Change | None:
    """Return why the forecast is not what it was; None where nothing was asked for and too little was known before."""
    from gridcast.explain.change import change

    earlier = None if previous_run is None else load_hybrid(Path(previous_run) / MODEL)
    asked = previous_time is not None or previous_run is not None
    forecaster, panel = opened.forecaster, opened.panel
    if previous_time is None:
        before = moment if asked else moment - _back(forecaster.horizon, panel)
    else:
        before = opened.moment(previous_time, before=moment)
    try:
        told = change(forecaster, panel, moment, before, location=location, earlier=earlier)
    except PanelError:
        if asked:
            raise
        listener.say("no earlier forecast to compare with: too little was known before")
        return None
    parts = ", ".join(f"{name} {values.mean():+.4g}" for name, values in told.values.items() if values.any())
    whole, steps = float((told.last - told.first).mean()), counted(len(told.first), "shared step")
    said = f"since {before:%Y-%m-%d %H:%M} UTC it has changed by {whole:+.4g} {told.unit}".rstrip()
    listener.say(f"{said} in the mean of {steps}{parts and f': {parts}'}")
    return told


def _back(horizon: int, panel: Panel) -> pd.Timedelta:
    """Return how long before the forecast the earlier one was issued: a day, or half the horizon where that is shorter."""
    half = max(1, horizon // 2) * panel.freq
    return min(half, max(DAY, panel.freq)) if horizon > 1 else panel.freq


def _stations(opened: Opened, question: Question) -> pd.DataFrame:
    """Return how far the forecast moves without each weather station; empty where there are none."""
    from gridcast.explain.stations import COLUMNS, station_influence, that_reach

    recipe, moment, reach = question.samples.recipe, question.issue_time, opened.forecaster.reach
    stations = opened.stations() if recipe.covariates.names else None
    around = None if stations is None else stations.around(moment, reach + MEMORY, recipe.horizon * recipe.freq)
    if around is None:
        return pd.DataFrame(columns=[*COLUMNS, "bare", "latitude", "longitude"])
    lately, places = around.lately(), [question.samples.panel.locations[place] for place in question.places]

    def said(silent: str) -> npt.NDArray[np.float64]:
        known = around.panel_with(around.laid(silent)).as_of(moment).recent(reach)
        made = opened.forecaster.predict(known, pd.DatetimeIndex([moment])).values.values[0]  # (N, H)
        found: npt.NDArray[np.float64] = made[list(question.places)].astype(np.float64).sum(axis=0)
        return found

    asked = around.nearest(places[0] if len(places) == 1 else "", CANDIDATES)
    bare = that_reach(((name, lately.laid(name)) for name in asked), lately.laid(), places)
    return station_influence(said, list(bare.index)).join(bare.rename("bare"), on="station").join(around.coordinates, on="station")


def _strongest_said(table: pd.DataFrame, what: str) -> str:
    """Return the neighbours, or the stations, with the most influence."""
    whole = table.drop_duplicates(what).head(3)
    return ", ".join(f"{name} ({100 * share:.2g} %)" for name, share in zip(whole[what], whole["share"], strict=True))


def _groups_said(why: Attribution) -> str:
    """Return what each group adds on average, the most first."""
    means = {group: float(values.mean()) for group, values in why.groups.items()}
    ordered = sorted(means.items(), key=lambda each: -abs(each[1]))
    return f"average day {why.baseline.mean():.4g}, " + ", ".join(f"{name} {value:+.3g}" for name, value in ordered)


def _summary(
    why: Attribution,
    changed: Change | None,
    neighbours: pd.DataFrame,
    silent: pd.DataFrame,
    important: pd.DataFrame,
    *,
    counts: dict[str, int],
) -> dict[str, Any]:
    """Return the explanation in short."""
    whole = important[(important["season"] == "")].drop_duplicates("group") if len(important) else important
    return {
        **versions(),
        "location": why.name,
        "unit": why.unit,
        "issue_time": why.issue_time.isoformat(),
        "earlier_days": why.days,
        "average_day": float(why.baseline.mean()),
        "forecast": float(why.forecast.mean()),
        "groups": {group: float(values.mean()) for group, values in why.groups.items()},
        "neighbours": neighbours.drop_duplicates("location").head(10)[["location", "size", "share"]].to_dict("records"),
        "stations": silent.head(10)[["station", "size", "change", "share"]].to_dict("records"),
        "change": None if changed is None else _change_said(changed),
        "importance": whole[["group", "importance", "low", "high"]].to_dict("records"),
        "judged": counts,
    }


def _change_said(changed: Change) -> dict[str, Any]:
    return {
        "issued_before": changed.before.isoformat(),
        "steps": len(changed.first),
        "first": float(changed.first.mean()),
        **{name: float(values.mean()) for name, values in changed.values.items()},
        "last": float(changed.last.mean()),
    }


def _write(result: Explanation, question: Question, folder: Path, *, issued: int) -> None:
    """Write tables and pictures."""
    from gridcast.views import style

    write_csv(result.why.table(), folder / "why.csv")
    tables = {
        "influence": result.influence,
        "stations": result.stations,
        "attention": result.attention,
        "importance": result.importance,
    }
    for name, table in tables.items():
        if len(table):
            write_csv(table, folder / f"{name}.csv")
    if result.change is not None:
        write_csv(result.change.table(), folder / "change.csv")
    if result.response is not None:
        write_csv(result.response.forecasts, folder / "response.csv")
    write_json(result.summary, folder / "explanation.json")
    for name, figure in _figures(result, question, issued):
        style.save(figure, folder / f"{name}.png")


def _figures(result: Explanation, question: Question, issued: int) -> Iterator[tuple[str, Figure]]:
    """Return the pictures by their name."""
    from gridcast.views.attended import plot_attention
    from gridcast.views.circlemap import Around
    from gridcast.views.drivers import plot_importance, plot_response
    from gridcast.views.influencemap import plot_influence
    from gridcast.views.stations import plot_stations
    from gridcast.views.why import plot_change, plot_lags, plot_why

    why = result.why
    yield "why", plot_why(why)
    yield "lags", plot_lags(why)
    placing, panel = question.fitted.placing, question.samples.panel
    _, y, x = placing.cells(panel)
    around = Around(placing.grid, y, x, panel.locations, question.name if len(question.places) == 1 else "", why.unit)
    if len(result.influence):
        yield "influence", plot_influence(result.influence, around)
    if len(result.stations):
        yield "stations", plot_stations(result.stations, around)
    if len(result.attention):
        yield "attention", plot_attention(result.attention, around)
    if len(result.importance):
        yield "importance", plot_importance(result.importance, name=question.name, issued=issued)
    if result.change is not None:
        yield "change", plot_change(result.change)
    if result.response is not None:
        yield "response", plot_response(result.response)
