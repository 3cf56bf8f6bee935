"""Limits: how often one may ask, how much one may send, and how slowly."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from gridcast.errors import Problem
from gridcast.service.refused import Refused

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

REMEMBERED = 10_000  # askers


@dataclass
class Rate:
    """How often each asker may ask: a bucket of so many requests, refilled steadily.

    Attributes:
        per_second: Requests; 0 for no limit.
        burst: Requests that may come at once.
        now: The clock. [s]
    """

    per_second: float
    burst: float
    now: Callable[[], float] = time.monotonic
    left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, asker: str) -> None:
        """Count a request.

        Raises:
            Refused: With 429 and `Retry-After`, if there were too many.
        """
        if not self.per_second:
            return
        now = self.now()
        left, since = self.left.pop(asker, (self.burst, now))
        left = min(self.burst, left + (now - since) * self.per_second)
        self.left[asker] = (left - 1 if left >= 1 else left), now
        if len(self.left) > REMEMBERED:
            self.left.popitem(last=False)
        if left < 1:
            wait = max(1, round((1 - left) / self.per_second))
            problem = Problem("too many requests", expected=f"at most {self.per_second:g} a second", hint=f"wait {wait} s")
            raise Refused(429, problem, {"Retry-After": str(wait)})


async def body_of(receive: Receive, *, declared: str | None, most: int, seconds: float) -> bytes:
    """Return the body of a request, which is read no farther than a limit, and no longer.

    Args:
        receive: Gives the next part.
        declared: The header `Content-Length`.
        most: Bytes.
        seconds: Until all of it must be there.

    Raises:
        Refused: With 413 or 408.
    """
    too_much = Refused(413, Problem("the request is too large", expected=f"at most {most:,} bytes"), {"Connection": "close"})
    if declared is not None and declared.isdigit() and int(declared) > most:
        raise too_much
    parts, size = [], 0
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Refused(400, Problem("the request broke off"))
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > most:
                    raise too_much
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError as error:
        problem = Problem("the request came too slowly", expected=f"all of it within {seconds:g} s")
        raise Refused(408, problem, {"Connection": "close"}) from error
