"""What stands around the scores in a report: what was asked, the data and their quality, how it was trained, what was used."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from gridcast.quality import QualityReport


@dataclass(frozen=True)
class Print:
    """The fingerprint of something that was read.

    Attributes:
        what: What it was read for, such as `readings`.
        name: The file, or what else it is; no password in it.
        sha256: In hexadecimal digits; empty where there is none.
        size: In bytes, 0 where it is not known.
        state: Whether it is still what the run read, such as `same as then`.
    """

    what: str
    name: str
    sha256: str
    size: int = 0
    state: str = ""


@dataclass(frozen=True)
class Background:
    """What stands around the scores.

    Attributes:
        asked: The task, in a sentence.
        described: The readings, in a line.
        absent: Why the sources could not be read again; empty where they could.
        quality: What was found in the readings; None where they are not at hand.
        said: What was recognised when the data were read, and warnings.
        left_out: Which places are left out of what, a sentence each.
        compared: Whether the readings are still those of the run, in a sentence.
        prints: Fingerprints of the data.
        history: Loss by epoch; None where it is not known.
        ablation: Where the ablation is from, or how to make one.
        config: The settings, as TOML.
    """

    asked: str = ""
    described: str = ""
    absent: str = ""
    quality: QualityReport | None = None
    said: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    compared: str = ""
    prints: tuple[Print, ...] = ()
    history: pd.DataFrame | None = None
    ablation: str = ""
    config: str = ""
