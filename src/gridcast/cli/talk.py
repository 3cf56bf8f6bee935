"""How the commands talk: to standard error, mistakes with exit code 2 and no traceback."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from gridcast.errors import GridcastError, GridcastWarning
from gridcast.progressfile import ProgressFile

if TYPE_CHECKING:
    from gridcast.loading import Listener

MISTAKE, NO, INTERRUPTED = 2, 3, 130  # exit codes: of bad input, of an answer that is no, of Ctrl-C


def talk() -> Console:
    """Return the console that writes to standard error."""
    return Console(stderr=True, soft_wrap=True, highlight=False)


@contextmanager
def listening(*, quiet: bool) -> Iterator[Listener]:
    """Give a listener that talks on standard error, with a progress bar over the epochs, and to the progress file."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from gridcast.loading import Listener

    console, written = talk(), ProgressFile.asked()
    if quiet:
        yield Listener(written.said, written.epoch)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, TextColumn("{task.fields[losses]}"), console=console, transient=not console.is_terminal) as bar:
        task = None

        def say(sentence: str) -> None:
            written.said(sentence)
            console.print(f"- {sentence}", markup=False)

        def progress(epoch: int, epochs: int, losses: dict[str, float]) -> None:
            nonlocal task
            written.epoch(epoch, epochs, losses)
            task = bar.add_task("epochs", total=epochs, losses="") if task is None else task
            text = ", ".join(f"{name.replace('val_loss', 'validation')} {value:.4f}" for name, value in losses.items())
            bar.update(task, completed=epoch, losses=text)

        yield Listener(say, progress)


@contextmanager
def polite(*, quiet: bool, interrupted: str = "nothing was written") -> Iterator[None]:
    """Turn mistakes of the user into a text and exit code 2, Ctrl-C into 130; show warnings as one line."""
    console, written = talk(), ProgressFile.asked()

    def warn(message: Warning | str, *_: object, **__: object) -> None:
        written.warned(message)
        console.print(f"[yellow]warning:[/] {message}")

    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if quiet else "always", GridcastWarning)
        if not quiet:
            warnings.showwarning = warn
        try:
            yield
        except GridcastError as error:
            written.failed(error)
            for problem in error.problems:
                console.print("[red]error:[/] ", end="")
                console.print(str(problem) + "\n", markup=False)
            raise typer.Exit(MISTAKE) from None
        except KeyboardInterrupt:
            console.print(f"\ninterrupted: {interrupted}")
            raise typer.Exit(INTERRUPTED) from None
