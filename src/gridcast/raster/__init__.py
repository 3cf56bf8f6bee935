"""Places on a grid, and the frames that the CNN reads: what each cell of the map has been doing up to an issue time."""

from gridcast.layout import Field, Grid, suggest_grid_shape, suggest_grid_size
from gridcast.raster.cells import Variables
from gridcast.raster.frames import Channel, Frames
from gridcast.raster.prepare import frames_in_time, panel_grid, preprocess_spatial_data

__all__ = [
    "Channel",
    "Field",
    "Frames",
    "Grid",
    "Variables",
    "frames_in_time",
    "panel_grid",
    "preprocess_spatial_data",
    "suggest_grid_shape",
    "suggest_grid_size",
]
