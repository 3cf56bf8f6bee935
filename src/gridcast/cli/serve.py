"""The commands for other systems: `export`, `serve`, `key`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gridcast.cli.options import OUTPUT, Overwrite, Quiet
from gridcast.cli.talk import listening, polite, talk

LIMITS = "Limits"


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of `gridcast train` or `gridcast run`.")],
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
            talk().print(f"wrote [bold]{result.path}[/]; serve it with [bold]gridcast serve {run}[/]")


def serve(  # noqa: PLR0913  one parameter an option
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder with an exported model, or its .onnx file.")],
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on.")] = 8000,
    keys: Annotated[Path | None, typer.Option(metavar="FILE", help="Hashes of API keys, as `gridcast key` makes them.")] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="Ask for no key, and listen on this machine only.")] = False,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that make the forecasts of what is sent.")] = 1,
    refresh: Annotated[float, typer.Option(min=1, help="Seconds after which the run's sources are read again.")] = 300.0,
    rate: Annotated[float, typer.Option(min=0, help="Requests a second of one key; 0 for any.", rich_help_panel=LIMITS)] = 50.0,
    largest: Annotated[float, typer.Option(min=0.01, help="Largest request [MB].", rich_help_panel=LIMITS)] = 8.0,
    patience: Annotated[
        float, typer.Option(min=0.1, help="Seconds in which a request must have arrived.", rich_help_panel=LIMITS)
    ] = 10.0,
) -> None:
    """Serve forecasts over HTTP from an exported network, without TensorFlow."""
    with polite(quiet=False):
        try:
            from gridcast.service.door import Limits
            from gridcast.service.running import Address
            from gridcast.service.running import serve as serve_run
        except ImportError as error:
            from gridcast.errors import ConfigError

            hint = "pip install 'gridcast[serve]'"
            raise ConfigError(
                "a library of the service is missing", found=str(error), expected="the extra `serve`", hint=hint
            ) from error
        limits = Limits(int(largest * 1e6), patience, rate)
        serve_run(run, Address(host, port, not no_auth), keys_file=keys, workers=workers, limits=limits, refresh_seconds=refresh)


def key(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is, one word.")],
    file: Annotated[Path, typer.Option("--file", metavar="FILE", help="Where its hash is added.", rich_help_panel=OUTPUT)],
) -> None:
    """Make an API key: it is printed once, and only its hash is kept."""
    with polite(quiet=False):
        from gridcast.atomic import replacing
        from gridcast.service.keys import Keys, new_key

        made, line = new_key(name)
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        Keys.read(file if kept else None, {})
        with replacing(file) as temporary:
            temporary.touch(mode=0o600)
            temporary.write_text(f"{kept.rstrip()}\n{line}\n".lstrip(), encoding="utf-8")
        print(made)
