"""Coastlines and borders: decoded, cut to a part of the map, and small."""

from importlib.resources import files

import numpy as np
import pytest

from gridcast.app.coast import Box, decoded, lines_within


def test_lines_are_a_start_and_steps():
    # (1.00, 2.00), then 0.10 to the east, then 0.05 to the north; NaN after each line
    lines = decoded([[100, 200, 10, 0, 0, 5], [-50, 0, 1, 1]], 0.01)
    assert lines.longitude == pytest.approx([1.0, 1.1, 1.1, np.nan, -0.5, -0.49, np.nan], nan_ok=True)
    assert lines.latitude == pytest.approx([2.0, 2.0, 2.05, np.nan, 0.0, 0.01, np.nan], nan_ok=True)


def test_only_what_lies_in_the_box_is_drawn():
    box = Box(-10.0, 36.0, 4.0, 44.0)  # Iberia
    for lines in lines_within(box).values():
        known = np.isfinite(lines.longitude)
        assert known.sum() > 50
        assert ((lines.longitude[known] >= -10) & (lines.longitude[known] <= 4)).all()
        assert ((lines.latitude[known] >= 36) & (lines.latitude[known] <= 44)).all()


def test_the_border_of_spain_and_portugal_is_where_it_is():
    borders = lines_within(Box(-9.0, 38.0, -6.0, 40.0))["borders"]
    gaps = np.hypot(borders.longitude + 7.0, borders.latitude - 39.0)  # the border is near Badajoz, 7.0 W 38.9 N
    assert np.nanmin(gaps) < 0.2


def test_no_line_runs_from_one_end_of_what_was_left_out_to_the_other():
    lines = lines_within(Box(-10.0, 36.0, 4.0, 44.0))["coast"]
    jumps = np.hypot(np.diff(lines.longitude), np.diff(lines.latitude))
    assert np.nanmax(jumps) < 1.0


@pytest.mark.parametrize("middle", [180.0, -180.0])
def test_beyond_the_180th_meridian_the_map_goes_on(middle):
    # Viti Levu is at 178 E, 18 S; Savai'i at 172.5 W, 13.6 S: 2 degrees before the meridian and 7.5 beyond it
    coast = lines_within(Box(middle - 10, -20.0, middle + 10, -10.0))["coast"]
    for x, y in ((middle - 2, -18.0), (middle + 7.5, -13.6)):
        assert np.nanmin(np.hypot(coast.longitude - x, coast.latitude - y)) < 0.7


def test_in_the_middle_of_an_ocean_there_is_nothing():
    assert all(len(lines.longitude) == 0 for lines in lines_within(Box(-40.0, 30.0, -35.0, 33.0)).values())


def test_a_large_part_is_drawn_more_coarsely():
    box = Box(-10.0, 36.0, 4.0, 44.0)
    near, far = (lines_within(each)["coast"] for each in (box, Box(-180.0, -80.0, 180.0, 80.0)))
    inside = (far.longitude > box.west) & (far.longitude < box.east) & (far.latitude > box.south) & (far.latitude < box.north)
    assert inside.sum() < 0.7 * np.isfinite(near.longitude).sum()


def test_the_file_is_small():
    assert len((files("gridcast.app") / "coast.json.gz").read_bytes()) < 200_000
