"""The readings that a visitor has chosen: kept between the pages, read once for all visitors."""

from __future__ import annotations

from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gridcast.app.reading import Recognised, recognise, stamps_of
from gridcast.app.uploads import keep_upload
from gridcast.config import RunConfig, make_config

SOURCE = "source"
WANTED = "wanted-run"  # name of the run that a page wants to be chosen next
LINKS = "pages"  # the pages of the app by their names


def source() -> RunConfig | None:
    """Return where the readings come from; None until that is chosen."""
    return st.session_state.get(SOURCE)


def choose(config: RunConfig) -> None:
    """Take readings for the pages that follow."""
    st.session_state[SOURCE] = config


def recognised(config: RunConfig) -> Recognised:
    """Return what is recognised in readings, from memory where neither settings nor files have changed.

    Raises:
        GridcastError: If they can't be read.
    """
    wanted = RunConfig(data=config.data, training=config.training.model_copy(update={"epochs": 1}))
    return _recognised(wanted.model_dump_json(), stamps_of(config))


@st.cache_resource(max_entries=8, show_spinner="Reading, and looking for what is wrong ...")
def _recognised(settings: str, changed: tuple[int, ...]) -> Recognised:  # noqa: ARG001  by which it is renewed
    return recognise(make_config(RunConfig.model_validate_json(settings).model_dump()))


def kept(runs_dir: Path, upload: UploadedFile | None) -> str:
    """Return the path of a file that was dropped in; empty where there is none."""
    return "" if upload is None else str(keep_upload(runs_dir, upload.name, upload.getvalue()))


def link_to(page: str, label: str, icon: str) -> None:
    """Show a link to another page of the app."""
    there = st.session_state.get(LINKS, {}).get(page)
    if there is not None:
        st.page_link(there, label=label, icon=icon)
