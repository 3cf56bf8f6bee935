"""The fan chart of the app: a forecast with its intervals, what was measured, and other forecasts beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from gridcast.app.palette import Palette, colour_of, dressed, translucent
from gridcast.views import style

Floats = npt.NDArray[np.float64]

BANDS = {90: 0.16, 80: 0.22, 50: 0.30}  # per cent, and how much of the colour lies in its band
SLACK = 1e-6
HEIGHT = 360


@dataclass(frozen=True)
class Fan:
    """A forecast of one place.

    Attributes:
        name: Of the forecaster.
        times: Starts of the intervals, UTC, shape (T,).
        point: Shape (T,).
        quantiles: By level, shape (T,) each.
        others: Further point forecasts of the same times by name, shape (T,) each.
    """

    name: str
    times: pd.DatetimeIndex
    point: Floats
    quantiles: Mapping[float, Floats] = field(default_factory=dict)
    others: Mapping[str, Floats] = field(default_factory=dict)

    def band(self, percent: int) -> tuple[Floats, Floats] | None:
        """Return the ends of an interval; None where the forecast does not tell them.

        Example:
            >>> fan = Fan("f", pd.DatetimeIndex(["2024-01-01"]), np.array([2.0]), {0.1: np.array([1.0]), 0.9: np.array([4.0])})
            >>> fan.band(80), fan.band(50)
            ((array([1.]), array([4.])), None)
        """
        found = [
            next((values for level, values in self.quantiles.items() if abs(level - edge) < SLACK), None)
            for edge in (0.5 - percent / 200, 0.5 + percent / 200)
        ]
        return None if found[0] is None or found[1] is None else (found[0], found[1])


def fan_figure(
    fan: Fan,
    colours: Palette,
    *,
    measured: pd.Series[float] | None = None,
    unit: str = "",
    limit: float | None = None,
    now: pd.Timestamp | None = None,
) -> go.Figure:
    """Return the fan chart.

    Args:
        fan: The forecast.
        colours: Of the page.
        measured: What was measured, by time (UTC).
        unit: Of all values.
        limit: A line that should not be crossed.
        now: When the forecast was issued.
    """
    figure = go.Figure()
    for percent, share in BANDS.items():
        band = fan.band(percent)
        if band is not None:
            _draw_band(figure, fan, band, percent, share)
    for number, (name, values) in enumerate(fan.others.items(), 1):
        colour, dash = colour_of(number)
        figure.add_scatter(x=fan.times, y=values, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 1.6})
    figure.add_scatter(x=fan.times, y=fan.point, name=fan.name, mode="lines", line={"color": style.BLUE, "width": 2.6})
    if measured is not None:
        line = {"color": colours.ink, "width": 1.8}
        figure.add_scatter(x=measured.index, y=measured.to_numpy(), name="measured", mode="lines", line=line)
    dressed(figure, colours, height=HEIGHT)
    if limit is not None and np.isfinite(limit):
        mark = {"text": "limit", "font": {"color": style.VERMILION}}
        figure.add_hline(y=limit, line={"color": style.VERMILION, "dash": "dash", "width": 2}, annotation=mark)
    if now is not None:
        figure.add_vline(x=now.timestamp() * 1000, line={"color": colours.grey, "dash": "dot", "width": 1.5})
    figure.update_xaxes(title_text="time (UTC)")
    figure.update_yaxes(title_text=f"load [{unit}]" if unit else "load", tickformat=",~r" if _large(fan) else None)
    return figure


def _draw_band(figure: go.Figure, fan: Fan, band: tuple[Floats, Floats], percent: int, share: float) -> None:
    group = f"{percent} %"
    edge = {"width": 0, "color": style.BLUE}
    figure.add_scatter(
        x=fan.times, y=band[0], mode="lines", line=edge, legendgroup=group, showlegend=False, hoverinfo="skip", connectgaps=True
    )
    figure.add_scatter(
        x=fan.times, y=band[1], mode="lines", line=edge, legendgroup=group, name=group, hoverinfo="skip", connectgaps=True,
        fill="tonexty", fillcolor=translucent(style.BLUE, share),
    )  # fmt: skip


def _large(fan: Fan) -> bool:
    return bool(np.nanmax(np.abs(fan.point), initial=0) >= 1000)
