"""Places on a grid: by their coordinates, or by a layout learned from their readings; and weather fields on the same cells."""

from gridcast.layout.field import Field
from gridcast.layout.grid import Axes, Collisions, Grid, Size, suggest_grid_shape, suggest_grid_size
from gridcast.layout.learned import change_correlation, fill_coordinates, layout_from_readings, stress

__all__ = [
    "Axes",
    "Collisions",
    "Field",
    "Grid",
    "Size",
    "change_correlation",
    "fill_coordinates",
    "layout_from_readings",
    "stress",
    "suggest_grid_shape",
    "suggest_grid_size",
]
