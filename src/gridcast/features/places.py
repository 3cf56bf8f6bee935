"""Weather from stations or a field to the places: inverse distance over stations, bilinear in a field."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr

from gridcast.errors import ConfigError, GridcastWarning, PanelError, counted, listed, require_positive

Floats = npt.NDArray[np.float64]
Method = Literal["idw", "nearest"]

EARTH = 6371.0088  # mean radius [km]
POWER = 2  # of the distance, by which a station's weight falls
AT = 0.01  # a station within these kilometres is at the place
DEGREE = EARTH * np.pi / 180  # of latitude [km]


def weather_at_places(
    dataset: xr.Dataset,
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    locations: Sequence[str],
    *,
    method: Method = "idw",
    nearest: int = 3,
    far: float = 150.0,
) -> xr.Dataset:
    """Return weather at places, with the dimension `location` instead of `station` or of `y` and `x`.

    From stations, a place gets at each moment the mean of the `nearest` ones that have a reading then, weighted by the inverse
    square of the distance (Shepard 1968); a station at the place itself counts alone. From a field it gets the bilinear mean of
    the four points around it, of those with a value; beyond the field's edge by no more than `far`, the value at the edge.

    Args:
        dataset: Variables (time, station), (issued, lead, station), (time, y, x) or (issued, lead, y, x); stations with the
            coordinates `latitude` and `longitude`, fields with `y` and `x`. [degrees]
        latitude: Of the places, shape (location,). [degrees]
        longitude: Likewise.
        locations: Names of the places.
        method: `idw`, or `nearest` for the nearest station with a reading, or the nearest point of a field.
        nearest: How many stations make a mean.
        far: From which distance on a place's nearest station is warned of, and a place outside a field refused. [km]

    Raises:
        ConfigError: If the method is unknown, or no station is to be used.
        PanelError: If stations have no coordinates, or a place is far outside the field.

    Example:
        >>> stations = {"station": ["A", "B"], "latitude": ("station", [50.0, 52.0]), "longitude": ("station", [30.0, 30.0])}
        >>> weather = xr.Dataset({"temperature": (("time", "station"), [[0.0, 10.0]])}, coords=stations)
        >>> weather_at_places(weather, [51.0], [30.0], ["between"])["temperature"].values.round(6).tolist()
        [[5.0]]

    References:
        Shepard (1968), doi:10.1145/800186.810616.
    """
    require_positive(nearest=nearest, far=far)
    if method not in ("idw", "nearest"):
        raise ConfigError(f"`{method}` is no way to bring weather to places", found=method, expected="`idw` or `nearest`")
    where = np.asarray(latitude, dtype=np.float64), np.asarray(longitude, dtype=np.float64)
    _require_finite(*where, locations)
    if "station" in dataset.dims:
        return _from_stations(dataset, where, locations, nearest=1 if method == "nearest" else nearest, far=far)
    return _from_field(dataset, where, locations, whole=method == "nearest", far=far)


def great_circle(
    latitude: npt.ArrayLike, longitude: npt.ArrayLike, to_latitude: npt.ArrayLike, to_longitude: npt.ArrayLike
) -> Floats:
    """Return distances on the sphere by the haversine formula, in the shape to which the arguments broadcast. [km]

    Example:
        >>> great_circle(50.45, 30.52, 49.84, 24.03).round(1)  # Kyiv to Lviv
        np.float64(467.3)
    """
    north, east, to_north, to_east = (np.radians(each) for each in (latitude, longitude, to_latitude, to_longitude))
    half = np.sin((to_north - north) / 2) ** 2 + np.cos(north) * np.cos(to_north) * np.sin((to_east - east) / 2) ** 2
    distance: Floats = 2 * EARTH * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return distance


def _from_stations(
    dataset: xr.Dataset, where: tuple[Floats, Floats], locations: Sequence[str], *, nearest: int, far: float
) -> xr.Dataset:
    """Return the mean of the nearest stations that have a reading, for each variable."""
    distance = _distances(dataset, where)
    names = np.array([str(name) for name in dataset["station"].values])
    order = np.array([np.lexsort((names, row)) for row in distance])  # names decide between stations equally far
    ranked = np.take_along_axis(distance, order, axis=1)
    _warn_of_far_stations(ranked[:, 0], names[order[:, 0]], locations, far)
    return _at_locations(dataset, ("station",), locations, lambda values: _inverse_distance(values, order, ranked, nearest))


def _distances(dataset: xr.Dataset, where: tuple[Floats, Floats]) -> Floats:
    """Return the distance of each place from each station, shape (location, station); infinite for those without a position."""
    known = {"latitude", "longitude"} <= set(dataset.coords)
    distance = (
        great_circle(where[0][:, None], where[1][:, None], *(dataset[name].values for name in ("latitude", "longitude")))
        if known
        else None
    )
    if distance is None or np.isnan(distance).all():
        raise PanelError(
            "the weather stations have no coordinates",
            found=f"{counted(dataset.sizes['station'], 'station')} without latitude and longitude",
            expected="coordinates `latitude` and `longitude` on `station`",
            hint="list the stations among the places, or learn from the training part which belong to a place: `learned_weights`",
        )
    return np.where(np.isnan(distance), np.inf, distance)


def _inverse_distance(values: Floats, order: npt.NDArray[np.intp], ranked: Floats, nearest: int) -> Floats:
    """Return values at places, shape (moment, location), of values at stations, shape (moment, station)."""
    result = np.full((len(values), len(order)), np.nan)
    for place, (stations, distances) in enumerate(zip(order, ranked, strict=True)):
        total, weights = np.zeros(len(values)), np.zeros(len(values))
        count = np.zeros(len(values), np.intp)
        for station, distance in zip(stations[np.isfinite(distances)], distances, strict=False):
            reading = values[:, station]
            taken = np.isfinite(reading) & (count < nearest)
            weight = float(max(distance, AT)) ** -POWER
            total += np.where(taken, weight * reading, 0.0)
            weights += np.where(taken, weight, 0.0)
            count[taken] += 1 if distance >= AT else nearest
            if (count >= nearest).all():
                break
        np.divide(total, weights, out=result[:, place], where=weights > 0)
    return result


def _from_field(
    dataset: xr.Dataset, where: tuple[Floats, Floats], locations: Sequence[str], *, whole: bool, far: float
) -> xr.Dataset:
    """Return the bilinear mean of the points around each place, for each variable."""
    y, x = dataset["y"].values.astype(np.float64), dataset["x"].values.astype(np.float64)
    middle = (x[0] + x[-1]) / 2
    longitude = middle + (where[1] - middle + 180) % 360 - 180
    span = abs(float(x[-1] - x[0]))
    around = len(x) > 1 and span + 1.5 * span / (len(x) - 1) > 360  # no edge between east and west
    edges = [np.clip(position, axis.min(), axis.max()) for position, axis in ((where[0], y), (longitude, x))]
    edge_x = longitude if around else edges[1]
    _require_near(great_circle(where[0], longitude, edges[0], edge_x), _spacing(y) * DEGREE, locations, far)
    rows, columns = _between(y, edges[0], whole=whole), _between(x, edge_x, whole=whole, period=360.0 if around else 0.0)
    return _at_locations(dataset, ("y", "x"), locations, lambda values: _bilinear(values, rows, columns, len(x)))


def _spacing(axis: Floats) -> float:
    return abs(float(axis[-1] - axis[0])) / max(1, len(axis) - 1)


def _between(axis: Floats, position: Floats, *, whole: bool, period: float = 0.0) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return for each position the two points of the axis around it, shape (2, position), and their shares."""
    order = np.argsort(axis)
    points = axis[order]
    if period:
        order, points = (
            np.concatenate([order[-1:], order, order[:1]]),
            np.concatenate([[points[-1] - period], points, [points[0] + period]]),
        )
    upper = np.clip(np.searchsorted(points, position), min(1, len(points) - 1), len(points) - 1)
    lower = np.maximum(upper - 1, 0)
    gap = np.where(upper > lower, points[upper] - points[lower], 1.0)
    share = (position - points[lower]) / gap
    share = np.round(share) if whole else share
    return np.stack([order[lower], order[upper]]), np.stack([1 - share, share])


