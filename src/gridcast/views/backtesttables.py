"""The tables of a backtest's report, as HTML: scores, skills, what each part is worth, the worst hours, the settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

import numpy as np
import pandas as pd

from gridcast.clock import find_zone
from gridcast.forecast import Forecast
from gridcast.views import style
from gridcast.views.backtested import Backtested, mean_load
from gridcast.views.backtestverdict import pays

SCORES = {
    "nmae": ("nMAE", "%"),
    "mae": ("MAE", "unit"),
    "rmse": ("RMSE", "unit"),
    "mape": ("MAPE", "%"),
    "median_mape": ("median MAPE", "%"),
    "wape": ("WAPE", "%"),
    "mase": ("MASE", "1"),
    "bias": ("bias", "unit"),
    "relative_bias": ("bias", "%"),
    "peak_error": ("peak error", "%"),
    "energy_error": ("daily energy error", "%"),
    "peak_shift": ("peak shift", "h"),
    "pinball": ("pinball", "unit"),
    "crps": ("CRPS", "unit"),
    **{f"coverage{percent}": (f"coverage of {percent} %", "%") for percent in (50, 80, 90)},
    **{f"width{percent}": (f"width of {percent} %", "unit") for percent in (50, 80, 90)},
}  # by metric: heading and unit
PARTS = ("errors", "days", "intervals")
FURTHER = {"days": ("peak", "energy"), "intervals": ("pinball", "crps", "coverage", "width")}  # beginnings of their scores
TESTED = ("low", "high", "p_value")
ABSENT = '<span class="none">–</span>'
SMALL = 0.01  # below it digits are counted from the point
WORST = 10
A_PLACE = 3  # rows of one place among the worst


def table(head: Sequence[str], rows: Iterable[Sequence[str]], mark: str, kind: str = "") -> str:
    """Return a table in a box of its own that scrolls, and ex ante or ex post above it, if said; cells are HTML already."""
    cells = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    style_of = f' class="{kind}"' if kind else ""
    return (
        f'<div class="wide" tabindex="0"><table{style_of}>{f"<caption>{escape(mark)}</caption>" if mark else ""}'
        f"<thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def model_table(backtested: Backtested, scores: pd.DataFrame | None = None, *, parts: Sequence[str] = PARTS) -> str:
    """Return all scores over everything as three tables (errors, days, intervals), a row a model, the best of each column in bold.

    Args:
        backtested: What is reported.
        scores: Of the sum of all places, or of other hours, in place of the backtest's own.
        parts: Which of the tables.
    """
    rows = backtested.scores if scores is None else scores
    rows = rows[rows["split"] == "overall"].drop_duplicates(["model", "metric"])
    wide = rows.pivot_table(index="model", columns="metric", values="value", dropna=False)
    strangers = [name for name in wide.index if name not in backtested.models]
    wide = wide.reindex(index=[*(name for name in backtested.models if name in wide.index), *strangers])
    columns = {
        part: _score_columns(backtested, wide, [name for name in SCORES if _part_of(name) == part])
        for part in PARTS
        if part in parts
    }
    if scores is None and "days" in columns:
        days = columns["days"]
        days["steps not forecast"] = [_missed(backtested, str(model)) for model in wide.index]
        days["weather of these steps"] = [_weather(backtested, str(model)) for model in wide.index]
    names = [f"<b>{escape(str(model))}</b>" if model == backtested.best else escape(str(model)) for model in wide.index]
    return "".join(_scores(names, each, backtested.mark) for each in columns.values() if each)


def _part_of(metric: str) -> str:
    """Return in which of the three tables a score stands."""
    return next((part for part, beginnings in FURTHER.items() if metric.startswith(beginnings)), "errors")


def _scores(names: Sequence[str], columns: Mapping[str, Sequence[str]], mark: str) -> str:
    """Return a table of scores, without the models that have none of them."""
    rows = [row for row in zip(names, *columns.values(), strict=True) if set(row[1:]) != {ABSENT}]
    return table(["model", *columns], rows, mark)


def _score_columns(backtested: Backtested, wide: pd.DataFrame, metrics: Sequence[str]) -> dict[str, list[str]]:
    """Return the cells of each score that there is, by the heading of its column."""
    units = {"unit": backtested.panel.unit, "1": ""}
    found = {}
    for name in metrics:
        if name not in wide or wide[name].isna().all():
            continue
        text, unit = SCORES[name]
        best = _best(wide[name], name)
        found[_heading(text, units.get(unit, unit))] = [
            _number(value, bold=model == best) for model, value in zip(wide.index, wide[name], strict=True)
        ]
    return found


def _heading(text: str, unit: str) -> str:
    return escape(f"{text} [{unit}]" if unit else text)


def _best(values: pd.Series[float], metric: str) -> object:
    """Return the model with the best score: the nearest to nought, or to what an interval promises; of widths none is."""
    if metric.startswith("width"):
        return None
    aim = float(metric.removeprefix("coverage")) if metric.startswith("coverage") else 0.0
    return (values - aim).abs().idxmin()


def _number(value: float, *, bold: bool = False, form: str = "") -> str:
    if not np.isfinite(value):
        return ABSENT
    text = (format(value, form) if form else f"{value:.4f}" if abs(value) < SMALL else style.number(float(value))).replace("-", "−")
    return f"<b>{text}</b>" if bold else text


def _missed(backtested: Backtested, model: str) -> str:
    missed, of = backtested.missed(model)
    return f"{missed:,} of {of:,}" if of else "–"


def _weather(backtested: Backtested, model: str) -> str:
    forecast = backtested.forecasts.get(model)
    return "–" if forecast is None else "measured (ex post)" if forecast.is_ex_post else "none or forecast"


def skill_table(backtested: Backtested, *, of_best: bool = True) -> str:
    """Return the skills of the best model, or of all others, with intervals, significance and places won; empty without."""
    rows = []
    order = {name: place for place, name in enumerate(backtested.models)}
    skills = backtested.skill_table.sort_values(["model", "reference"], key=lambda names: names.map(order), kind="stable")
    for row in skills.to_dict("records"):
        model, reference = str(row["model"]), str(row["reference"])
        if (model == backtested.best) != of_best:
            continue
        won = backtested.won.get((model, reference), ())
        interval = f"{_number(100 * row['low'], form='.1f')} to {_number(100 * row['high'], form='.1f')}"
        rows.append(
            [
                f"<b>{escape(model)}</b>" if model == backtested.best else escape(model),
                escape(reference),
                escape(str(row["metric"]).upper()),
                _number(100 * row["skill"], form=".1f"),
                interval,
                p_text(row["p_value"]),
                f"{won[0]} of {won[1]}" if len(won) > 1 else "–",
            ]
        )
    head = ["model", "against", "error", "skill [%]", "interval [%]", "p (Diebold-Mariano)", "places won"]
    return table(head, rows, backtested.mark, "words") if rows else ""


def p_text(p: float) -> str:
    """Return a p value to read.

    Example:
        >>> p_text(0.0000123), p_text(0.04567), p_text(float("nan"))
        ('&lt; 0.001', '0.046', '–')
    """
    return "–" if not np.isfinite(p) else "&lt; 0.001" if p < 0.001 else f"{p:.2g}"


def ablation_table(backtested: Backtested) -> str:
    """Return what each part is worth: how much larger the error is without it; empty where nobody tried."""
    rows = [
        [
            escape(str(row["variant"])),
            _number(row["nmae"]),
            _number(row["difference_percent"], form="+.1f"),
            f"{_number(row['low'], form='+.1f')} to {_number(row['high'], form='+.1f')}",
            p_text(row["p_value"]),
            "–" if str(row["variant"]).startswith("with ") else pays(*(row[name] for name in ("difference_percent", *TESTED))),
        ]
        for row in backtested.parts.to_dict("records")
    ]
    return (
        table(["variant", "nMAE [%]", "larger error [%]", "interval [%]", "p", "does the part pay?"], rows, backtested.mark)
        if rows
        else ""
    )


def place_table(backtested: Backtested) -> str:
    """Return the error of each model at each place, the smallest in bold; empty where there is none."""
    wide = backtested.split("location", backtested.metric)
    if wide.empty:
        return ""
    rows = [
        [escape(str(name)), *(_number(value, bold=value == np.nanmin(row, initial=np.inf)) for value in row)]
        for name, row in zip(wide.index, wide.to_numpy(dtype=np.float64), strict=True)
    ]
    return table(["place", *(escape(str(name)) for name in wide.columns)], rows, f"{backtested.error_label}, {backtested.mark}")


def worst_table(backtested: Backtested, *, days: bool) -> str:
    """Return the ten worst forecasts or steps of the best model, at most three of a place; empty without its forecasts."""
    forecast = backtested.forecasts.get(backtested.best)
    if forecast is None:
        return ""
    gap, actual = backtested.gap, backtested.actual.values.values
    signed = (forecast.values.values - actual)[:, :, gap:].astype(np.float64)
    errors = np.abs(signed)
    if days:
        known = np.isfinite(errors).sum(axis=2, keepdims=True)
        errors = np.where(known > 0, np.nansum(errors, axis=2, keepdims=True) / np.maximum(known, 1), np.nan)
    share = 100 * errors / mean_load(backtested.actual)[None, :, None]
    rows = [
        _worst_row(backtested, forecast, cell, float(share[cell]), float(errors[cell]) if days else float(signed[cell]))
        for cell in _largest(share)
    ]
    what = "mean absolute error" if days else "forecast − actual"
    head = ["place", "first step, local time" if days else "local time", _heading(what, backtested.panel.unit), "[% of mean load]"]
    return table(
        [*head, "issued (UTC)", "actual", "forecast"][: 5 if days else 7],
        (row[: 5 if days else 7] for row in rows),
        backtested.mark,
    )


def _largest(share: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[tuple[int, int, int]]:
    """Return the cells with the largest shares, at most three of a place."""
    left = np.nan_to_num(share, nan=-1.0)
    taken: list[tuple[int, int, int]] = []
    count: dict[int, int] = {}
    while len(taken) < WORST and left.size and left.max() >= 0:
        issue, place, step = (int(part) for part in np.unravel_index(left.argmax(), left.shape))
        taken.append((issue, place, step))
        left[issue, place, step] = -1
        count[place] = count.get(place, 0) + 1
        if count[place] == A_PLACE:
            left[:, place] = -1
    return taken


def _worst_row(backtested: Backtested, forecast: Forecast, cell: tuple[int, int, int], share: float, error: float) -> list[str]:
    issue, place, step = cell
    step += backtested.gap
    name, unit = forecast.locations[place], forecast.valid_times[issue, step]
    zones = dict(zip(backtested.panel.locations, backtested.panel.timezones, strict=True))
    local = pd.Timestamp(unit).tz_localize("UTC").tz_convert(find_zone(zones.get(name, "UTC")))
    actual, told = (float(part.values.values[issue, place, step]) for part in (backtested.actual, forecast))
    return [
        escape(name),
        escape(f"{local:%a %Y-%m-%d %H:%M %Z}"),
        _number(error),
        _number(share),
        f"{forecast.issue_times[issue]:%Y-%m-%d %H:%M}",
        _number(actual),
        _number(told),
    ]


def fact_table(facts: Mapping[str, object], mark: str) -> str:
    """Return the plan and the settings, a row a fact; facts within facts under both names."""
    rows = [[escape(name), escape(value)] for name, value in _flat(facts)]
    return table(["what", "value"], rows, mark, "words") if rows else ""


def _flat(facts: Mapping[str, object], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in facts.items():
        label = before + (str(name) if before else str(name).replace("_", " "))
        found += _flat(value, f"{label}: ") if isinstance(value, Mapping) else [(label, _text(value))]
    return found


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(_text(part) for part in value) or "none"
    return style.number(value) if isinstance(value, float) else str(value)
