"""Asking a service over HTTP, with patience: time limits, and further tries where a failure may pass."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from gridcast.errors import ConfigError, GridcastError
from gridcast.sources.cache import Cache

PASSING = frozenset({429, 500, 502, 503, 504})  # HTTP statuses after which it is worth asking again
LONGEST_PAUSE = 120.0  # [s]
OFFLINE = "try again later, or go on with what is in the cache: `Cache(offline=True)`"
T = TypeVar("T")


@dataclass(frozen=True)
class Asking:
    """How to ask a service.

    Attributes:
        url: Where it is, if not at its usual address.
        cache: Keeps the answers.
        timeout: To connect, and between two pieces of an answer. [s]
        tries: How often to ask before giving up.
        pause: Before the second try; doubled before each further one. [s]
    """

    url: str | None = None
    cache: Cache = field(default_factory=Cache)
    timeout: float = 60.0
    tries: int = 4
    pause: float = 2.0


class PassingError(Exception):
    """A failure that may pass.

    Attributes:
        wait: How long the service wants to be left alone. [s]
    """

    def __init__(self, problem: str, wait: float = 0.0) -> None:
        super().__init__(problem)
        self.wait = wait


def patiently(ask: Callable[[], T], asking: Asking, service: str) -> T:
    """Return an answer, asking again after each failure that may pass.

    Args:
        ask: Raises `PassingError` for those.
        asking: How often, and how long to wait.
        service: Its name, for the error.

    Raises:
        GridcastError: If the last try failed too.
    """
    for attempt in range(1, asking.tries + 1):
        try:
            return ask()
        except PassingError as error:
            if attempt >= asking.tries:
                raise GridcastError(
                    f"{service} does not answer",
                    found=f"{error}, at the last of {asking.tries} tries",
                    expected="an answer",
                    hint=OFFLINE,
                ) from None
            time.sleep(min(max(error.wait, asking.pause * 2 ** (attempt - 1)), LONGEST_PAUSE))
    raise ConfigError("there must be a try", found=f"tries = {asking.tries}", expected="at least 1")


def get(url: str, asking: Asking, service: str) -> bytes:
    """Return the body of an answer.

    Raises:
        ConfigError: If the address is not one of HTTP.
        GridcastError: If the service refuses, or does not answer after all tries; with what it says.
    """
    if urllib.parse.urlsplit(url).scheme not in {"http", "https"}:
        raise ConfigError(f"the address of {service} is not one", found=f"`{url}`", expected="https://...")
    return patiently(lambda: _get_once(url, asking.timeout, service), asking, service)


def _get_once(url: str, timeout: float, service: str) -> bytes:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers={"User-Agent": "gridcast"}), timeout=timeout) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        told = f"HTTP status {error.code}: {_reason(error)}"
        if error.code in PASSING:
            raise PassingError(told, _wait(error)) from None
        raise GridcastError(f"{service} refuses the request", found=told, expected="an answer") from None
    except TimeoutError:
        raise PassingError(f"nothing within {timeout:g} s") from None
    except urllib.error.URLError as error:
        raise PassingError(
            f"nothing within {timeout:g} s" if isinstance(error.reason, TimeoutError) else str(error.reason)
        ) from None
    except (http.client.HTTPException, ConnectionError) as error:
        raise PassingError(f"the answer broke off ({type(error).__name__})") from None


def _reason(error: urllib.error.HTTPError) -> str:
    """Return what a service says about a failure: the `reason` of its JSON, or the beginning of its text."""
    text = ""
    with contextlib.suppress(OSError, http.client.HTTPException):
        text = error.read(10_000).decode(errors="replace").strip()
    with contextlib.suppress(ValueError, TypeError, KeyError):
        text = str(json.loads(text)["reason"])
    return " ".join(text.split())[:300] or str(error.reason)


def _wait(error: urllib.error.HTTPError) -> float:
    told = error.headers.get("Retry-After", "")
    return float(told) if told.isascii() and told.isdigit() else 0.0
