"""Forecasts into a table: those of a run and an issue time replace the ones before, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gridcast.errors import ConfigError, FileError, PanelError, Problem, counted, did_you_mean, listed
from gridcast.sources.sql.address import Address, connected, library, parse_address, to_be_made

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

KEY = ("run", "issue_time", "location", "valid_time")
COLUMNS = (*KEY, "step", "actual", "predicted")  # whatever the forecaster
TIMES = ("issue_time", "valid_time")
NEEDED = ("timestamp", "location", "issue_time", "step", "predicted")
QUANTILE = r"q0\.\d+"
CHUNK = 5_000  # rows sent at a time
WRITABLE = ("postgresql", "sqlite")


def write_forecasts(table: pd.DataFrame, address: str, *, run: str) -> int:
    """Write forecasts into a table of a database, and return how many rows it has of them now.

    The table is made where it is absent: `run`, `issue_time`, `location`, `valid_time` (its primary key), `step`, `actual`,
    `predicted` and the quantiles. Rows of the same run and issue times are replaced, all of them or, if anything fails, none.
    Times are stored with their zone: as `timestamptz` by PostgreSQL, as text such as `2024-02-13T14:00:00Z` by SQLite.

    Args:
        table: As `prediction_table` makes it: `timestamp` (valid time), `location`, `issue_time`, `step`, `predicted`, and where
            they are known `actual` and quantiles such as `q0.05`. Times are aware of their zone; NaN becomes NULL.
        address: Such as `postgresql://user@host/grid#forecasts`; the table, or `schema.table`, stands behind `#`.
        run: Name of the run.

    Raises:
        ConfigError: If address or run make no sense, or the database is neither PostgreSQL nor SQLite.
        FileError: If the database can't be opened or written, or its table is of other columns.
        GridcastError: If the extra `sql` is not installed.
        PanelError: Naming all that is wrong with the forecasts.
    """
    place, kind = _target(address, run)
    rows = _rows(table, run)
    if rows.empty:
        return 0
    with connected(place, writing=True) as connection:
        schema, _, name = place.table.rpartition(".")
        target = _described(name, schema or None, [str(each) for each in rows.columns], kind)
        _take_turns(connection, place, kind)
        _require_like(connection, target, place, kind)
        target.create(connection, checkfirst=True)
        _replace(connection, target, rows, kind)
    return len(rows)


def require_target(address: str, run: str) -> None:
    """Refuse an address that forecasts can't be written to, before any work is done; nothing is made or changed.

    Args:
        address: As in `write_forecasts`.
        run: Likewise.

    Raises:
        ConfigError: If address or run make no sense.
        FileError: If the database can't be opened or made, or its table is of other columns.
        GridcastError: If the extra `sql` is not installed.
    """
    place, kind = _target(address, run)
    if to_be_made(place):
        return
    schema, _, name = place.table.rpartition(".")
    with connected(place, writing=True) as connection:
        _require_like(connection, _described(name, schema or None, list(COLUMNS), kind), place, kind)


def _target(address: str, run: str) -> tuple[Address, str]:
    """Return where to write to, and the kind of the database."""
    place = parse_address(address)
    kind = place.url.get_backend_name()
    if kind not in WRITABLE:
        raise ConfigError(f"forecasts can't be written to `{kind}`", found=place.shown, expected=listed(WRITABLE))
    if not place.table or not run.strip():
        missing, expected = ("table", "`#table` at the end") if not place.table else ("run", "the name of a run")
        raise ConfigError(f"which {missing}?", found=f"`{place.shown}`", expected=expected, hint=f"`{place.shown}#forecasts`")
    return place, kind


def _rows(table: pd.DataFrame, run: str) -> pd.DataFrame:
    """Return the rows of the table as they are stored, times in UTC.

    Raises:
        PanelError: Naming all that is wrong.
    """
    absent = [name for name in NEEDED if name not in table]
    if absent:
        found, expected = listed(table.columns, 12), f"columns {listed(NEEDED)}"
        raise PanelError(f"the forecasts have no {listed(absent)}", found=found, expected=expected)
    values = ["actual"] if "actual" in table else []
    values += ["predicted", *sorted(name for name in map(str, table.columns) if re.fullmatch(QUANTILE, name))]
    table = table.reset_index(drop=True)
    try:
        numbers, steps = table[values].astype(np.float64), table["step"].astype(np.int64)
    except (TypeError, ValueError) as error:
        raise PanelError(
            "the forecasts are no numbers", found=str(error), expected=f"numbers in {listed(['step', *values])}"
        ) from error
    if problems := [*_without_zone(table), *_infinite(numbers), *_unfit(table["location"], run)]:
        raise PanelError.of(problems)
    issued, valid = (table[name].dt.tz_convert("UTC").dt.as_unit("us") for name in ("issue_time", "timestamp"))
    names = [str(name) for name in table["location"]]
    rows = pd.DataFrame({"run": run, "issue_time": issued, "location": pd.array(names, dtype=object), "valid_time": valid})
    rows["step"], rows["actual"] = steps, np.nan
    rows = rows.assign(**{name: numbers[name] for name in values})
    again = rows[rows.duplicated(list(KEY))]
    if len(again):
        keys = zip(again["location"], again["valid_time"], again["issue_time"], strict=True)
        found = listed(f"{place} at {hour:%Y-%m-%d %H:%M}, issued {issue:%Y-%m-%d %H:%M}" for place, hour, issue in keys)
        raise PanelError(f"{counted(again, 'forecast')} come twice", found=found, expected="one for each place and hour")
    return rows


def _without_zone(table: pd.DataFrame) -> Iterator[Problem]:
    for name in ("timestamp", "issue_time"):
        if not isinstance(table[name].dtype, pd.DatetimeTZDtype) or table[name].isna().any():
            found = "NaT" if table[name].isna().any() else f"{table[name].dtype}"
            yield Problem(f"`{name}` is not a time with a zone in each row", found=found, expected="datetime64[us, UTC]")


def _infinite(numbers: pd.DataFrame) -> Iterator[Problem]:
    infinite = [name for name in numbers if np.isinf(numbers[name]).any()]
    if infinite:
        yield Problem(f"forecasts are infinite in {listed(infinite)}", found="inf", expected="numbers, or NaN")


def _unfit(location: pd.Series[Any], run: str) -> Iterator[Problem]:
    unfit = sorted({repr(name) for name in {run, *map(str, location)} if "\0" in name or not _encodable(name)})
    if unfit or location.isna().any():
        found = listed(unfit) or "rows without a location"
        yield Problem("names of runs or locations can't be stored", found=found, expected="texts in Unicode")


def _encodable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _described(name: str, schema: str | None, columns: list[str], kind: str) -> Table:
    """Return the table as SQL knows it."""
    sa = library()
    text, number = sa.Text(), sa.Double()
    time = text if kind == "sqlite" else sa.DateTime(timezone=True)
    types = {"run": text, "location": text, "step": sa.Integer(), **dict.fromkeys(TIMES, time)}
    made = [
        sa.Column(each, types.get(each, number), primary_key=each in KEY, nullable=each not in (*KEY, "step")) for each in columns
    ]
    table: Table = sa.Table(name, sa.MetaData(), *made, schema=schema)
    return table


def _take_turns(connection: Connection, place: Address, kind: str) -> None:
    """Wait for others who write to the same table; SQLite lets in one writer at a time by itself."""
    if kind == "postgresql":
        sa = library()
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"gridcast {place.table}", 0))))


def _require_like(connection: Connection, target: Table, place: Address, kind: str) -> None:
    """Refuse a table that is there and of other columns, another key, or times without a zone."""
    sa = library()
    inspector = sa.inspect(connection)
    if target.schema and target.schema not in inspector.get_schema_names():
        schemas = sorted(inspector.get_schema_names())
        hint = did_you_mean(target.schema, schemas)
        raise FileError(
            f"`{place.shown}` has no schema `{target.schema}`", found=listed(schemas), expected="a schema that is there", hint=hint
        )
    if not inspector.has_table(target.name, schema=target.schema):
        return
    there = {column["name"]: column["type"] for column in inspector.get_columns(target.name, schema=target.schema)}
    key = inspector.get_pk_constraint(target.name, schema=target.schema).get("constrained_columns") or []
    absent = [column.name for column in target.columns if column.name not in there]
    zoneless = [name for name in TIMES if kind == "postgresql" and name in there and not getattr(there[name], "timezone", False)]
    if absent:
        problem, found = f"has no column {listed(absent)}", listed(there, 12)
    elif set(key) != set(KEY):
        problem, found = "has another primary key", listed(key) or "none"
    elif zoneless:
        problem, found = f"keeps {listed(zoneless)} without a zone", f"`{there[zoneless[0]]}`"
    else:
        return
    expected = f"columns {listed((column.name for column in target.columns), 12)}, primary key {listed(KEY)}"
    hint = f"name a table that is not there yet, it will be made: `{place.shown}#{place.table}_2`"
    raise FileError(f"the table `{place.table}` is not one of forecasts: it {problem}", found=found, expected=expected, hint=hint)


def _replace(connection: Connection, target: Table, rows: pd.DataFrame, kind: str) -> None:
    """Delete what is there of the run and the issue times, and insert the rows."""
    sa = library()
    stored = rows.assign(**{name: _times(rows[name], kind) for name in TIMES}).astype(object)
    stored = stored.where(stored.notna(), None)
    of_run = target.c.run == sa.bindparam("of_run")
    issued = [{"of_run": rows["run"].iloc[0], "issued": each} for each in stored["issue_time"].unique()]
    connection.execute(sa.delete(target).where(of_run, target.c.issue_time == sa.bindparam("issued")), issued)
    for first in range(0, len(stored), CHUNK):
        records: list[dict[str, Any]] = stored.iloc[first : first + CHUNK].to_dict("records")  # type: ignore[assignment]
        connection.execute(sa.insert(target), records)


def _times(moments: pd.Series[Any], kind: str) -> pd.Series[Any]:
    """Return moments as the database takes them; the text of a moment is always the same, as it is what is replaced by."""
    if kind == "postgresql":
        return pd.Series(moments.dt.to_pydatetime(), index=moments.index, dtype=object)
    whole: pd.Series[Any] = moments.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return whole.where(moments.dt.microsecond == 0, moments.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ"))
