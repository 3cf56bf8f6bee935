"""Predicted and actual values over time: all places together, and some of them by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.ticker import MaxNLocator

from gridcast.clock import DAY, infer_freq
from gridcast.metrics import nmae
from gridcast.views import style

STRIPS = 3
DRAWN = 14 * DAY  # more can't be told apart
DRAWN_SAMPLES = 336
FEW = 48  # points up to which each has a mark
PRESENT = 0.5  # share of the hours of the fullest place that a place must have to be drawn by itself
REFERENCE_COLOURS = (style.GREEN, style.PURPLE, style.ORANGE)


def strips(table: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return what is drawn over time, by its title: each of up to three places, or the sum of all and two places.

    The two are the place whose error (nMAE) is in the middle of all, and the one with the largest: the sum alone would
    look too good, since the errors of places cancel out in it. Of several forecasts for an hour the latest is drawn.

    Args:
        table: A table of `gridcast.views.aligned` without missing values.
        others: Tables of other predictions of the same targets, by name.

    Returns:
        Columns `actual`, `predicted` and the names of the others; the index is the time, or else the sample or the step.
    """
    actual = _by_place(table, "actual")
    wide = {"actual": actual, "predicted": _by_place(table, "predicted")}
    wide |= {name: _by_place(other, "predicted").reindex_like(actual).where(actual.notna()) for name, other in others.items()}
    places = list(actual.columns)
    if len(places) <= STRIPS:
        return dict(_strip(place or "Predicted and actual", wide, [place]) for place in places)
    whole, ranked = _fullest(actual), _by_error(actual, wide["predicted"])
    share = f"{len(places)} places" if len(whole) == len(places) else f"the {len(whole)} of {len(places)} places with few gaps"
    chosen = [
        (f"Sum of {share}", whole),
        (f"{ranked[len(ranked) // 2]}, the place in the middle by error", ranked[len(ranked) // 2 :][:1]),
        (f"{ranked[-1]}, the place with the largest error", ranked[-1:]),
    ]
    return dict(_strip(text, wide, some) for text, some in chosen)


def draw_over_time(axes: Sequence[Axes], drawn: Mapping[str, pd.DataFrame], unit: str) -> None:
    """Draw one strip below the other, on axes that share their x axis; the last 14 days of a longer period."""
    for one, (title, lines) in zip(axes, drawn.items(), strict=True):
        style.dressed(one, title, pad=24 if one is axes[0] else 6)
        shown = _with_breaks(_last(lines))
        _draw_lines(one, shown)
        one.set_ylim(*_range(shown))
        one.set_ylabel(style.with_unit("consumption", unit), fontsize=9 if len(axes) > 1 else 10)
        one.yaxis.set_major_formatter(style.NUMBERS)
        one.yaxis.set_major_locator(MaxNLocator(5))
        one.tick_params(labelbottom=one is axes[-1])
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=9, frameon=False, borderpad=0.2, fontsize=10.5)
    _x_axis(axes[-1], next(iter(drawn.values())))


def _by_place(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one column of the table, by place (columns) and by time, or else by sample, or by step if there is one sample."""
    key = "timestamp" if "timestamp" in table else "sample"
    if key == "sample" and table["sample"].iloc[0] == table["sample"].max():
        key = "step"
    nearest = table.astype({"location": str}).sort_values("step", kind="stable")
    return nearest.pivot_table(index=key, columns="location", values=column, aggfunc="first")


def _fullest(values: pd.DataFrame) -> list[str]:
    """Return the places whose sum can be drawn: the most, for the most hours at which none of them is missing."""
    gaps = values.isna().sum().sort_values(kind="stable")
    whole = np.logical_and.accumulate(values[gaps.index].notna().to_numpy(), axis=1).sum(axis=0)
    most = int(np.argmax(whole * np.arange(1, len(whole) + 1))) + 1
    return list(gaps.index[:most])


def _by_error(actual: pd.DataFrame, predicted: pd.DataFrame) -> list[str]:
    """Return the places with enough hours by their nMAE, the smallest first."""
    hours = actual.count()
    error = (predicted - actual).abs().mean() / actual.abs().mean().replace(0, np.nan)
    ranked = error[hours >= PRESENT * hours.max()].sort_values(kind="stable", na_position="first")
    return list(ranked.index)


def _strip(text: str, wide: Mapping[str, pd.DataFrame], places: Sequence[str]) -> tuple[str, pd.DataFrame]:
    """Return the title, with the error, and the sum of some places; NaN where one of them is missing."""
    lines = pd.DataFrame({name: values[list(places)].sum(axis=1, min_count=len(places)) for name, values in wide.items()})
    share = nmae(lines["actual"], lines["predicted"])
    return f"{text} (nMAE {style.number(share)} %)" if np.isfinite(share) else text, lines


def _last(lines: pd.DataFrame) -> pd.DataFrame:
    if not isinstance(lines.index, pd.DatetimeIndex):
        return lines[-DRAWN_SAMPLES:]
    return lines[lines.index > lines.index[-1] - DRAWN]


def _with_breaks(lines: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with an empty row in each hole, so that nothing is drawn across it."""
    times = lines.index
    if not isinstance(times, pd.DatetimeIndex) or len(times) < 2:
        return lines
    freq = infer_freq(times)
    after = times[1:][times[1:] - times[:-1] > 1.5 * freq]
    return lines.reindex(times.union(after - freq))


def _draw_lines(axes: Axes, lines: pd.DataFrame) -> None:
    dated = isinstance(lines.index, pd.DatetimeIndex)
    x = lines.index.tz_localize(None).to_numpy() if dated else lines.index.to_numpy()  # type: ignore[attr-defined]
    marker = "." if lines["actual"].count() <= FEW or _has_lone_points(lines["actual"]) else ""
    axes.plot(x, lines["actual"], color=style.INK, linewidth=2.2, marker=marker, label="actual")
    axes.plot(x, lines["predicted"], color=style.VERMILION, linewidth=1.2, marker=marker, label="predicted")
    for order, name in enumerate(lines.columns[2:]):
        colour = REFERENCE_COLOURS[order % len(REFERENCE_COLOURS)]
        axes.plot(x, lines[name], color=colour, linestyle=":", linewidth=1.3, zorder=1.9, label=style.literal(name))
    axes.margins(x=0.01)


def _has_lone_points(line: pd.Series[float]) -> bool:
    known = line.notna()
    return bool((known & ~known.shift(1, fill_value=False) & ~known.shift(-1, fill_value=False)).any())


def _range(lines: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of the y axis: all that was measured and predicted, and the references but for lone spikes."""
    main, others = lines[["actual", "predicted"]], lines.drop(columns=["actual", "predicted"])
    low = min([main.min().min(), *others.quantile(0.01).dropna()])
    high = max([main.max().max(), *others.quantile(0.99).dropna()])
    margin = 0.05 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def _x_axis(axes: Axes, lines: pd.DataFrame) -> None:
    """Name the x axis, and what part of a longer period is drawn."""
    cut = len(_last(lines)) < len(lines)
    if not isinstance(lines.index, pd.DatetimeIndex):
        name = "sample (the first step of each)" if lines.index.name == "sample" else "step"
        axes.set_xlabel(name + (f", the last {DRAWN_SAMPLES} of {len(lines):,}" if cut else ""))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        return
    days = (lines.index[-1] - lines.index[0] + lines.index.to_series().diff().min()) / DAY
    axes.set_xlabel("time (UTC)" + (f", the last {DRAWN / DAY:.0f} of {np.ceil(days):,.0f} days" if cut else ""))
    locator = AutoDateLocator(minticks=4, maxticks=15)  # type: ignore[no-untyped-call]
    formatter = ConciseDateFormatter(  # type: ignore[no-untyped-call]
        locator,
        formats=["%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%S.%f"],
        zero_formats=["", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M"],
        offset_formats=["", "%Y", "%Y", "%d %b %Y", "%d %b %Y", "%d %b %Y %H:%M"],
    )
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(formatter)
