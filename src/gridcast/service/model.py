"""The model that is served: read from a file, and from it again when another one stands there."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path

from gridcast.errors import FileError, GridcastError
from gridcast.forecasters.exported import load_onnx
from gridcast.service.measures import Measures

FILE = "model.onnx"  # in a run folder
LOOKED = 1.0  # seconds between two looks at the file

journal = logging.getLogger("gridcast.service")


class Shelf:
    """Where the model stands; each request takes the one that is there when it comes, and keeps it to its end."""

    def __init__(self, path: Path, measures: Measures) -> None:
        self.path, self.measures = path, measures
        self.stamp = _stamp(path)
        self.model = load_onnx(path)
        self.stopped = threading.Event()

    def look(self) -> bool:
        """Take the file's model if it is another one; one that can't be read is left, and the old one stays."""
        try:
            stamp = _stamp(self.path)
            if stamp == self.stamp:
                return False
            self.stamp = stamp
            self.model = load_onnx(self.path)
        except GridcastError as error:
            self.measures.add("gridcast_model_refused_total")
            journal.error("model refused", extra={"told": {"problem": error.problems[0].problem}})
            return False
        self.measures.add("gridcast_model_swaps_total")
        journal.info("model swapped", extra={"told": {"version": self.model.version}})
        return True

    def watch(self) -> None:
        """Look at the file again and again in the background, until `stopped` is set."""

        def watching() -> None:
            while not self.stopped.wait(LOOKED):
                self.look()

        threading.Thread(target=watching, name="watch-model", daemon=True).start()


def file_of(run: str | os.PathLike[str]) -> Path:
    """Return the file of the exported model of a run folder, or the file itself.

    Raises:
        FileError: If there is none.
    """
    path = Path(run)
    path = path if path.suffix == ".onnx" else path / FILE
    if not path.is_file():
        expected = "a folder with `model.onnx`, or a file that ends in .onnx"
        raise FileError(
            f"there is no exported model in `{run}`", found=f"no `{path}`", expected=expected, hint=f"gridcast export {run}"
        )
    return path


def _stamp(path: Path) -> tuple[int, int, int]:
    """Return what changes when another file is put at a path."""
    try:
        status = path.stat()
    except OSError as error:
        raise FileError(f"there is no exported model `{path}`", found=error.strerror or "") from error
    return status.st_ino, status.st_mtime_ns, status.st_size
