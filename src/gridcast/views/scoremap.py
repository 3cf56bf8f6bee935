"""How well each place is forecast, on the map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from gridcast.errors import ShapeError, counted, listed
from gridcast.evaluation import REFERENCES
from gridcast.raster import Grid
from gridcast.views import style
from gridcast.views.cells import Edges, draw_cells, legend_below, mark

MODEL = "hybrid"  # whose scores are shown; the first of the table where it is not there
COLUMNS = ("model", "location", "rmse", "nmae", "skill")
ROBUST = (2, 98)  # percentiles between which the colours run
MANY = 20  # places from which on the colours leave out the extremes
SIZES = {"x": 5.5, "s": 6.7, "o": 7.4, "v": 8.7}  # of the markers [points]
CROWD = 60  # places from which on the markers are smaller
REFERENCE_NAMES = {REFERENCES[0]: "the same hour last week", REFERENCES[1]: "the same hour yesterday"}
HINT = "pass the table that `gridcast.evaluation.evaluate` returned"

Floats = npt.NDArray[np.float64]


def scores_by_place(scores: pd.DataFrame, locations: tuple[str, ...]) -> pd.DataFrame:
    """Return `nmae` and `skill` of the shown model, a row for each place of the panel; attributes `model` and `note`.

    Raises:
        ShapeError: If columns are missing, or none of the places has scores.
    """
    missing = [name for name in COLUMNS if name not in scores]
    if missing:
        raise ShapeError(f"the table of scores lacks {listed(missing)}", found=listed(scores) or "no columns", hint=HINT)
    models = list(dict.fromkeys(scores["model"]))
    model = MODEL if MODEL in models or not models else models[0]
    rows = scores[(scores["model"] == model) & scores["location"].isin(locations)].set_index("location")
    if rows.empty:
        raise ShapeError(
            "the scores are not those of the panel's places",
            found=listed(name for name in scores["location"].unique() if name) or "no places",
            expected=listed(locations),
            hint=HINT,
        )
    chosen = rows.loc[:, ["nmae", "skill"]].reindex(list(locations)).astype(np.float64)
    chosen.attrs["model"] = model
    chosen.attrs["note"] = ", ex post" if rows.get("ex_post", pd.Series([False])).any() else ""
    return chosen


def reference_name(scores: pd.DataFrame) -> str:
    """Return in words what the skill is measured against: as in `evaluate`, the first reference with scores."""
    whole = scores[scores["location"] == ""].set_index("model")["rmse"]
    return next((text for name, text in REFERENCE_NAMES.items() if np.isfinite(whole.get(name, np.nan))), "the naive forecast")


def draw_scores(axes: Axes, grid: Grid, edges: Edges, by_place: pd.DataFrame, reference: str) -> None:
    """Draw each place in the colour of its error, the largest errors on top, and marked where the reference is better."""
    model = by_place.attrs["model"]
    draw_cells(axes, grid, edges, f"Error of the {model} forecast by place{by_place.attrs['note']}")
    nmae = by_place["nmae"].to_numpy()
    scored = nmae[np.isfinite(nmae)]
    norm = _colours(scored)
    colours = ScalarMappable(norm, style.dark_end("YlOrBr", 0.15))
    shrunk = 1.0 if len(nmae) < CROWD else 0.8
    handles = {}
    for marker, (text, places) in _groups(by_place, reference).items():
        fill, edge = (style.GREY, None) if marker == "x" else (colours.to_rgba(nmae[places]), style.INK)
        size = SIZES[marker] * shrunk
        x, y = grid.x[places], grid.y[places]
        axes.scatter(x, y, s=size**2, c=fill, marker=marker, edgecolors=edge, linewidths=0.7)
        handles[f"{text}: {counted(len(places), 'place')}"] = mark(marker, size, "#FFFFFF" if edge else style.GREY)
    legend_below(axes, handles)
    if len(scored):
        box = axes.inset_axes((1.02, 0, 0.03, 1))  # as high as the map
        bar = axes.figure.colorbar(colours, cax=box, extend=style.extend(scored, colours))
        bar.set_label("nMAE [% of a place's mean consumption]")


def _groups(by_place: pd.DataFrame, reference: str) -> dict[str, tuple[str, npt.NDArray[np.intp]]]:
    """Return for each marker what it means and its places, the smallest error first; without empty groups."""
    nmae, skill = by_place["nmae"].to_numpy(), by_place["skill"].to_numpy()
    scored, order = np.isfinite(nmae), np.argsort(nmae, kind="stable")
    groups = {
        "x": ("not scored", ~scored),
        "s": ("without a naive forecast to compare with", scored & np.isnan(skill)),
        "o": (f"no worse than {reference}", scored & (skill >= 0)),
        "v": (f"worse than {reference}", scored & (skill < 0)),
    }
    return {marker: (text, order[chosen[order]]) for marker, (text, chosen) in groups.items() if chosen.any()}


def _colours(nmae: Floats) -> Normalize:
    """Return between which values the colours run: of many places without the extremes."""
    if not len(nmae):
        return Normalize(0, 1)
    low, high = np.percentile(nmae, ROBUST if len(nmae) >= MANY else (0, 100))
    return Normalize(low, high) if high > low else Normalize(low - 0.5, high + 0.5)
