"""What a run leaves on disk: a folder that appears whole or not at all, and tables written atomically."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy.typing as npt
import pandas as pd

from gridcast.atomic import replacing, replacing_folder
from gridcast.errors import FileError
from gridcast.evaluation import prediction_table
from gridcast.forecast import Forecast
from gridcast.windows import Windows

MARKS = ("config.toml", "metrics.json")  # what makes a folder a run
BACKTEST_MARKS = ("config.toml", "scores.json")  # and what makes it a backtest
MODEL_MARKS = ("config.toml", "run.json")  # of which a run is one too
ABLATION_MARKS = ("config.toml", "ablation.json")
EXPLANATION_MARKS = ("explanation.json", "why.csv")
SEARCH_MARKS = ("config.toml", "tuning.json")

Kind = Literal["run", "backtest", "model", "ablation", "explanation", "search"]
MARKS_OF: dict[Kind, tuple[str, ...]] = {
    "run": MARKS,
    "backtest": BACKTEST_MARKS,
    "model": MODEL_MARKS,
    "ablation": ABLATION_MARKS,
    "explanation": EXPLANATION_MARKS,
    "search": SEARCH_MARKS,
}


def save_predictions(
    y_true: npt.ArrayLike | Windows | Forecast,
    y_pred: npt.ArrayLike | Forecast,
    file_path: str | os.PathLike[str],
    *,
    times: Sequence[pd.Timestamp] | pd.DatetimeIndex | None = None,
    locations: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Write actual and predicted values side by side as CSV, and return the table.

    Args:
        y_true: Targets from `preprocess_temporal_data` (written in original units, with their times and locations), or a
            forecast of actual values, or a plain array (written as it is).
        y_pred: Predictions of the same shape, scaled where the targets are.
        file_path: Where to write; compressed where it ends in `.gz`. An older file is replaced at the very end.
        times: Time of each sample of plain arrays, shape (B,).
        locations: Location of each sample of plain arrays, shape (B,).

    Returns:
        Columns `timestamp` (start of the hour, UTC), `location`, `issue_time`, `step`, `actual`, `predicted`, quantiles, if known.

    Raises:
        ShapeError: If the shapes differ.
        FileError: If the file can't be written.
    """
    table = prediction_table(y_true, y_pred, times=times, locations=locations)
    write_csv(table, file_path)
    return table


def write_csv(table: pd.DataFrame, path: str | os.PathLike[str]) -> None:
    """Write a table atomically; times as ISO 8601 in UTC, numbers with seven digits."""
    stamps = {
        str(name): column.dt.tz_convert("UTC").dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        for name, column in table.items()
        if _is_time(column)
    }
    with replacing(path) as temporary:
        table.assign(**stamps).to_csv(temporary, index=False, float_format="%.7g")


def write_parquet(tables: pd.DataFrame | Iterable[pd.DataFrame], path: str | os.PathLike[str]) -> None:
    """Write a table atomically as Parquet, compressed by zstd; categories become dictionaries.

    Args:
        tables: A table, or several with the same columns that are written one after the other, each as a row group of its own,
            so that no more than one of them need be there at a time. The attributes of the first are kept.
        path: The file; an older one is replaced at the very end.

    Raises:
        FileError: If the file can't be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = iter([tables] if isinstance(tables, pd.DataFrame) else tables)
    first = next(parts)
    rows = pa.Table.from_pandas(first, preserve_index=False)
    schema = rows.schema.with_metadata({**rows.schema.metadata, "PANDAS_ATTRS": json.dumps(first.attrs)})
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
        writer.write_table(rows.cast(schema))
        del first, rows
        for part in parts:
            writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))


def write_json(content: Mapping[str, Any], path: str | os.PathLike[str]) -> None:
    """Write JSON atomically; what is not a number becomes null."""
    with replacing(path) as temporary:
        temporary.write_text(to_json(content) + "\n", encoding="utf-8")


def to_json(content: Mapping[str, Any]) -> str:
    """Return JSON in which what is not a number is null.

    Example:
        >>> print(to_json({"rmse": float("nan")}))
        {
          "rmse": null
        }
    """
    return json.dumps(_finite(content), indent=2, ensure_ascii=False)


def require_free(folder: str | os.PathLike[str], *, overwrite: bool = False, kind: Kind = "run") -> None:
    """Refuse a folder for a run or a backtest that would hide something, before any work is done.

    Args:
        folder: Where it is to be.
        overwrite: Whether an earlier one of the kind may be replaced.
        kind: What the folder is for.

    Raises:
        FileError: If it exists and is not empty and may not be overwritten, holds something else, or can't be made.
    """
    path, marks = Path(folder), MARKS_OF[kind]
    if path.is_dir() and not any(path.iterdir()):
        return
    if path.exists() and not (path.is_dir() and all((path / mark).is_file() for mark in marks)):
        raise FileError(
            f"`{path}` exists and is not {'an' if kind[0] in 'aeiou' else 'a'} {kind} folder",
            found="a file" if path.is_file() else f"a folder with {len(list(path.iterdir()))} entries of another kind",
            expected=f"a new folder, or an earlier {kind}",
            hint="choose another folder with `--out DIR`",
        )
    if path.exists() and not overwrite:
        raise FileError(
            f"`{path}` holds an earlier {kind}",
            found=", ".join(sorted(entry.name for entry in path.iterdir())),
            expected="a new folder",
            hint=f"choose another folder with `--out DIR`, or replace the {kind} with `--overwrite`",
        )
    parent = next(up for up in path.absolute().parents if up.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise FileError(
            f"cannot make the folder `{path}`",
            found=f"`{parent}` is {'not writable' if parent.is_dir() else 'a file'}",
            expected="a place where you may write",
            hint="choose another folder with `--out DIR`",
        )


@contextmanager
def run_folder(folder: str | os.PathLike[str], *, overwrite: bool = False, kind: Kind = "run") -> Iterator[Path]:
    """Give a folder to fill, which appears as that of a run, or of another kind, only when the block ends without an error."""
    require_free(folder, overwrite=overwrite, kind=kind)
    with replacing_folder(folder) as staged:
        yield staged


def _finite(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(key): _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _is_time(column: pd.Series[Any]) -> bool:
    return isinstance(column.dtype, pd.DatetimeTZDtype)
