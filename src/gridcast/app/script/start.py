"""What Streamlit runs for each visit and each click: `start.py RUNS_DIR`."""

from __future__ import annotations

import sys
from pathlib import Path

from gridcast.app.main import main

if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "runs"))
