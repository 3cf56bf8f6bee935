"""What samples are made of: readings and weather around issue times, a copy that may be changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]


@dataclass
class Cut:
    """Readings and weather around issue rows.

    Attributes:
        issued: Issue rows, shape (B,).
        contexts: Readings that were there at each, shape (B, T, N), NaN where there is none. [scaled]
        targets: Readings to forecast, shape (B, H, N), NaN where there is none. [scaled]
        past: Main weather of the steps before, and last whether it is there, shape (B, R, N, E). [scaled]
        coming: Weather of the steps to forecast, and last whether it is there, shape (B, H, N, K + 1). [scaled]
    """

    issued: npt.NDArray[np.int64]
    contexts: Float
    targets: Float
    past: Float
    coming: Float
