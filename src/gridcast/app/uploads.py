"""Files that were dropped into the app: kept under what they contain, so that the same file is there once."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from gridcast.atomic import replacing

UPLOADS = ".uploads"
DIGITS = 16  # of the hash: enough that two files never have the same


def keep_upload(runs_dir: Path, name: str, content: bytes) -> Path:
    """Write a file into the folder of uploads, whole or not at all, and return its path; it stays where it is there already.

    Args:
        runs_dir: Folder of runs.
        name: As its owner called it; letters that a path can't have are left out.
        content: What is in it.

    Raises:
        FileError: If it can't be written.
    """
    plain = re.sub(r"[^\w .()-]+", "_", Path(name.replace("\\", "/")).name).lstrip(". ")[-120:] or "file.csv"
    path = runs_dir.absolute() / UPLOADS / hashlib.sha256(content).hexdigest()[:DIGITS] / plain
    if not path.exists():
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    return path


def earlier_uploads(runs_dir: Path) -> list[Path]:
    """Return the files that were dropped in before, the newest first."""
    folder = runs_dir.absolute() / UPLOADS
    found = [path for path in folder.glob("*/*") if path.is_file() and not path.parent.name.startswith(".")]
    return sorted(found, key=lambda path: (-path.stat().st_mtime, path.name))
