"""TOML: reading a file of tables, and writing tables as text that gives the same ones when it is read."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridcast.errors import ConfigError, FileError


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises:
        FileError: If it can't be read.
        ConfigError: If it is not TOML.
    """
    try:
        content = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise FileError(f"cannot read `{path}`", found=found, expected="a configuration in TOML") from error
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            f"`{path}` is not TOML", found=str(error), expected="tables such as `[task]` with `horizon = 24`"
        ) from error


def text_of(tables: Mapping[str, Mapping[str, object]]) -> str:
    """Return tables as TOML; TOML has no word for what is left out, which becomes a comment.

    Example:
        >>> print(text_of({"tune": {"trials": None, "space": {"units": [32, 64], "dropout": {"low": 0.1, "high": 0.3}}}}), end="")
        [tune]
        # trials =
        space = { "units" = [32, 64], "dropout" = { "low" = 0.1, "high" = 0.3 } }
    """
    blocks = ["\n".join([f"[{name}]", *(_line(key, value) for key, value in table.items())]) for name, table in tables.items()]
    return "\n\n".join(blocks) + "\n"


def _line(key: str, value: object) -> str:
    """Return a setting as a line."""
    return f"# {key} =" if value is None else f"{key} = {_literal(value)}"


def _literal(value: object) -> str:
    """Return a value as TOML writes it: as JSON does, but for inline tables, and one character that TOML wants escaped."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_literal(key)} = {_literal(each)}" for key, each in value.items() if each is not None)
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
