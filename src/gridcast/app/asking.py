"""What goes wrong is shown in a box that says what to do, never as a stack trace."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

import streamlit as st

from gridcast.errors import GridcastError, Problem

LOG = logging.getLogger("gridcast.app")
LOG_FILE = ".app/errors.log"
LARGEST = 1_000_000  # of the log [byte]


@contextmanager
def guarded() -> Iterator[None]:
    """Show what goes wrong in a box: a mistake in the input with what to do, a fault of ours with a code by which it is found."""
    try:
        yield
    except GridcastError as error:
        show_problems(error.problems)
    except Exception:  # whatever it is, the user can't mend it
        code = uuid.uuid4().hex[:6]
        LOG.exception("fault %s", code)
        st.error(
            f"**Something of ours broke.** It is not your input. Code `{code}`\n\nThe details are in `{log_file() or LOG_FILE}`. "
            "What was done before is kept; loading the page again may help.",
            icon=":material/bug_report:",
        )


def show_problems(problems: Iterable[Problem]) -> None:
    """Show problems as boxes: what is wrong, found, expected, and what to do next."""
    for each in problems:
        parts = [f"**{_plain(each.problem[:1].upper() + each.problem[1:])}**"]
        parts += [f"*{name}:* {_plain(text)}" for name, text in (("found", each.found), ("expected", each.expected)) if text]
        if each.hint:
            parts.append(f":material/lightbulb: {_plain(each.hint)}")
        st.error("\n\n".join(parts), icon=":material/error:")


def say_silent_end(log: Path, more: str = "") -> None:
    """Say of a process that ended without a word what one can do."""
    st.error(
        "**It ended without saying why.** It may have been killed, for want of memory or as the machine was started anew. "
        f"Its log is `{log}`. {more}".rstrip(),
        icon=":material/error:",
    )


def log_to(folder: Path) -> None:
    """Write what breaks into a file of the folder of runs; once a process."""
    path = folder.absolute() / LOG_FILE
    if log_file() == path:
        return
    for old in list(LOG.handlers):
        LOG.removeHandler(old)
        old.close()
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(path, maxBytes=LARGEST, backupCount=1, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    LOG.addHandler(handler)
    LOG.propagate = False


def log_file() -> Path | None:
    """Return the file into which is written what breaks."""
    return next((Path(each.baseFilename) for each in LOG.handlers if isinstance(each, RotatingFileHandler)), None)


def _plain(text: str) -> str:
    r"""Return a text in which a dollar sign is a dollar sign, and not the start of a formula; in code it is one already.

    Example:
        >>> _plain("`US$` in US$ or A$")
        '`US$` in US\\$ or A\\$'
    """
    parts = text.split("`")
    return "`".join(part if number % 2 else part.replace("$", r"\$") for number, part in enumerate(parts))
