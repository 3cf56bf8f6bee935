"""Files and folders that appear whole or not at all: written under a temporary name, then renamed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gridcast.errors import FileError


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to, and rename it to `path` when the block ends without an error.

    Args:
        path: The file to make or to replace; its folder is made if need be.

    Raises:
        FileError: If the folder cannot be written to.
    """
    target = Path(path)
    temporary = _beside(target) / target.name
    try:
        yield temporary
        os.replace(temporary, target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        shutil.rmtree(temporary.parent, ignore_errors=True)


@contextmanager
def replacing_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary folder to fill, and rename it to `path` when the block ends without an error.

    A folder that stands at `path` is replaced as a whole, and only at the very end.

    Raises:
        FileError: If the folder, or what the block puts into it, cannot be written.
    """
    target = Path(path)
    staging = _beside(target)
    filled = staging / "new"
    filled.mkdir()
    try:
        yield filled
        if target.exists():
            target.rename(staging / "old")
        filled.rename(target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        if (staging / "old").exists() and not target.exists():  # stopped between the two renames
            (staging / "old").rename(target)
        shutil.rmtree(staging, ignore_errors=True)


def _beside(target: Path) -> Path:
    """Return a new hidden folder next to the target, on the same file system."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    except OSError as error:
        raise _cannot_write(target, error) from error


def _cannot_write(target: Path, error: OSError) -> FileError:
    return FileError(
        f"cannot write `{target}`",
        found=error.strerror or str(error),
        expected="a folder that you may write to, with room on the disk",
        hint="choose another place with `--out DIR`",
    )
