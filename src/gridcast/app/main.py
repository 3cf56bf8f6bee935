"""The app: five pages in the order of the work, and the choice of a run beside them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import streamlit as st

from gridcast.app.asking import guarded, log_to
from gridcast.app.pages.source import LINKS, WANTED
from gridcast.app.runs import StoredRun, find_runs

PAGES = {  # module -> title and icon
    "data": ("Data", ":material/database:"),
    "train": ("Train", ":material/model_training:"),
    "results": ("Results", ":material/insights:"),
    "forecast": ("Forecast", ":material/map:"),
    "understand": ("Understand", ":material/psychology:"),
}
CHOSEN = "chosen-run"  # key of the choice of a run
STATES = {"queued": "waits", "running": "running", "stopped": "stopped", "failed": "failed", "done": ""}
ICON = str(Path(__file__).with_name("icon.svg"))  # an own one: Streamlit loads those that it names from elsewhere
SPARE = """<style>
[data-testid="stMetricValue"] { font-size: 1.35rem; }
[data-testid="stMainBlockContainer"] { padding-top: 2.2rem; padding-bottom: 3rem; max-width: 1180px; }
[data-testid="stSidebarHeader"] { height: 2.5rem; margin-bottom: 0; }
</style>"""


def main(runs_dir: Path) -> None:
    """Show the app on a folder of runs."""
    st.set_page_config(page_title="gridcast", page_icon=ICON, layout="wide")
    st.html(SPARE)
    with guarded():
        runs_dir.mkdir(parents=True, exist_ok=True)
        log_to(runs_dir)
    pages = {
        name: st.Page(_page(name, runs_dir), title=title, icon=icon, url_path=name, default=name == "data")
        for name, (title, icon) in PAGES.items()
    }
    st.session_state[LINKS] = pages
    st.navigation(list(pages.values())).run()


def _page(name: str, runs_dir: Path) -> Callable[[], None]:
    """Return what shows a page: modules are imported when they are looked at."""

    def show() -> None:
        with guarded():
            run = _choose_run(runs_dir)
            import_module(f"gridcast.app.pages.{name}").show(runs_dir, run)

    return show


def _choose_run(runs_dir: Path) -> StoredRun | None:
    """Return the run that is chosen beside the pages: the newest, until another one is."""
    runs = {run.name: run for run in find_runs(runs_dir)}
    wanted = st.session_state.pop(WANTED, None) or st.session_state.get(CHOSEN)
    with st.sidebar:
        if not runs:
            st.caption(f"No runs yet in `{runs_dir}`: choose readings on the page “Data”, then start one on “Train”.")
            return None
        st.session_state[CHOSEN] = wanted if wanted in runs else next(iter(runs))
        name = st.selectbox("Run", list(runs), key=CHOSEN, format_func=lambda name: _label(runs[name]))
        st.caption(f"in `{runs_dir}`")
    return runs.get(name)


def _label(run: StoredRun) -> str:
    """Return a run in a list: its name, and how far it is where it is not done."""
    more = [each for each in (STATES[run.state], run.kind if run.kind != "run" else "") if each]
    return f"{run.name} ({', '.join(more)})" if more else run.name
