"""API keys: made at random, shown once, kept as hashes only."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gridcast.errors import ConfigError, FileError, Problem

VARIABLE = "GRIDCAST_API_KEYS"  # lines as in the file, separated by commas or line ends
LINE = re.compile(r"([\w.-]+):([0-9a-f]{64})")


@dataclass(frozen=True)
class Keys:
    """Who may ask.

    Attributes:
        names: Name of each key by the SHA-256 of it.
    """

    names: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | os.PathLike[str] | None, environment: Mapping[str, str]) -> Keys:
        """Return the keys of a file and of the variable `GRIDCAST_API_KEYS`.

        Raises:
            FileError: If the file can't be read.
            ConfigError: Naming each line that is none.
        """
        lines = [("the variable", line) for line in re.split(r"[,\n]", environment.get(VARIABLE, ""))]
        if path is not None:
            try:
                lines += [(f"`{path}`", line) for line in Path(path).read_text(encoding="utf-8").splitlines()]
            except (OSError, UnicodeDecodeError) as error:
                hint = f"gridcast key NAME --file {path}"
                raise FileError(f"cannot read the keys in `{path}`", found=str(error), hint=hint) from error
        lines = [(source, line.strip()) for source, line in lines if line.strip() and not line.strip().startswith("#")]
        wrong = [source for source, line in lines if not LINE.fullmatch(line)]
        if wrong:
            expected = "lines such as `name:` and 64 hexadecimal digits, as `gridcast key` makes them"
            raise ConfigError.of(
                Problem(f"not a key in {source}", found="a line of another form", expected=expected) for source in wrong
            )
        parts = [line.split(":") for _, line in lines]
        return cls({digest: name for name, digest in parts})

    def name_of(self, key: str) -> str | None:
        """Return whose key it is, or None. What is compared are hashes of random keys, whose timing tells nothing of a key.

        Example:
            >>> Keys({hashed("secret"): "me"}).name_of("secret")
            'me'
        """
        return self.names.get(hashed(key))


def hashed(key: str) -> str:
    """Return the SHA-256 of a key: 256 random bits need no slower hash."""
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def new_key(name: str) -> tuple[str, str]:
    """Return a new key, and the line under which it is kept.

    Raises:
        ConfigError: If the name has other characters than letters, digits, `.`, `_` and `-`.
    """
    if not re.fullmatch(r"[\w.-]+", name):
        raise ConfigError("the name of a key is one word", found=f"`{name}`", expected="letters, digits, `.`, `_`, `-`")
    key = secrets.token_urlsafe(32)
    return key, f"{name}:{hashed(key)}"
