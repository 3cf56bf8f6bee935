"""Checkpoints: what is needed to go on with a training that was interrupted, without pickle."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gridcast.atomic import replacing
from gridcast.errors import FileError
from gridcast.networks.backend import keras


@dataclass(frozen=True)
class Checkpoint:
    """A file that holds all variables of a network and its optimizer after an epoch.

    Attributes:
        path: Of the file.
        fingerprint: Of the data and the settings; one of another training is refused.
    """

    path: Path
    fingerprint: str

    def keep(self, network: Any, epochs: int, history: dict[str, list[float]]) -> None:
        """Write the state after so many epochs; an older one is replaced at the very end."""
        state = {f"v{i:05}": keras.ops.convert_to_numpy(each) for i, each in enumerate(_variables(network))}
        about = json.dumps({"epochs": epochs, "history": history, "fingerprint": self.fingerprint})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(self.path) as temporary, temporary.open("wb") as file:
            np.savez(file, about=np.frombuffer(about.encode(), dtype=np.uint8), **state)

    def resume(self, network: Any, history: dict[str, list[float]]) -> tuple[int, dict[str, list[float]]]:
        """Return after how many epochs to go on, and their history; the network gets the state of then.

        Raises:
            FileError: If the file is damaged or of another training.
        """
        if not self.path.exists():
            return 0, history
        try:
            with np.load(io.BytesIO(self.path.read_bytes()), allow_pickle=False) as content:
                about = json.loads(content["about"].tobytes())
                state = [content[name] for name in sorted(content.files) if name != "about"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise FileError(
                f"`{self.path}` is damaged", found=str(error), expected="a checkpoint", hint="remove it to begin anew"
            ) from error
        variables = _variables(network)
        shapes = [tuple(each.shape) for each in variables]
        if about.get("fingerprint") != self.fingerprint or [each.shape for each in state] != shapes:
            raise FileError(
                f"`{self.path}` is the checkpoint of another training",
                found="other readings, settings or seed",
                expected="those of this one",
                hint="remove it to begin anew",
            )
        for variable, value in zip(variables, state, strict=True):
            variable.assign(value)
        return int(about["epochs"]), about["history"]


def _variables(network: Any) -> list[Any]:
    return [*network.variables, *network.optimizer.variables]