def _bilinear(
    values: Floats, rows: tuple[npt.NDArray[np.intp], Floats], columns: tuple[npt.NDArray[np.intp], Floats], width: int
) -> Floats:
    """Return values at places, shape (moment, location), of values at the points of a field, shape (moment, y * x)."""
    total = np.zeros((len(values), rows[0].shape[1]))
    weights = np.zeros_like(total)
    for row, row_share in zip(*rows, strict=True):
        for column, column_share in zip(*columns, strict=True):
            point = values[:, row * width + column]
            there = np.isfinite(point) & (row_share * column_share > 0)
            total += np.where(there, row_share * column_share * point, 0.0)
            weights += np.where(there, row_share * column_share, 0.0)
    return np.divide(total, weights, out=np.full_like(total, np.nan), where=weights > 0)


def _at_locations(dataset: xr.Dataset, gone: tuple[str, ...], locations: Sequence[str], at: Any) -> xr.Dataset:
    """Return each variable with `location` in place of the dimensions that go, by a function of (moment, point)."""
    variables = {}
    for name, each in dataset.data_vars.items():
        kept = tuple(dim for dim in each.dims if dim not in gone)
        ordered = each.transpose(*kept, *gone)
        shape = tuple(each.sizes[dim] for dim in kept)
        values = at(ordered.values.reshape(int(np.prod(shape)), -1).astype(np.float64))
        variables[name] = ((*kept, "location"), values.reshape(*shape, -1).astype(each.dtype), each.attrs)
    coords = {dim: dataset[dim] for dim in ("time", "issued", "lead") if dim in dataset.coords}
    return xr.Dataset(variables, coords={**coords, "location": [str(name) for name in locations]})


