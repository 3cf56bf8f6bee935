"""The figures of an explanation that one can point at: waterfalls, the map of influence, what matters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from gridcast.app.mapfigure import Shade, map_figure
from gridcast.app.palette import Palette, dressed
from gridcast.app.places import Places
from gridcast.explain.influence import BOTH
from gridcast.views import style

Floats = npt.NDArray[np.float64]

BASELINE = "baseline"  # the group of the average day in the table
KEYS = ("location", "issued_before", "issued_after", "valid_time", "first", "last")  # columns of a change that are no cause
MINUS = "−"
SHOWN = 12  # parts that are told by name


def contributions(why: pd.DataFrame, step: int | None = None, *, by: str = "group") -> pd.Series[float]:
    """Return what each group, or part, adds to the average day, in one step or on average over all.

    Args:
        why: The table of an explanation.
        step: Number of the step; the mean of all if None.
        by: `group` or `part`.
    """
    rows = why[why["group"] != BASELINE]
    rows = rows if step is None else rows[rows["valid_time"] == _steps(why)[step]]
    keys = [by] if by == "group" else ["group", by]
    per_step = rows.groupby([*keys, "valid_time"], sort=False)["contribution"].sum()
    found = per_step.groupby(level=list(range(len(keys))), sort=False).mean()
    found.index = [": ".join(label) if isinstance(label, tuple) else str(label) for label in found.index]
    return found


def average_day(why: pd.DataFrame, step: int | None = None) -> float:
    """Return the forecast of the average day, in one step or on average. [the explanation's unit]"""
    rows = why[why["group"] == BASELINE]
    rows = rows if step is None else rows[rows["valid_time"] == _steps(why)[step]]
    return float(rows["contribution"].mean())


def strongest_parts(why: pd.DataFrame, step: int | None = None) -> pd.DataFrame:
    """Return the parts that add or take the most, as columns `part` and `adds`."""
    found = contributions(why, step, by="part")
    order = found.abs().sort_values(ascending=False, kind="stable").index[:SHOWN]
    return pd.DataFrame({"part": order, "adds": found[order].to_numpy()})


def causes(change: pd.DataFrame) -> pd.Series[float]:
    """Return by how much each cause has changed a forecast, on average over its steps."""
    return change[[name for name in change if name not in KEYS]].mean()


def waterfall(parts: pd.Series[float], start: str, end: str, unit: str, colours: Palette) -> go.Figure:
    """Return the waterfall from what is called `start`, at zero, to `end`.

    Args:
        parts: What each part adds.
        start: Name of where it begins.
        end: Name of where it ends.
        unit: Of all values.
        colours: Of the page.
    """
    names = [*map(str, parts.index), end]
    values = [*parts.to_numpy(np.float64), float(parts.sum())]
    edge = {"color": colours.ink, "width": 0.8}
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=names,
            x=values,
            measure=[*["relative"] * len(parts), "total"],
            text=[signed(value) for value in values],
            textposition="outside",
            increasing={"marker": {"color": style.ORANGE, "line": edge}},
            decreasing={"marker": {"color": style.BLUE, "line": edge}},
            totals={"marker": {"color": colours.grey, "line": edge}},
            connector={"line": {"color": colours.grey, "width": 1}},
            hovertemplate="%{y}: %{text}<extra></extra>",
            cliponaxis=False,
        )
    )
    dressed(figure, colours, height=110 + 38 * len(names))
    low, high = _reach(values)
    figure.add_vline(x=0, line={"color": colours.ink, "width": 1})
    figure.update_layout(hovermode="closest", showlegend=False)
    figure.update_xaxes(title_text=f"against {start}" + (f" [{unit}]" if unit else ""), range=[low, high])
    figure.update_yaxes(autorange="reversed")
    return figure


def influence_map(influence: pd.DataFrame, places: Places, target: str, unit: str, colours: Palette) -> tuple[go.Figure, str]:
    """Return the map of how far each neighbour moves the forecast, and what it shows in words."""
    together = influence.sort_values("kind", key=lambda kinds: kinds != BOTH, kind="stable").drop_duplicates("location")
    whole = together.set_index("location").reindex(list(places.names))
    size, change = whole["size"].to_numpy(np.float64), whole["change"].to_numpy(np.float64)
    of = f" [{unit}]" if unit else ""
    told = [
        f"moves it by {style.number(each)}{of}, lifts it by {by:+.3g}" if np.isfinite(each) else "not asked about"
        for each, by in zip(size, change, strict=True)
    ]
    shade = Shade(change, f"lifts or lowers it{of}", told, diverging=True)
    figure = map_figure(places, shade, colours, sizes=size, chosen=target)
    order = whole["size"].dropna().sort_values(ascending=False).index[:3]
    most = ", ".join(f"{name} ({100 * whole.loc[name, 'share']:.2g} %)" for name in order)
    text = f"How far each neighbour moves the forecast: the larger its mark the more. The most: {most or 'nobody'}. {places.note}"
    return figure, text.strip()


def importance_figure(importance: pd.DataFrame, colours: Palette) -> go.Figure:
    """Return by how much the error grows when what belongs to a group is that of another day, with its interval."""
    whole = overall_importance(importance)
    value, low, high = (whole[name].to_numpy(np.float64) for name in ("importance", "low", "high"))
    figure = go.Figure(
        go.Bar(
            orientation="h",
            y=whole["group"],
            x=value,
            marker={"color": style.BLUE},
            error_x={"array": high - value, "arrayminus": value - low, "color": colours.ink, "thickness": 1.5},
            hovertemplate="%{y}: %{x:.1f} %<extra></extra>",
        )
    )
    dressed(figure, colours, height=100 + 40 * len(whole))
    figure.update_layout(hovermode="closest")
    figure.update_xaxes(title_text="larger error without it [%], bar: 90 % interval")
    figure.update_yaxes(autorange="reversed")
    return figure


def overall_importance(importance: pd.DataFrame) -> pd.DataFrame:
    """Return the importance of each group over all seasons and steps, the largest first."""
    whole = importance[importance["season"].isna() | (importance["season"] == "")].drop_duplicates("group")
    return whole.sort_values("importance", ascending=False, kind="stable")


def signed(value: float) -> str:
    """Return a number to read, with its sign.

    Example:
        >>> signed(12345.6), signed(-0.5), signed(0.0)
        ('+12,346', '−0.500', '0')
    """
    return "0" if value == 0 else f"{'+' if value > 0 else MINUS}{style.number(abs(value))}"


def _steps(why: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(why["valid_time"]))


def _reach(values: Sequence[float]) -> tuple[float, float]:
    """Return the ends of a waterfall's axis, with room for its numbers."""
    run = np.concatenate([[0.0], np.cumsum(values[:-1])])
    low, high = float(run.min()), float(run.max())
    room = 0.18 * max(high - low, 1e-9)
    return low - room, high + room
