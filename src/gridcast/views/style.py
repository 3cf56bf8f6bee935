"""What the pictures have in common: colours that the colour-blind can tell apart, figures without a display, saving."""

from __future__ import annotations

import base64
import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import StrMethodFormatter

from gridcast.atomic import replacing
from gridcast.errors import FileError, listed

INK, GREY, PALE = "#222222", "#767676", "#DDDDDD"
BLUE, VERMILION, GREEN, PURPLE, ORANGE = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"  # Okabe & Ito (2008)
DPI = 130
FORMATS: dict[str, dict[str, None]] = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}  # without dates
NUMBERS = StrMethodFormatter("{x:,.9g}")  # 12,000 and 0.25


def new_figure(width: float, height: float, title: str = "") -> Figure:
    """Return an empty figure that no global state of matplotlib knows of; sides in inches."""
    layout = ConstrainedLayoutEngine(w_pad=0.1, h_pad=0.1)
    figure = Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout=layout)
    if title:
        figure.suptitle(literal(title), fontsize=14, fontweight="bold", color=INK)
    return figure


def dressed(axes: Axes, title: str, pad: float = 6) -> Axes:
    """Return the axes with a title on the left, a pale grid and no box around them."""
    axes.set_title(literal(title), loc="left", fontsize=12, pad=pad, color=INK)
    axes.set_facecolor("white")
    axes.grid(color=PALE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=10, color=GREY)
    return axes


def dark_end(name: str, start: float = 0.25) -> Colormap:
    """Return a sequential colour map of matplotlib without its palest colours, which are lost on white."""
    shades: npt.NDArray[np.float64] = colormaps[name](np.linspace(start, 1, 256))
    return ListedColormap(shades)


def extend(values: npt.NDArray[np.float64], colours: ScalarMappable) -> Literal["neither", "min", "max", "both"]:
    """Return at which ends of the colour bar there are values beyond it."""
    share = np.asarray(colours.norm(values[np.isfinite(values)]))
    below, above = bool((share < 0).any()), bool((share > 1).any())
    return "both" if below and above else "min" if below else "max" if above else "neither"


def literal(text: str) -> str:
    r"""Return a text in which a dollar sign is a dollar sign, and not the start of a formula.

    Example:
        >>> literal("US$ and A$")
        'US\\$ and A\\$'
    """
    return text.replace("$", r"\$")


def with_unit(text: str, unit: str) -> str:
    """Return a label with its unit.

    Example:
        >>> with_unit("actual", "MW"), with_unit("actual", "")
        ('actual [MW]', 'actual')
    """
    return literal(f"{text} [{unit}]" if unit else text)


def number(value: float) -> str:
    """Return a number to read: three digits, or all before the point.

    Example:
        >>> number(12345.6), number(0.123456), number(123.0), number(1.0)
        ('12,346', '0.123', '123', '1.00')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.3g}".rstrip(".")


def say_empty(axes: Axes) -> None:
    """Say that there is nothing to draw."""
    axes.text(0.5, 0.5, "no hour has both values", transform=axes.transAxes, ha="center", va="center", color=GREY)
    axes.set(xticks=[], yticks=[])


@contextmanager
def any_letters() -> Iterator[None]:
    """Let letters that the font lacks be drawn as boxes, without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure in the format of the file's suffix; an older file is replaced at the very end.

    The same figure gives the same bytes: no date is written into the file.

    Raises:
        FileError: If the suffix is not one of `FORMATS`, or the file can't be written.
    """
    suffix = require_format(path)
    with replacing(path) as temporary, any_letters(), rc_context({"svg.hashsalt": "gridcast"}):
        figure.savefig(temporary, dpi=DPI, metadata=FORMATS[suffix])


def require_format(path: str | os.PathLike[str]) -> str:
    """Return the suffix of a picture's name.

    Raises:
        FileError: If it is not one of `FORMATS`.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise FileError(
            f"cannot tell what kind of picture `{path}` shall be",
            found=f"suffix `{suffix}`" if suffix else "no suffix",
            expected=listed(FORMATS),
            hint="end the name in `.png`",
        )
    return suffix


def as_source(figure: Figure, kind: Literal["svg", "png"] = "svg", *, dpi: float = DPI) -> str:
    """Return a figure as the source of an image in a page: the same bytes for the same figure."""
    buffer = io.BytesIO()
    with any_letters(), rc_context({"svg.hashsalt": "gridcast"}):
        figure.savefig(buffer, format=kind, metadata=FORMATS[f".{kind}"], dpi=dpi)
    media = "svg+xml" if kind == "svg" else kind
    return f"data:image/{media};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
