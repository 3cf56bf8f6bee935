"""The check: what is wrong with the readings, before anything is made of them."""

from __future__ import annotations

import os
from pathlib import Path

from gridcast.config import RunConfig
from gridcast.errors import FileError
from gridcast.loading import Listener, load
from gridcast.quality import QualityReport, inspect
from gridcast.views.checkpage import write_check_page


def check_readings(
    config: RunConfig,
    *,
    html: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    title: str = "",
    listener: Listener | None = None,
) -> QualityReport:
    """Return what is wrong with the readings of a configuration; nothing is changed.

    Args:
        config: Where the readings come from.
        html: Where to write a page with a picture of each finding.
        overwrite: Whether a page there may be replaced.
        title: Heading of the page.
        listener: Who is told what was recognised.

    Raises:
        GridcastError: If the readings can't be read.
    """
    listener = listener or Listener()
    said: list[str] = []
    if html is not None and Path(html).exists() and not overwrite:
        raise FileError(f"`{html}` would be replaced", found="a file", expected="a new name", hint="add `--overwrite`")

    def say(sentence: str) -> None:
        said.append(sentence)
        listener.say(sentence)

    panel = load(config, Listener(say), refuse=False).panel
    report = inspect(panel, timezones=panel.timezones)
    if html is not None:
        write_check_page(panel, report, html, title=title or "Check of the readings", said=said)
    return report
