"""What a request that can't be answered gets: the four fields of every error, and a status that says whose fault it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException

from gridcast.errors import GridcastError, Problem
from gridcast.service.refused import Refused, problem_of

SHOWN = 10  # problems of one request
LONGEST = 500  # characters of a field


class Told(BaseModel):
    """One thing that is wrong."""

    problem: str
    found: str
    expected: str
    hint: str


class Refusal(BaseModel):
    """What is wrong with a request."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "errors": [
                        {"problem": "unknown place", "found": "`Kyv`", "expected": "`Kyiv`, `Lviv`", "hint": "did you mean `Kyiv`?"}
                    ]
                }
            ]
        }
    )
    errors: list[Told]


def answer_of(error: Exception) -> JSONResponse:
    """Return the answer to a request that led to an error."""
    if isinstance(error, Refused):
        return told(error.status, [error.problem], error.headers)
    if isinstance(error, RequestValidationError):
        return told(422, [problem_of(each) for each in error.errors()])
    if isinstance(error, HTTPException):
        return told(error.status_code, [Problem(str(error.detail))], error.headers)
    if isinstance(error, GridcastError):
        return told(422, error.problems)
    hint = "tell those who run the service; the log has more"
    return told(500, [Problem("a fault of the service", found=type(error).__name__, hint=hint)])


def told(status: int, problems: Iterable[Problem], headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Return an answer with problems in their four fields."""
    errors = [{name: _safe(getattr(each, name)) for name in Told.model_fields} for each in list(problems)[:SHOWN]]
    return JSONResponse({"errors": errors}, status, headers=dict(headers or {}))


async def on_error(_: Request, error: Exception) -> JSONResponse:
    """Answer an error of a request."""
    return answer_of(error)


def _safe(text: str) -> str:
    """Return a text without halves of surrogate pairs, which no encoding can carry, and not longer than one reads."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return whole if len(whole) <= LONGEST else f"{whole[:LONGEST]} ..."
