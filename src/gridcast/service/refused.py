"""Why a request is not answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gridcast.errors import Problem


class Refused(Exception):  # noqa: N818  a word of the domain
    """A request that is not answered, with the status and the headers that tell why."""

    def __init__(self, status: int, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.problem)
        self.status, self.problem, self.headers = status, problem, dict(headers or {})


def problem_of(error: Mapping[str, Any]) -> Problem:
    """Return a finding of pydantic in our words; what was sent is not repeated but for single values."""
    where = ".".join(str(part) for part in error["loc"] if part != "body")
    value = error.get("input")
    found = repr(value) if isinstance(value, str | int | float | bool) or value is None else f"a {type(value).__name__}"
    return Problem(f"`{where}` is not right" if where else "the request is not right", found=found, expected=str(error["msg"]))
