"""What one takes away from the results of a folder: figures, the report, scores."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from matplotlib.figure import Figure

from gridcast.app.scored import Scored
from gridcast.views import style
from gridcast.views.backtestfigures import plot_clock, plot_leads, plot_over_time, plot_skills
from gridcast.views.backtestplaces import plot_places, plot_score_map

WRITTEN = ("results.png", "map.png")  # of `gridcast run`
EPOCH = (1980, 1, 1, 0, 0, 0)  # of all files in an archive, so that it is the same each time


def figures_zip(scored: Scored) -> bytes:
    """Return an archive of the figures of a folder: those that are there, and those that its scores allow."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in WRITTEN:
            if (scored.path / name).is_file():
                archive.writestr(zipfile.ZipInfo(name, EPOCH), (scored.path / name).read_bytes())
        for name, figure in _figures(scored):
            archive.writestr(zipfile.ZipInfo(f"{name}.png", EPOCH), as_png(figure))
    return buffer.getvalue()


def as_png(figure: Figure) -> bytes:
    """Return a figure as PNG."""
    buffer = io.BytesIO()
    with style.any_letters():
        figure.savefig(buffer, format="png", dpi=style.DPI)
    return buffer.getvalue()


def scores_csv(scored: Scored) -> bytes:
    """Return all scores as CSV."""
    return scored.backtested.scores.to_csv(index=False, float_format="%.7g").encode()


def _figures(scored: Scored) -> Iterator[tuple[str, Figure]]:
    kinds = {
        "skills": plot_skills, "leads": plot_leads, "hours": plot_clock, "over_time": plot_over_time, "places": plot_places,
        "error_map": plot_score_map,
    }  # fmt: skip
    for name, plot in kinds.items():
        figure = plot(scored.backtested)
        if figure is not None:
            yield name, figure
