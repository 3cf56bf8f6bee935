"""The pages on concepts are true: their code prints what stands below it."""

import contextlib
import io
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[1] / "docs" / "concepts"


@pytest.mark.parametrize("page", ["the-clock.md", "the-panel.md"])
def test_the_code_prints_what_stands_below_it(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = re.findall(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```", (PAGES / page).read_text(), flags=re.DOTALL | re.MULTILINE)
    assert len(blocks) >= 2
    for code, expected in blocks:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(code, names)
        assert printed.getvalue() == expected
