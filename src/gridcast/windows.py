"""Windows: contexts and targets cut from a panel by index; nothing is copied until a batch is asked for.

Letters: B samples, N locations, T context steps, H horizon steps, F features.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridcast.clock import utc
from gridcast.covariates import Covariates, KnownAhead
from gridcast.errors import PanelError, listed, require_positive
from gridcast.panel import Panel, as_panel
from gridcast.scaling import Scaler

Float = npt.NDArray[np.float32]
Double = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

VALIDATION_SHARE = 0.2  # of the issue times, the last ones


@dataclass(frozen=True)
class Windows:
    """An array that is cut on demand: `windows[i]`, `windows[3:9]`, `windows[indices]`, `np.asarray(windows)`.

    Attributes:
        values: Scaled readings, shape (time, N); NaN where missing.
        first: Row of `values` at which each sample starts, shape (B,).
        length: Steps of a sample.
        times: Issue time of each sample, UTC, shape (B,).
        names: Names of the N locations.
        place: Column of each sample, shape (B,); None if every sample holds all places together.
        covariates: Columns that all places share, shape (time, F - 1), or that differ by place, shape (time, N, F - 1); None for
            an array without a feature axis (targets).
        usable: With all places together: which places of a sample have a whole context, shape (B, N); the others are NaN.
        scaler: Puts values back into original units.
        freq: Time between two readings.
    """

    values: Float
    first: Index
    length: int
    times: pd.DatetimeIndex
    names: tuple[str, ...]
    scaler: Scaler
    freq: pd.Timedelta
    place: Index | None = None
    covariates: Float | None = None
    usable: npt.NDArray[np.bool_] | None = None

    dtype = np.dtype(np.float32)

    def __len__(self) -> int:
        return len(self.first)

    @property
    def shape(self) -> tuple[int, ...]:
        """(B, T, F) or (B, N, T, F) of contexts; (B, H) or (B, N, H) of targets."""
        places = () if self.place is not None else (len(self.names),)
        features = () if self.covariates is None else (1 + self.covariates.shape[-1],)
        return (len(self), *places, self.length, *features)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def locations(self) -> tuple[str, ...]:
        """Location of each sample, or of each place on the second axis where all places are together."""
        return self.names if self.place is None else tuple(np.asarray(self.names, dtype=object)[self.place])

    def select(self, index: npt.ArrayLike) -> Windows:
        """Return the windows of some samples (indices or a mask), still uncut."""
        chosen = np.arange(len(self))[np.asarray(index)]
        return replace(
            self,
            first=self.first[chosen],
            times=self.times[chosen],
            place=None if self.place is None else self.place[chosen],
            usable=None if self.usable is None else self.usable[chosen],
        )

    def __getitem__(self, index: int | slice | npt.ArrayLike) -> Float:
        chosen = np.arange(len(self))[index if isinstance(index, int | slice) else np.asarray(index)]
        cut = self._cut(np.atleast_1d(chosen))
        return cut[0] if np.ndim(chosen) == 0 else cut

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[np.generic]:
        return np.asarray(self[:], dtype=dtype)

    def __iter__(self) -> Iterator[Float]:
        return (self[sample] for sample in range(len(self)))

    def _cut(self, chosen: Index) -> Float:
        rows = self.first[chosen][:, None] + np.arange(self.length)  # (B, T)
        if self.place is None:
            cut = self.values[rows].swapaxes(1, 2)  # (B, T, N) -> (B, N, T)
            if self.usable is not None:
                cut = np.where(self.usable[chosen][..., None], cut, np.float32(np.nan))
        else:
            cut = self.values[rows, self.place[chosen][:, None]]
        if self.covariates is None:
            return np.ascontiguousarray(cut)
        out = np.empty((*cut.shape, 1 + self.covariates.shape[-1]), dtype=np.float32)
        out[..., 0] = np.nan_to_num(cut)  # a context with a gap is never learned from, see `usable`
        if self.covariates.ndim == 2:
            shared = self.covariates[rows]  # (B, T, F - 1)
            out[..., 1:] = shared if self.place is not None else shared[:, None]
        elif self.place is not None:
            out[..., 1:] = self.covariates[rows, self.place[chosen][:, None]]  # (B, T, F - 1)
        else:
            out[..., 1:] = self.covariates[rows].swapaxes(1, 2)  # (B, T, N, F - 1) -> (B, N, T, F - 1)
        return out

    def unscaled(self, values: npt.ArrayLike) -> Double:
        """Return values that have the shape of these targets, such as predictions, in original units."""
        values = np.asarray(values, dtype=np.float64)
        if self.place is not None:
            return self.scaler.inverse_transform(values, self.locations)
        unscaled: Double = self.scaler.inverse_transform(values.swapaxes(1, -1)).swapaxes(1, -1)
        return unscaled


@dataclass(frozen=True)
class Sequences:
    """What the LSTM reads and what it shall say; unpacks as `X, y, times, locations, scaler`.

    Attributes:
        X: Contexts, shape (B, T, F), or (B, N, T, F) with all places together. [scaled]
        y: Targets, shape (B, H) or (B, N, H), NaN where a place can't be learned from. [scaled]
        skipped: How many pairs of issue time and place were left out because they touch a gap.
    """

    X: Windows
    y: Windows
    skipped: int = 0

    @property
    def times(self) -> pd.DatetimeIndex:
        """Issue time of each sample: its context ends then, and its first target starts then. UTC."""
        return self.X.times

    @property
    def locations(self) -> tuple[str, ...]:
        """Location of each sample, or of each place on the second axis."""
        return self.X.locations

    @property
    def scaler(self) -> Scaler:
        """The scaler, fitted on the training part."""
        return self.X.scaler

    def __iter__(self) -> Iterator[object]:
        return iter((self.X, self.y, self.times, self.locations, self.scaler))

    def __len__(self) -> int:
        return len(self.X)

    def split(self, at: str | pd.Timestamp) -> tuple[Sequences, Sequences]:
        """Return the samples whose targets end by a moment, and those issued at it or later."""
        before = np.asarray(self.times + self.y.length * self.y.freq <= utc(at))
        after = np.asarray(self.times >= utc(at))
        return self._select(before), self._select(after)

    def _select(self, mask: npt.NDArray[np.bool_]) -> Sequences:
        return Sequences(self.X.select(mask), self.y.select(mask), self.skipped)


def preprocess_temporal_data(
    data: Panel | pd.DataFrame,
    sequence_length: int,
    *,
    horizon: int = 1,
    stride: int = 1,
    joint: bool = False,
    calendar: KnownAhead | Covariates | None = None,
    train_until: pd.Timestamp | None = None,
) -> Sequences:
    """Return scaled sequences for the LSTM with their targets, times and locations, and the fitted scaler.

    Samples are in order of time. Those that touch a missing reading are left out (all places together: marked NaN in `y`).

    Args:
        data: A panel, or a table with `timestamp`, `location`, `consumption`.
        sequence_length: Steps of context, T.
        horizon: Steps to forecast, H.
        stride: Steps between two issue times; they are counted back from the last one that still has all its targets.
        joint: False: a sample is one place at one issue time, X (B, T, F). True: it is all places at one issue time,
            X (B, N, T, F), so that one pass over the map serves all of them.
        calendar: Adds covariates: a calendar, or `Covariates` with weather. They are known ahead, so step s of the context carries
            what is known of the step H later, and the last H steps describe just the hours to be forecast.
        train_until: The scaler sees readings before this moment only; by default before the last 20 % of the issue times,
            which `train_model` takes for validation.

    Returns:
        Sequences, which unpack as `X, y, times, locations, scaler`. Nothing is copied until a batch is cut.

    Raises:
        ConfigError: If a length is not above zero.
        PanelError: If the panel is too short, or every window touches a gap.
    """
    require_positive(sequence_length=sequence_length, horizon=horizon, stride=stride)
    panel = as_panel(data)
    rows = issue_rows(panel, sequence_length, horizon, stride)
    whole = _whole(panel.consumption, rows - sequence_length, sequence_length)  # (B, N)
    known = whole & _whole(panel.measured, rows, horizon)
    _require_some(known, panel, sequence_length + horizon)
    if train_until is None:
        train_until = first_validation_time(panel.times[rows[known.any(axis=1)]], VALIDATION_SHARE)
    scaler = fit_scaler(panel, train_until)
    readings = _scaled(panel.consumption, scaler)
    measured = _scaled(panel.measured, scaler) if panel.filled.any() else readings
    target = Windows(measured, rows, horizon, panel.times[rows], panel.locations, scaler, panel.freq)
    given = calendar if isinstance(calendar, Covariates) else Covariates(calendar)
    context = replace(
        target, values=readings, first=rows - sequence_length, length=sequence_length, covariates=given.at(panel, horizon)
    )
    if joint:
        kept = known.any(axis=1)
        X, y = replace(context, usable=whole).select(kept), replace(target, usable=known).select(kept)
    else:
        sample, place = np.nonzero(known)
        X, y = (replace(part.select(sample), place=place) for part in (context, target))
    return Sequences(X, y, skipped=int((~known).sum()))


def first_validation_time(times: pd.DatetimeIndex, share: float) -> pd.Timestamp:
    """Return the issue time from which on samples are for validation: the last `share` of the different issue times.

    Example:
        >>> first_validation_time(pd.date_range("2024-01-01", periods=10, freq="D"), 0.2)
        Timestamp('2024-01-09 00:00:00')
    """
    issued = times.unique().sort_values()
    return pd.Timestamp(issued[len(issued) - max(1, round(share * len(issued)))])


def contexts_at(
    panel: Panel, issue_times: pd.DatetimeIndex, *, scaler: Scaler, length: int, covariates: Float
) -> tuple[Windows, npt.NDArray[np.bool_]]:
    """Return the contexts of all places at given issue times, and which of them are without a gap, shape (B, N).

    Raises:
        PanelError: If the panel does not reach back far enough from an issue time, or ends before it.
    """
    rows = np.asarray((issue_times - panel.times[0]) // panel.freq, dtype=np.intp)
    wrong = (rows < length) | (rows > panel.rows)
    if wrong.any():
        raise PanelError(
            f"no context for {int(wrong.sum())} of {len(rows)} issue times",
            found=f"{listed(issue_times[wrong])}; readings from {panel.times[0]} to {panel.end}",
            expected=f"{length} readings before each issue time",
        )
    whole = _whole(panel.consumption, rows - length, length)
    windows = Windows(_scaled(panel.consumption, scaler), rows - length, length, issue_times, panel.locations, scaler, panel.freq)
    return replace(windows, covariates=covariates, usable=whole), whole


def issue_rows(panel: Panel, context: int, horizon: int, stride: int) -> Index:
    """Return the rows at which a forecast can be issued with a full context and all its targets, ascending.

    Raises:
        PanelError: If there are fewer than two.
    """
    rows = np.arange(panel.rows - horizon, context - 1, -stride, dtype=np.intp)[::-1]
    if len(rows) < 2:
        raise PanelError(
            "the history is too short",
            found=f"{panel.rows} readings a place",
            expected=f"at least {context + horizon + stride}: sequence length {context} + horizon {horizon} + stride {stride}",
            hint="take a shorter sequence length or horizon, fewer test days, or a longer history",
        )
    return rows


def fit_scaler(panel: Panel, until: pd.Timestamp) -> Scaler:
    """Return the scaler of the readings before a moment."""
    return Scaler.fit(panel.measured[: panel.times.searchsorted(until)], panel.locations)


def _scaled(readings: Float, scaler: Scaler) -> Float:
    return scaler.transform(readings).astype(np.float32)


def _require_some(known: npt.NDArray[np.bool_], panel: Panel, length: int) -> None:
    if not known.any():
        raise PanelError(
            "every window touches a gap",
            found=f"{int(np.isnan(panel.consumption).sum()):,} missing readings in {panel.describe()}",
            expected=f"{length} readings in a row at some place",
            hint="take a shorter sequence length, or leave out the places with the most gaps",
        )


def _whole(values: Float, first: Index, length: int) -> npt.NDArray[np.bool_]:
    """Return which stretches have no missing reading, shape (B, N); rows past the end count as missing."""
    missing = np.zeros((len(values) + 1, values.shape[1]), dtype=np.int32)
    np.cumsum(np.isnan(values), axis=0, out=missing[1:])
    inside = first + length <= len(values)
    last = np.minimum(first + length, len(values))
    whole: npt.NDArray[np.bool_] = (missing[last] == missing[first]) & inside[:, None]
    return whole
