"""Fields of weather from NetCDF and Zarr: only the variables, the time and the box that are wanted are read."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from gridcast.errors import PanelError, counted, listed
from gridcast.sources.weather.axes import Axes, find_axes, moments, spans
from gridcast.sources.weather.fieldvalues import converted
from gridcast.sources.weather.gridfiles import grid_files, opened
from gridcast.sources.weather.quantities import QUANTITIES, find_quantity
from gridcast.sources.weather.weather import Weather, WeatherOptions, marked
from gridcast.sources.weather.window import ALL, Places, Window, columns_in, rows_in


def read_gridded_weather(
    address: str | os.PathLike[str], *, options: WeatherOptions | None = None, window: Window = ALL
) -> Weather:
    """Return the weather of a field, as ERA5 and weather services give it.

    Dimensions are recognised by the CF conventions or by the usual names: `latitude`, `lon`, `valid_time`, `step`,
    `forecast_reference_time` and the like. With lead times, or a time of issue beside the valid time, it is forecast weather.
    Several files are put together by time, or by variable. Of an ensemble the mean is taken; preliminary values (`expver`) fill
    where final ones are not there yet. Observed hourly sums, such as radiation in J/m2 or precipitation, are stamped by
    the end of the hour, as in ERA5, and are moved to its start; sums that grow with the lead time become those of each step, at
    its start. At the last moment there is then nothing.

    Args:
        address: NetCDF, Zarr (folder or zip), a folder of them, or a glob.
        options: What the file does not tell; without `variables`, all known quantities.
        window: The part that is wanted.

    Raises:
        FileError: If a file is missing, of another kind or broken.
        PanelError: If dimensions or variables can't be recognised, or nothing is in the window.
    """
    options = options or WeatherOptions()
    read = [_read(path, options, window) for path in grid_files(address)]
    parts, said = [part for part, _ in read if part is not None], list(dict.fromkeys(line for _, lines in read for line in lines))
    if not parts:
        raise _nothing(window, read[0][1])
    raw, joined = _joined(parts)
    dataset, done = converted(raw, options, Path(address).name)
    kind = "forecasts" if "issued" in dataset.dims else "observed"
    shape = " x ".join(f"{size:,} {name}" for name, size in dataset.sizes.items())
    head = f"{Path(address).name}: field of weather, {kind}: {listed(dataset.data_vars, 12)}; {shape}"
    return Weather(marked(dataset, options), (head, *said, *joined, *done))


def _read(path: Path, options: WeatherOptions, window: Window) -> tuple[xr.Dataset | None, tuple[str, ...]]:
    """Return what is wanted of one file, (time, y, x) or (issued, lead, y, x); None if nothing is in the window."""
    with opened(path) as file:
        axes = find_axes(file, options, path.name)
        names, said = _variables(file, axes, options, path.name)
        y, rows = rows_in(file[axes.latitude].values.astype(np.float64), window)
        x, columns = columns_in(file[axes.longitude].values.astype(np.float64), window)
        times, places, told = _times(file, axes, window, path.name)
        said = (*said, *told)
        if not all(map(len, (y, x, *times.values()))):
            return None, (_span(file, axes, path.name), *said)
        chosen = {axes.latitude: rows, axes.longitude: columns} | places
        variables = {}
        for name in names:
            values, lines = _values(file[name], chosen, axes, path.name)
            variables[name] = (
                (*times, "y", "x"),
                values.reshape(*map(len, times.values()), len(y), len(x)),
                _attributes(file[name]),
            )
            said += lines
        return xr.Dataset(variables, coords={**times, "y": y, "x": x}), said


def _variables(file: xr.Dataset, axes: Axes, options: WeatherOptions, name: str) -> tuple[list[str], tuple[str, ...]]:
    """Return the variables to read: those wanted, or all that are known quantities.

    Raises:
        PanelError: If there are none.
    """
    fields = [str(each) for each in file.data_vars if {axes.latitude, axes.longitude} <= set(file[each].dims)]
    known = {each: _quantity_name(file[each]) for each in fields}
    wanted = {known_name for each in options.variables for known_name in ({each} | _parts(each))}
    chosen = [each for each in fields if ({each, known[each]} & wanted if wanted else known[each])]
    twice = [each for n, each in enumerate(chosen) if known[each] and known[each] in [known[before] for before in chosen[:n]]]
    chosen = [each for each in chosen if each not in twice]
    if not chosen:
        raise PanelError(
            f"`{name}` has no field of weather that is wanted",
            found=listed(fields or file.data_vars, 12) or "no variables",
            expected=listed(options.variables) if wanted else f"known quantities such as {listed(QUANTITIES)}",
            hint='name what to read: `variables = ["..."]` in `[weather]`; from Python: `WeatherOptions(variables=("...",))`'
            if fields
            else "",
        )
    unused = [each for each in fields if each not in chosen and not wanted]
    said = [f"{name}: not read: {listed(unused)}"] if unused else []
    return chosen, (*said, *([f"{name}: not read, there is another of its kind: {listed(twice)}"] if twice else []))


def _parts(name: str) -> set[str]:
    """Return the name inside of what is wanted, and for the speed of wind its components."""
    quantity = find_quantity(name)
    found = quantity.name if quantity else name
    return {found, "wind_u", "wind_v"} if found == "wind_speed" else {found}


def _quantity_name(variable: xr.DataArray) -> str:
    """Return the name inside of what a variable is, by its own name or by its attributes; empty if it is not known."""
    names = (
        variable.name,
        *(variable.attrs.get(key, "") for key in ("standard_name", "GRIB_cfVarName", "GRIB_shortName", "long_name")),
    )
    return next((found.name for name in names if (found := find_quantity(str(name)))), "")


def _attributes(variable: xr.DataArray) -> dict[str, str]:
    return {"units": str(variable.attrs.get("units", "")), "quantity": _quantity_name(variable)}


def _times(
    file: xr.Dataset, axes: Axes, window: Window, name: str
) -> tuple[dict[str, npt.NDArray[np.generic]], dict[str, Places], tuple[str, ...]]:
    """Return the times in the window by their names inside, where they are in the file, and what was assumed."""
    said: tuple[str, ...] = ()
    low, high = (np.datetime64("NaT") if limit is None else np.datetime64(_naive(limit)) for limit in (window.start, window.end))
    if axes.issued is None:
        time, places, said = _sorted(moments(file, str(axes.time), name), name)
        kept = ~(time < low) & ~(time > high)
        return {"time": time[kept]}, {str(axes.time): places[kept]}, said
    issued, places, said = _sorted(moments(file, axes.issued, name), name)
    if axes.lead is not None:
        lead, told = spans(file, axes.lead, name)
        order = np.argsort(lead)
        kept = ~(issued + lead.max() < low) & ~(issued + lead.min() > high)
        return {"issued": issued[kept], "lead": lead[order]}, {axes.issued: places[kept], axes.lead: order}, (*said, *told)
    if len(issued) > 1:
        raise PanelError(
            f"the times of `{name}` can't be told apart",
            found=f"{len(issued)} times of issue `{axes.issued}` beside valid times `{axes.time}`",
            expected="one time of issue a file, or lead times",
            hint='one file a time of issue; from Python: `WeatherOptions(issued_dim="...", lead_dim="...")`',
        )
    time, order, told = _sorted(moments(file, str(axes.time), name), name)
    kept = ~(time < low) & ~(time > high)
    return {"issued": issued, "lead": time[kept] - issued[0]}, {str(axes.time): order[kept]}, (*said, *told)


def _naive(moment: pd.Timestamp) -> pd.Timestamp:
    return moment if moment.tzinfo is None else moment.tz_convert(None)


def _sorted(given: npt.NDArray[np.datetime64], name: str) -> tuple[npt.NDArray[np.datetime64], Places, tuple[str, ...]]:
    """Return moments sorted and each once, the last one of several, where they are, and what was done."""
    unique, last = np.unique(given[::-1], return_index=True)
    places = len(given) - 1 - last
    if np.isnat(unique).any():
        unique, places = unique[~np.isnat(unique)], places[~np.isnat(unique)]
    said = []
    if len(unique) < len(given):
        said.append(
            f"{name}: {counted(len(given) - len(unique), 'time')} left out that came twice or were none; the last one counts"
        )
    elif (np.diff(given) < np.timedelta64(0)).any():
        said.append(f"{name}: times out of order, now sorted")
    return unique, places, tuple(said)


def _values(
    variable: xr.DataArray, chosen: dict[str, Places], axes: Axes, file: str
) -> tuple[npt.NDArray[np.float32], tuple[str, ...]]:
    """Return the chosen values in the order times, latitude, longitude.

    Raises:
        PanelError: If there is another dimension, such as of heights.
    """
    said: tuple[str, ...] = ()
    part = variable.isel({dim: _slice(places) for dim, places in chosen.items() if dim in variable.dims}).load()
    if "expver" in part.dims:
        versions = [part.isel(expver=n, drop=True) for n in range(part.sizes["expver"])]
        part = versions[0]
        for version in versions[1:]:
            part = part.fillna(version)
        said = (f"{file}: preliminary values fill where final ones are not there yet",)
    for dim in ("number", "realization", "ensemble", "member"):
        if part.sizes.get(dim, 1) > 1:
            said = (*said, f"{file}: mean of {part.sizes[dim]} members taken (`{dim}`)")
            part = part.mean(dim)
    spare = {str(dim): size for dim, size in part.sizes.items() if dim not in chosen}
    if any(size > 1 for size in spare.values()):
        raise PanelError(
            f"`{variable.name}` of `{file}` has a dimension too many",
            found=", ".join(f"`{dim}` ({size})" for dim, size in spare.items()),
            expected="time, latitude, longitude, and issue and lead time of a forecast",
            hint=f"pick one first, such as with `dataset.isel({next(iter(spare))}=0)`",
        )
    part = part.squeeze(list(spare), drop=True)
    order = [dim for dim in (axes.issued, axes.lead, axes.time, axes.latitude, axes.longitude) if dim in part.dims]
    return np.ascontiguousarray(part.transpose(*order).values, dtype=np.float32), said


def _slice(places: Places) -> slice | Places:
    """Return places as a slice where they follow each other, which files read fastest."""
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) and (np.diff(places) == 1).all() else places


def _span(file: xr.Dataset, axes: Axes, name: str) -> str:
    latitude, longitude = file[axes.latitude].values, file[axes.longitude].values
    times = moments(file, str(axes.issued or axes.time), name)
    return (
        f"{name}: latitude {latitude.min():g} to {latitude.max():g}, longitude {longitude.min():g} to {longitude.max():g}, "
        f"{'issued' if axes.issued else 'time'} {pd.Timestamp(times.min()):%Y-%m-%d %H:%M} to "
        f"{pd.Timestamp(times.max()):%Y-%m-%d %H:%M}"
    )


def _nothing(window: Window, said: Iterable[str]) -> PanelError:
    time = " to ".join("any" if limit is None else f"{limit:%Y-%m-%d %H:%M}" for limit in (window.start, window.end))
    return PanelError(
        "the weather has nothing where and when it is needed",
        found=next(iter(said)),
        expected=f"latitude {window.south:g} to {window.north:g}, longitude {window.west:g} to {window.east:g}, time {time}",
        hint="get the field for the box of the places and the time of the readings",
    )


def _joined(parts: list[xr.Dataset]) -> tuple[xr.Dataset, tuple[str, ...]]:
    """Return the parts put together by time and by variable; of a moment that comes twice the last file counts.

    Raises:
        PanelError: If their grids or kinds differ.
    """
    if len(parts) == 1:
        return parts[0], ()
    first = parts[0]
    alike = all(
        part["y"].equals(first["y"]) and part["x"].equals(first["x"]) and set(part.dims) == set(first.dims) for part in parts
    )
    if not alike:
        shapes = listed(dict.fromkeys(" x ".join(f"{size} {dim}" for dim, size in part.sizes.items()) for part in parts))
        expected = "one grid, and observed weather only or forecasts only"
        raise PanelError("the files of weather do not fit together", found=f"different grids or kinds: {shapes}", expected=expected)
    along = "issued" if "issued" in first.dims else "time"
    groups: dict[tuple[str, ...], list[xr.Dataset]] = {}
    for part in parts:
        groups.setdefault(tuple(sorted(map(str, part.data_vars))), []).append(part)
    merged, twice = [], 0
    for group in groups.values():
        whole = xr.concat(
            group, along, join="outer", combine_attrs="override", coords="minimal", compat="override", data_vars="minimal"
        )
        times, places, _ = _sorted(whole[along].values, "")
        twice += whole.sizes[along] - len(times)
        merged.append(whole.isel({along: places}))
    said = [f"{counted(parts, 'file')} put together by {along}" + (" and variable" if len(groups) > 1 else "")]
    if twice:
        said.append(f"{counted(twice, 'moment')} in several files: the last one counts")
    return xr.merge(merged, join="outer", compat="override", combine_attrs="override"), tuple(said)
