"""The commands for other systems: `export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridcast.cli.options import OUTPUT, Overwrite, Quiet
from gridcast.cli.talk import listening, polite, talk

Run = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of `gridcast train` or `gridcast run`.")]


def export(
    run: Run,
    onnx: Annotated[
        Path | None,
        typer.Option(
            "--onnx",
            metavar="FILE|DIR",
            help="File that ends in .onnx, or a folder for `model.onnx`.  \\[default: the run folder]",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write a trained network as one ONNX file that forecasts without TensorFlow, compared with the network first."""
    with polite(quiet=quiet):
        with listening(quiet=quiet) as listener:
            from gridcast.workflow.exporting import export as export_run

            result = export_run(run, onnx=onnx, overwrite=overwrite, listener=listener)
        if not quiet:
            talk().print(f"wrote [bold]{result.path}[/]")
