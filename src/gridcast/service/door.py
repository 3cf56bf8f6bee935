"""The door that each request goes through: keys, limits, counts, and one line in the journal, without data."""

from __future__ import annotations

import json
import logging
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers

from gridcast.errors import Problem
from gridcast.service.keys import Keys
from gridcast.service.limits import Message, Rate, Receive, body_of
from gridcast.service.measures import Measures
from gridcast.service.refusals import answer_of
from gridcast.service.refused import Refused

OPEN = ("/health/live", "/health/ready", "/openapi.json")  # without a key
WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")

Send = Callable[[Message], Awaitable[None]]
App = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]

journal = logging.getLogger("gridcast.service")


@dataclass(frozen=True)
class Limits:
    """What a request may be like.

    Attributes:
        most: Largest body. [bytes]
        seconds: Until all of a body must be there.
        per_second: Requests of one key, or of one address without one; 0 for any number.
    """

    most: int = 8_000_000
    seconds: float = 10.0
    per_second: float = 50.0


class Door:
    """Wraps the application; a request that is not let in does not reach it."""

    def __init__(self, app: App, *, keys: Keys | None, limits: Limits, measures: Measures) -> None:
        self.app, self.keys, self.limits, self.measures = app, keys, limits, measures
        self.rate = Rate(limits.per_second, max(1.0, 2 * limits.per_second))

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status, who = time.perf_counter(), 0, ""

        async def sending(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        self.measures.add("gridcast_requests_in_flight")
        try:
            headers = Headers(scope=scope)
            who = self._asker(scope, headers)
            received = await self._received(scope, headers, receive)
            await self.app(scope, received, sending)
        except Exception as error:
            if not isinstance(error, Refused):
                journal.error("fault", extra={"told": {"kind": type(error).__name__, "at": _where(error)}})
            if not status:
                await answer_of(error)(scope, receive, sending)
        finally:
            self._note(scope, status, time.perf_counter() - started, who)

    def _asker(self, scope: dict[str, Any], headers: Headers) -> str:
        """Return who asks: the name of the key, or the address where none is needed.

        Raises:
            Refused: With 401 or 429.
        """
        address = str((scope.get("client") or ("unknown",))[0])
        if scope["path"] in OPEN:
            return address
        name: str | None = address
        if self.keys is not None:
            scheme, _, key = headers.get("authorization", "").partition(" ")
            name = self.keys.name_of(key.strip()) if scheme.lower() == "bearer" else None
        self.rate.take(f"address {address}" if name is None else f"key {name}")
        if name is None:
            problem = Problem("who asks?", found="no key, or a wrong one", expected="`Authorization: Bearer KEY`")
            raise Refused(401, problem, {"WWW-Authenticate": "Bearer"})
        return name

    async def _received(self, scope: dict[str, Any], headers: Headers, receive: Receive) -> Receive:
        """Return what gives the body again, which was read within the limits."""
        if scope["method"] not in WITH_BODY:
            return receive
        limits = self.limits
        body = await body_of(receive, declared=headers.get("content-length"), most=limits.most, seconds=limits.seconds)
        parts: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return parts.pop() if parts else await receive()

        return again

    def _note(self, scope: dict[str, Any], status: int, seconds: float, who: str) -> None:
        """Count a request, and write it down."""
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in ("GET", "POST") else "other"
        self.measures.add("gridcast_requests_in_flight", -1)
        self.measures.took(method, route, status, seconds)
        told = {"method": method, "route": route, "status": status, "ms": round(1000 * seconds, 1), "who": who}
        journal.info("request", extra={"told": told})


class Lines(logging.Formatter):
    """A record of the journal as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        told = {"time": moment, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps({**told, **getattr(record, "told", {})}, ensure_ascii=True)


def _where(error: BaseException) -> str:
    """Return the file and the line of a fault; its words may hold data."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
