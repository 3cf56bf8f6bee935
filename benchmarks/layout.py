"""What is left of who is near whom when places go to cells: projections, axes, collisions, and layouts learned from readings.

Reads the real data sets in ../shared/data; nothing is trained.

    python benchmarks/layout.py         prints the tables and writes benchmarks/layout.md
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.layout import Grid, change_correlation, layout_from_readings, stress, suggest_grid_shape

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "shared" / "data"
MAPS: dict[str, tuple[int | tuple[int, int], ...]] = {"us_ba_2015_2020": (8, (8, 16), 16, (12, 24)), "nyiso_2005_2020": (6, 8, 16)}
LEARNED = ("gefcom2012", "nyiso_2005_2020", "us_ba_2015_2020")
TRAINING = 0.8  # share of the rows
WEEK = 168

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Measure and write the tables."""
    text = "\n".join(
        [
            "# What the grid keeps of the map",
            "",
            "Rank correlation of the distances between all pairs of places, before (great circles) and after. On the plane:",
            "",
            "| places | degrees as they are | cylindrical equal-area | Lambert azimuthal equal-area |",
            "|---|---:|---:|---:|",
            *(projections(name) for name in MAPS),
            "",
            "On the grid, distances from cell to cell; *alone*: places that have a cell for themselves; *moved*: to a free cell.",
            "",
            "| places | grid | axes | collisions | rank correlation | alone | moved |",
            "|---|---|---|---|---:|---:|---:|",
            *(
                row
                for name, sizes in MAPS.items()
                for size in (*sizes, suggest_grid_shape(*coordinates(name)))
                for row in grids(name, size)
            ),
            "",
            "Layouts learned from the first 80 % of the readings, against sqrt(2 (1 - r)); *stress*: Kruskal's stress 1.",
            "",
            "| places | classical scaling | | SMACOF, as we do it | | cells of 8 x 8 | | time [s] |",
            "|---|---:|---:|---:|---:|---:|---:|---:|",
            "| | rank correlation | stress | rank correlation | stress | rank correlation | occupied | |",
            *(learned(name) for name in LEARNED),
            "",
            "Made by `python benchmarks/layout.py`.",
            "",
        ]
    )
    print(text)
    (HERE / "layout.md").write_text(text, encoding="utf-8")


def coordinates(name: str) -> tuple[Floats, Floats]:
    """Return the latitudes and longitudes of a data set's places."""
    places = pd.read_csv(DATA / name / "locations.csv")
    places = places[~places["kind"].str.startswith("weather")]
    return places["latitude"].to_numpy(), places["longitude"].to_numpy()


def projections(name: str) -> str:
    """Return the row of a data set in the table of projections."""
    latitude, longitude = coordinates(name)
    true = great_circles(latitude, longitude)
    planes = ((longitude, latitude), Grid.of(latitude, longitude, 1).plane, azimuthal(latitude, longitude))
    kept = (f"{rank_correlation(true, distances(*plane)):.4f}" for plane in planes)
    return f"| {name} | {' | '.join(kept)} |"


def grids(name: str, size: int | tuple[int, int]) -> list[str]:
    """Return the rows of a data set and a grid size."""
    latitude, longitude = coordinates(name)
    true = great_circles(latitude, longitude)
    rows = []
    for axes in ("equal", "quantile"):
        for collisions in ("share", "spread"):
            grid = Grid.of(latitude, longitude, size, axes=axes, collisions=collisions)
            kept = rank_correlation(true, distances(*grid.cells.T.astype(np.float64)))
            alone = int((np.bincount(grid.flat)[grid.flat] == 1).sum())
            label = " (suggested)" if grid.shape == suggest_grid_shape(latitude, longitude) else ""
            rows.append(
                f"| {name} | {grid.rows} x {grid.columns}{label} | {axes} | {collisions} | {kept:.3f} | {alone} of {len(latitude)} "
                f"| {int(grid.moved.sum())} |"
            )
    return rows


def learned(name: str) -> str:
    """Return the row of a data set in the table of learned layouts."""
    table = pd.read_csv(DATA / name / "load.csv.gz", index_col=0)
    values, names, until = table.to_numpy(dtype=np.float32), list(table.columns), int(len(table) * TRAINING)
    started = time.perf_counter()
    x, y = layout_from_readings(values, names, week=WEEK, until_row=until)
    seconds = time.perf_counter() - started
    r = change_correlation(values, names, week=WEEK, until_row=until)
    wanted = np.sqrt(np.maximum(2 * (1 - r), 0))
    cells = []
    for plane in (classical(wanted), (x, y)):
        cells += [f"{rank_correlation(wanted, distances(*plane)):.3f}", f"{stress(*plane, wanted):.3f}"]
    grid = Grid.of_layout(x, y, 8)
    kept = rank_correlation(wanted, distances(*grid.cells.T.astype(np.float64)))
    return f"| {name} | {' | '.join(cells)} | {kept:.3f} | {len(np.unique(grid.flat))} of {len(names)} | {seconds:.2f} |"


def classical(wanted: Floats) -> tuple[Floats, Floats]:
    """Return the plane of classical scaling by itself."""
    middle = np.eye(len(wanted)) - 1 / len(wanted)
    sizes, directions = np.linalg.eigh(-middle @ wanted**2 @ middle / 2)
    return directions[:, -1] * np.sqrt(sizes[-1]), directions[:, -2] * np.sqrt(sizes[-2])


def azimuthal(latitude: Floats, longitude: Floats) -> tuple[Floats, Floats]:
    """Return x and y of the Lambert azimuthal equal-area projection around the middle (Snyder 1987, p. 185)."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    middle = (phi.min() + phi.max()) / 2
    turn = lam - (lam.min() + lam.max()) / 2
    scale = np.sqrt(2 / (1 + np.sin(middle) * np.sin(phi) + np.cos(middle) * np.cos(phi) * np.cos(turn)))
    up = np.cos(middle) * np.sin(phi) - np.sin(middle) * np.cos(phi) * np.cos(turn)
    return scale * np.cos(phi) * np.sin(turn), scale * up


def great_circles(latitude: Floats, longitude: Floats) -> Floats:
    """Return the angles between all pairs of places, shape (N, N)."""
    phi, lam = np.radians(latitude), np.radians(longitude)
    points = np.column_stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])
    angles: Floats = np.arccos(np.clip(points @ points.T, -1, 1))
    return angles


def distances(x: Floats, y: Floats) -> Floats:
    """Return the distances between all pairs, shape (N, N)."""
    return np.asarray(np.hypot(x[:, None] - x, y[:, None] - y))


def rank_correlation(one: Floats, other: Floats) -> float:
    """Return Spearman's correlation over all pairs."""
    pairs = np.triu_indices(len(one), 1)
    return float(pd.Series(one[pairs]).rank().corr(pd.Series(other[pairs]).rank()))


if __name__ == "__main__":
    main()