def _require_finite(latitude: Floats, longitude: Floats, locations: Sequence[str]) -> None:
    if not latitude.shape == longitude.shape == (len(locations),):
        found = f"{latitude.shape} latitudes, {longitude.shape} longitudes, {len(locations)} names"
        raise PanelError("places need a latitude, a longitude and a name each", found=found, expected="three of one length")
    absent = [name for name, good in zip(locations, np.isfinite(latitude + longitude), strict=True) if not good]
    if absent:
        raise PanelError(
            f"{counted(absent, 'place')} without coordinates",
            found=listed(absent),
            expected="a latitude and a longitude of each",
            hint="fill them in, or learn from the training part which stations belong to a place: `learned_weights`",
        )


def _warn_of_far_stations(distance: Floats, station: npt.NDArray[np.str_], locations: Sequence[str], far: float) -> None:
    rows = np.flatnonzero(distance > far)
    if len(rows):
        rows = rows[np.argsort(-distance[rows], kind="stable")]
        found = [f"{locations[row]}: {distance[row]:,.0f} km to {station[row]}" for row in rows.tolist()]
        warnings.warn(
            f"{counted(len(rows), 'place')} of {len(locations)} {'is' if len(rows) == 1 else 'are'} farther than {far:g} km from "
            f"the nearest weather station: {listed(found)}",
            GridcastWarning,
            stacklevel=4,
        )


def _require_near(distance: Floats, cell: float, locations: Sequence[str], far: float) -> None:
    """Refuse places that are far outside a field; warn of those that are outside by more than a cell."""
    rows = np.flatnonzero(distance > max(cell, AT))
    if not len(rows):
        return
    rows = rows[np.argsort(-distance[rows], kind="stable")]
    found = listed(f"{locations[row]}: {distance[row]:,.0f} km" for row in rows.tolist())
    if distance[rows[0]] > far:
        raise PanelError(
            f"{counted(int((distance > far).sum()), 'place')} of {len(locations)} lie outside the weather's field",
            found=found,
            expected=f"a field around all places, or its edge within {far:g} km",
            hint="get the field for a larger box",
        )
    warnings.warn(
        f"{counted(len(rows), 'place')} of {len(locations)} outside the weather's field, its edge was used: {found}",
        GridcastWarning,
        stacklevel=4,
    )
