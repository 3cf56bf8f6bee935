"""What goes wrong is shown in a box that says what to do, never as a stack trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from gridcast.errors import GridcastError


@contextmanager
def guarded() -> Iterator[None]:
    """Show a mistake as problem, found, expected and hint."""
    try:
        yield
    except GridcastError as error:
        for problem in error.problems:
            st.error(f"**{problem.problem}**\n\n- found: {problem.found}\n- expected: {problem.expected}\n\n{problem.hint}")
