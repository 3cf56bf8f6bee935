"""`python -m gridcast.app.turn LOCK BEGAN ARGUMENTS`: wait for one's turn, then be `gridcast ARGUMENTS`.

Trainings that share the processors one after the other are done sooner than side by side. The lock goes over to the command with
the process, and is free when that ends.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from gridcast.app.locks import take


def main(lock: str, began: str, *arguments: str) -> None:
    """Wait for the lock, leave a mark that the wait is over, and become the command."""
    take(Path(lock), wait=True)
    Path(began).touch()
    os.execv(sys.executable, [sys.executable, "-m", "gridcast", *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
