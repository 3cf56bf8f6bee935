"""Figures of the pages of data and training: the readings over the years, and the losses of a training."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from gridcast.app.palette import Palette, colour_of, dressed
from gridcast.app.progress import Progress

NAMES = {"loss": "training", "val_loss": "held out"}
SMALL = 16  # epochs up to which each one has a mark


def loss_figure(progress: Progress, colours: Palette) -> go.Figure:
    """Return the losses by epoch; the axis is as long as the training will be."""
    figure, losses = go.Figure(), progress.losses
    for number, (column, name) in enumerate(NAMES.items()):
        colour, dash = colour_of(number)
        figure.add_scatter(
            x=losses["epoch"],
            y=losses[column],
            name=name,
            mode="lines+markers" if len(losses) <= SMALL else "lines",
            line={"color": colour, "dash": dash, "width": 2.5},
        )
    dressed(figure, colours, height=260)
    figure.update_xaxes(title="epoch", range=[0.5, max(progress.epochs, 1) + 0.5], dtick=None if progress.epochs > SMALL else 1)
    figure.update_yaxes(title="loss", rangemode="tozero")
    return figure


def loss_said(progress: Progress) -> str:
    """Return the losses in a sentence, for those who do not see the figure."""
    if not progress.epoch:
        return "No epoch is over yet."
    last = progress.losses.iloc[-1]
    held = "" if pd.isna(last["val_loss"]) else f", on readings that it does not learn from {last['val_loss']:.4f}"
    return (
        f"Loss after epoch {progress.epoch} of {progress.epochs}: {last['loss']:.4f}{held}. Less is better; where only the first "
        "falls, it learns by heart."
    )


def daily_figure(daily: pd.Series[Any], unit: str, colours: Palette) -> go.Figure:
    """Return the consumption of all places over the years."""
    figure = go.Figure()
    figure.add_scatter(
        x=daily.index, y=daily.to_numpy(), mode="lines", line={"color": colour_of(0)[0], "width": 1.2}, name="all places"
    )
    dressed(figure, colours, height=230)
    figure.update_yaxes(title=unit or "consumption", rangemode="tozero")
    return figure
