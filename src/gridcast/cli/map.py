"""The command that shows the map: `gridcast map`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridcast.cli.options import FILES, OUTPUT, REPAIR, TASK, TRAIN, WEATHER, Overwrite, Request, with_settings
from gridcast.cli.talk import listening, polite, talk


@with_settings(FILES, REPAIR, WEATHER, TASK, TRAIN)
def draw(
    request: Request,
    issue_time: Annotated[
        str | None, typer.Option(metavar="TIME", help="The moment to show, in UTC.  \\[default: the end of the readings]")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Picture: .png, .svg or .pdf.", rich_help_panel=OUTPUT)] = Path(
        "map.png"
    ),
    overwrite: Overwrite = False,
) -> None:
    """Draw the places, their cells, and what the CNN sees at an issue time.

    Places without coordinates are laid out by what they did before the issue time. Writes two pictures: FILE, and FILE with
    `-seen` behind its name.
    """
    with polite(quiet=request.quiet):
        with listening(quiet=request.quiet) as listener:
            from gridcast.mapping import draw_map

            paths = draw_map(request.config(files_needed=True), out, issue_time=issue_time, overwrite=overwrite, listener=listener)
        if not request.quiet:
            talk().print(f"\nopen [bold]{paths[0]}[/] and [bold]{paths[1]}[/]")
