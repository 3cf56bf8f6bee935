"""The command that opens the web app: `gridcast app`."""

from __future__ import annotations

import importlib.util
import threading
from pathlib import Path
from typing import Annotated

import typer

from gridcast.cli.talk import polite, talk

LOOPBACK = ("127.0.0.1", "localhost", "::1")
LIBRARIES = ("streamlit", "plotly")
AHEAD = ("gridcast.app.scored", "gridcast.app.scorefigures", "gridcast.app.outlookfigures")  # imported before a page needs them
MOST_MB = 500  # of a file that is dropped in

OPTIONS = {  # of Streamlit; those of the command come beside them
    "browser.gatherUsageStats": "false",
    "server.showEmailPrompt": "false",
    "server.fileWatcherType": "none",
    "server.runOnSave": "false",
    "server.maxUploadSize": str(MOST_MB),
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "runner.magicEnabled": "false",
    "theme.light.primaryColor": "#0072B2",
    "theme.dark.primaryColor": "#56B4E9",
}


def app(
    runs_dir: Annotated[Path, typer.Argument(metavar="RUNS_DIR", help="Folder of runs; made if need be.")] = Path("runs"),
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8501,
    host: Annotated[str, typer.Option(metavar="HOST", help="Address to listen on.")] = "127.0.0.1",
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the browser.")] = False,
) -> None:
    """Open the web app: look at readings, train, see results, forecast and understand, without writing code or needing internet."""
    with polite(quiet=False, interrupted="trainings go on; open the app again to see them"):
        _require_libraries()
        _require_folder(runs_dir)
        if host not in LOOPBACK:
            talk().print(f"[yellow]warning:[/] there is no login: whoever reaches {host}:{port} can read the files of this user")
        from streamlit.web.cli import main as streamlit  # slow to import

        threading.Thread(target=_import_ahead, name="import-ahead", daemon=True).start()
        streamlit(arguments(runs_dir, port=port, host=host, browser=not no_browser), prog_name="streamlit")


def arguments(runs_dir: Path, *, port: int, host: str, browser: bool) -> list[str]:
    """Return the arguments with which Streamlit shows the app."""
    script = Path(importlib.util.find_spec("gridcast.app.script.start").origin)  # type: ignore[union-attr,arg-type]
    own = {"server.port": str(port), "server.address": host, "server.headless": str(not browser).lower()}
    options = [f"--{name}={value}" for name, value in {**OPTIONS, **own}.items()]
    return ["run", str(script), *options, "--", str(runs_dir.absolute())]


def _import_ahead() -> None:
    """Import what the pages need while the browser opens: the first page would wait for it."""
    for name in AHEAD:
        importlib.import_module(name)


def _require_libraries() -> None:
    """Refuse to start without the extra.

    Raises:
        ConfigError: Naming what to type.
    """
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        from gridcast.errors import ConfigError, listed

        hint = "pip install 'gridcast[app]'"
        raise ConfigError("a library of the app is missing", found=f"no {listed(missing)}", expected="the extra `app`", hint=hint)


def _require_folder(path: Path) -> None:
    """Make the folder of runs.

    Raises:
        FileError: If that is not possible.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        from gridcast.errors import FileError

        raise FileError(
            f"`{path}` can't be the folder of runs",
            found=error.strerror or str(error),
            expected="a folder, or a place where one can be made",
            hint="gridcast app runs",
        ) from error
