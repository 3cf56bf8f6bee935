"""Asking an operator through another library: its tables kept in the cache, its failures told in our words, its key never shown."""

from __future__ import annotations

import importlib
import io
import logging
import urllib.parse
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import pandas as pd

from gridcast.clock import utc
from gridcast.errors import ConfigError, GridcastError
from gridcast.sources.web import PASSING, Asking, PassingError, patiently

UNSETTLED = pd.Timedelta(days=10)  # younger readings may still change ...
YOUNG = 3600.0  # ... and are kept for this long [s]
LOGGERS = ("entsoe.entsoe", "urllib3.connectionpool")  # what they log of a request holds its parameters


def library(name: str, extra: str) -> Any:
    """Return an optional library.

    Raises:
        GridcastError: If it is not installed, with how to install it.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise GridcastError(
            f"`{name}` is not installed, or can't be imported",
            found=str(error),
            expected=f"the extra `[{extra}]`",
            hint=f'pip install "gridcast[{extra}]"',
        ) from error


def span(start: str | pd.Timestamp, end: str | pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return start and end in UTC.

    Raises:
        ConfigError: If nothing is between them.
    """
    first, last = utc(start), utc(end)
    if not first < last:
        raise ConfigError("the span is empty", found=f"{start} to {end}", expected="a start before the end")
    return first, last


def ask_tables(
    calls: Mapping[str, tuple[pd.Timestamp, Callable[[], pd.DataFrame]]], asking: Asking, service: str, *, secret: str = ""
) -> dict[str, pd.DataFrame]:
    """Return the table that each call gives, or that was kept of an earlier one.

    Args:
        calls: By request, without any secret: the end of the time that it covers, and the call. Index in UTC, columns of floats.
        asking: Cache and patience.
        service: Name of the service, for errors.
        secret: What must not be seen in any error.

    Raises:
        FileError: If answers are missing in the cache and the network may not be used.
        GridcastError: If the service refuses, does not answer, or its answer makes no sense.
    """
    asking.cache.require(calls)
    now = pd.Timestamp.now("UTC")
    tables = {}
    for request, (end, call) in calls.items():
        age = YOUNG if end > now - UNSETTLED else None
        ask = partial(_asked, call, asking, service, secret)
        tables[request] = asking.cache.fetch(request, ask, _kept, max_age=age)
    return tables


def _asked(call: Callable[[], pd.DataFrame], asking: Asking, service: str, secret: str) -> bytes:
    def once() -> pd.DataFrame:
        try:
            with warnings.catch_warnings(), _kept_out_of_logs(secret):
                warnings.simplefilter("ignore")  # the library's, of how it is made
                return call()
        except (GridcastError, PassingError):
            raise
        except Exception as error:  # whatever the library makes of an answer that it did not expect
            raise _told(error, service, secret) from None

    return patiently(once, asking, service).to_csv(index_label="timestamp").encode()


def _kept(body: bytes) -> pd.DataFrame:
    table = pd.read_csv(io.BytesIO(body), index_col="timestamp", float_precision="round_trip")
    table.index = pd.DatetimeIndex(pd.to_datetime(table.index, format="ISO8601", utc=True))
    return table.astype(float)


def _told(error: Exception, service: str, secret: str) -> Exception:
    """Return what a library's failure means: one that may pass, a refusal, or an answer that makes no sense."""
    response = getattr(error, "response", None)
    status = getattr(response, "status_code", None) or getattr(error, "code", None)
    if isinstance(status, int):
        told = f"HTTP status {status}"
        if status in PASSING:
            return PassingError(told)
        hint = "see whether the key is right and is allowed to use the interface" if status in {401, 403} else ""
        return GridcastError(f"{service} refuses the request", found=told, expected="an answer", hint=hint)
    if isinstance(error, OSError) and not isinstance(error, ValueError):
        return PassingError(type(error).__name__)
    text = _without(secret, f"{type(error).__name__}: {error}")
    return GridcastError(f"the answer of {service} makes no sense", found=text[:300], expected="readings as in its documentation")


@contextmanager
def _kept_out_of_logs(secret: str) -> Iterator[None]:
    """Blacken a secret in what the libraries log of their requests."""

    def blacken(record: logging.LogRecord) -> bool:
        record.msg, record.args = _without(secret, record.getMessage()), ()
        return True

    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addFilter(blacken)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(blacken)


def _without(secret: str, text: str) -> str:
    for shape in {secret, urllib.parse.quote(secret, safe=""), urllib.parse.quote_plus(secret)} - {""}:
        text = text.replace(shape, "***")
    return text
