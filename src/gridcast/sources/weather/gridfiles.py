"""Files of fields: NetCDF and Zarr, one, a folder of them, or a glob; opened without reading what is in them."""

from __future__ import annotations

import glob
import importlib.util
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from gridcast.errors import FileError, listed

A_FIELD = "NetCDF, or a Zarr folder or zip, with time, latitude and longitude"
ZARR_MARKS = ("zarr.json", ".zgroup", ".zmetadata")
SUFFIXES = (".nc", ".nc4", ".netcdf", ".cdf", ".zarr", ".zip")
UNREADABLE = (
    *(OSError, ValueError, TypeError, KeyError, IndexError, RuntimeError, EOFError, AssertionError, OverflowError, MemoryError),
    zipfile.BadZipFile,
)
OTHERS = {
    b"GRIB": ("a GRIB file", "convert it first: `grib_to_netcdf -o weather.nc {name}`, or `cdo -f nc copy {name} weather.nc`"),
    b"CDF\x05": ("NetCDF of the 64-bit data kind", "convert it first: `nccopy -k nc4 {name} weather.nc`"),
    b"\x1f\x8b": ("a gzip file", "unpack it first: `gunzip {name}`"),
    b"PAR1": ("a Parquet file", "a table of stations is no field; read it as stations"),
}


def grid_files(address: str | os.PathLike[str]) -> list[Path]:
    """Return the files of an address, sorted: itself, those of the folder, or those that the glob fits.

    Raises:
        FileError: If there is none.
    """
    path = Path(address)
    if path.is_dir() and not _is_zarr(path):
        found = sorted(each for each in path.iterdir() if each.suffix.lower() in SUFFIXES)
        if not found:
            names = sorted(each.name for each in path.iterdir())
            raise FileError(f"no fields of weather in the folder `{path}`", found=listed(names) or "nothing", expected=A_FIELD)
        return found
    if path.exists():
        return [path]
    found = sorted(Path(each) for each in glob.glob(str(address)))
    if not found:
        near = sorted(each.name for each in path.parent.iterdir()) if path.parent.is_dir() else []
        raise FileError(f"`{address}` is missing", found=f"in `{path.parent}`: {listed(near) or 'nothing'}", expected=A_FIELD)
    return found


@contextmanager
def opened(path: Path) -> Iterator[xr.Dataset]:
    """Open a file of fields; numbers are unpacked and missing ones NaN, times are left as numbers.

    Raises:
        FileError: If it is of another kind, or broken, also while it is read.
    """
    try:
        target, options = _how(path)
        with xr.open_dataset(target, chunks=None, decode_times=False, decode_timedelta=False, cache=False, **options) as dataset:
            yield dataset
    except UNREADABLE as error:
        found = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        hint = "it may be cut off: copy or download it again"
        raise FileError(f"cannot read `{path.name}`", found=found, expected=A_FIELD, hint=hint) from error


def _how(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return what to give to xarray: the file or its store, and the engine by the file's content.

    Raises:
        FileError: If it is of another kind, or a library is not there.
    """
    if path.is_dir():
        _require("zarr")
        return path, {"engine": "zarr", "consolidated": False}
    with path.open("rb") as file:
        magic = file.read(8)
    if magic[:4] in (b"CDF\x01", b"CDF\x02"):
        return path, {"engine": "scipy"}
    if magic.startswith(b"\x89HDF"):
        _require("h5netcdf")
        return path, {"engine": "h5netcdf"}
    if magic.startswith(b"PK"):
        return _zipped(path)
    kind, hint = next((other for mark, other in OTHERS.items() if magic.startswith(mark)), ("", ""))
    if not kind:
        text = all(32 <= byte < 127 or byte in b"\t\r\n" for byte in magic) and magic
        kind = (
            f"text: {magic.decode('latin-1')!r}..." if text else f"a file that begins with {magic!r}" if magic else "an empty file"
        )
        hint = "a table of stations is no field; read it as stations" if text else ""
    raise FileError(f"`{path.name}` is not a field of weather", found=kind, expected=A_FIELD, hint=hint.format(name=path.name))


def _zipped(path: Path) -> tuple[Any, dict[str, Any]]:
    """Return the Zarr store in a zip file; it may lie in a folder there."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    roots = sorted((name for name in names if name.rpartition("/")[2] in ZARR_MARKS), key=len)
    if not roots:
        hint = f"unpack it first: `unzip {path.name}`"
        raise FileError(f"`{path.name}` is no Zarr store", found=f"a zip file of {listed(names)}", expected=A_FIELD, hint=hint)
    _require("zarr")
    from zarr.storage import ZipStore

    return ZipStore(path, mode="r"), {"engine": "zarr", "consolidated": False, "group": roots[0].rpartition("/")[0] or None}


def _is_zarr(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in ZARR_MARKS)


def _require(library: str) -> None:
    if importlib.util.find_spec(library) is None:
        raise FileError(
            f"this kind of file needs `{library}`",
            found=f"no `{library}` in this environment",
            expected="the extra `netcdf`",
            hint='pip install "gridcast[netcdf]"',
        )
