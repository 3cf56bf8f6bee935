"""Names beside points, where they cover neither each other nor the edge of the map."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from gridcast.views import style

GAP = 2.0  # between a circle and its name [points]
CORE = 0.75  # half the side of the square that stands for a circle, as a share of its radius
SMALLEST = 2.0  # radius of a dot [points]
LONGEST = 22  # letters of a name

Floats = npt.NDArray[np.float64]


def label_places(axes: Axes, places: Floats, radii: Floats, names: Mapping[int, str]) -> list[str]:
    """Write names beside some places, and return those for which there was room.

    A name covers no other name and no named place; it stands clear of all other places too if it can. The layout of the
    figure is settled first, because what covers what depends on it.

    Args:
        axes: Where the places are drawn.
        places: x and y of all places, shape (N, 2).
        radii: Of their circles, shape (N,). [points]
        names: The name of some places by their index, the most important first.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None
    FigureCanvasAgg(figure)  # measures texts as they will be drawn
    figure.draw_without_rendering()
    frame = axes.get_window_extent()
    half = np.maximum(radii, SMALLEST)[:, None] * CORE * figure.dpi / 72
    centres = axes.transData.transform(places)
    circles = [Bbox([low, high]) for low, high in zip(centres - half, centres + half, strict=True)]
    written: dict[int, Bbox] = {}
    for place, name in names.items():
        note = _note(axes, name, places[place])
        named = [*written.values(), *(circles[other] for other in names if other != place)]
        others = [circle for other, circle in enumerate(circles) if other != place]
        spots = _spots(radii[place] + GAP)
        box = _settled(note, spots, frame, [*named, *others]) or _settled(note, spots, frame, named)
        if box is None:
            note.remove()
        else:
            written[place] = box
    return [names[place] for place in written]


def _note(axes: Axes, name: str, place: Floats) -> Annotation:
    text = style.literal(name if len(name) <= LONGEST else name[: LONGEST - 1] + "…")
    where = (float(place[0]), float(place[1]))
    note = axes.annotate(text, where, (0, 0), textcoords="offset points", fontsize=9.5, color=style.INK, zorder=5)
    note.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    note.set_in_layout(False)
    return note


def _settled(note: Annotation, spots: list[tuple[float, float, str, str]], frame: Bbox, taken: list[Bbox]) -> Bbox | None:
    """Move a name to the first spot at which it covers nothing that is taken; return its box, None if there is none."""
    for dx, dy, ha, va in spots:
        note.set(position=(dx, dy), ha=ha, va=va)
        box = note.get_window_extent()
        inside = frame.x0 <= box.x0 and box.x1 <= frame.x1 and frame.y0 <= box.y0 and box.y1 <= frame.y1
        if inside and not any(box.overlaps(other) for other in taken):
            return box
    return None


def _spots(away: float) -> list[tuple[float, float, str, str]]:
    """Return where a name may stand: offset in points, and alignment."""
    side = 0.75 * away
    return [
        (away, 0, "left", "center_baseline"),
        (-away, 0, "right", "center_baseline"),
        (0, away, "center", "bottom"),
        (0, -away, "center", "top"),
        (side, side, "left", "bottom"),
        (-side, side, "right", "bottom"),
        (side, -side, "left", "top"),
        (-side, -side, "right", "top"),
    ]
