import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridcast.errors import FileError, ShapeError
from gridcast.forecast import Forecast
from gridcast.store import (
    BACKTEST_MARKS,
    MARKS,
    require_free,
    run_folder,
    save_predictions,
    to_json,
    write_csv,
    write_json,
    write_parquet,
)
from gridcast.windows import preprocess_temporal_data

TIMES = ["timestamp", "issue_time"]


def read(path: Path) -> pd.DataFrame:
    table = pd.read_csv(path)
    return table.assign(**{name: pd.to_datetime(table[name], utc=True) for name in TIMES if name in table})


def earlier_run(folder: Path, *others: str) -> Path:
    folder.mkdir(parents=True)
    for name in (*MARKS, *others):
        (folder / name).write_text("old")
    return folder


def litter(folder: Path) -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".")]


@pytest.mark.parametrize("joint", [False, True])
@pytest.mark.parametrize("ending", ["csv", "csv.gz"])
def test_predictions_come_back_in_original_units(make_panel, tmp_path, joint, ending):
    panel = make_panel(days=6, places=3)
    y = preprocess_temporal_data(panel, 24, horizon=4, stride=7, joint=joint).y
    table = save_predictions(y, np.asarray(y) + 0.5, tmp_path / f"predictions.{ending}")
    again = read(tmp_path / f"predictions.{ending}")
    assert again.columns.tolist() == ["timestamp", "location", "issue_time", "step", "actual", "predicted"]
    assert len(again) == np.prod(y.shape)
    for name in TIMES:
        assert (again[name] == table[name]).all()
    assert again["location"].tolist() == table["location"].tolist()
    readings = panel.dataset["consumption"].to_series()
    measured = readings[pd.MultiIndex.from_arrays([again["timestamp"].dt.tz_localize(None), again["location"]])]
    assert again["actual"].to_numpy() == pytest.approx(measured.to_numpy(), rel=1e-5)
    # half a scaled unit is half the scale of the place
    scale = dict(zip(y.scaler.locations, y.scaler.scale, strict=True))
    assert (again["predicted"] - again["actual"]).to_numpy() == pytest.approx(
        0.5 * again["location"].map(scale).to_numpy(), abs=1e-4
    )


def test_predictions_without_times(tmp_path):
    save_predictions([[1.0, 2.0]], [[1.25, np.nan]], tmp_path / "predictions.csv")
    assert (tmp_path / "predictions.csv").read_text() == "sample,step,actual,predicted\n0,1,1,1.25\n"


def test_predictions_with_times_are_written_in_utc(tmp_path):
    # 00:00 in Berlin is 23:00 UTC of the day before; a missing reading is an empty cell
    times = pd.date_range("2024-01-02", periods=2, freq="h", tz="Europe/Berlin")
    save_predictions([1.5, np.nan], [2.0, 3.0], tmp_path / "predictions.csv", times=times, locations=["Kyïv", "Lviv, west"])
    assert (tmp_path / "predictions.csv").read_text(encoding="utf-8") == (
        'timestamp,location,step,actual,predicted\n2024-01-01T23:00:00Z,Kyïv,1,1.5,2\n2024-01-02T00:00:00Z,"Lviv, west",1,,3\n'
    )


def test_predictions_of_forecasts(make_panel, tmp_path):
    panel = make_panel(days=2, places=2)
    actual = Forecast.of(np.ones((1, 2, 1)), panel=panel, issue_times=panel.times[[24]])
    save_predictions(actual, actual, tmp_path / "predictions.csv")
    assert (tmp_path / "predictions.csv").read_text() == (
        "timestamp,location,issue_time,step,actual,predicted\n"
        "2024-01-02T00:00:00Z,P0,2024-01-02T00:00:00Z,1,1,1\n"
        "2024-01-02T00:00:00Z,P1,2024-01-02T00:00:00Z,1,1,1\n"
    )


def test_shapes_that_differ_leave_no_file(tmp_path):
    with pytest.raises(ShapeError, match="differ in shape"):
        save_predictions(np.ones((3, 2)), np.ones((3, 4)), tmp_path / "predictions.csv")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("stop", [OSError, KeyboardInterrupt])
def test_a_failure_while_writing_leaves_the_older_file_and_no_litter(tmp_path, monkeypatch, stop):
    path = tmp_path / "predictions.csv"
    save_predictions([1.0], [2.0], path)
    before = path.read_bytes()

    def full_disk(self: pd.DataFrame, target: Path, **options: object) -> None:
        Path(target).write_text("timest")
        raise stop(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", full_disk)
    with pytest.raises(FileError if stop is OSError else stop, match="No space left"):
        save_predictions([3.0], [4.0], path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["predictions.csv"]


def test_a_table_in_a_zone_is_written_in_utc(tmp_path):
    times = pd.date_range("2024-07-01", periods=2, freq="h", tz="America/New_York")
    write_csv(pd.DataFrame({"at": times, "load": [1 / 3, 1e9]}), tmp_path / "new" / "table.csv")
    assert (tmp_path / "new" / "table.csv").read_text() == ("at,load\n2024-07-01T04:00:00Z,0.3333333\n2024-07-01T05:00:00Z,1e+09\n")


@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=20))
def test_numbers_are_written_with_seven_digits(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    write_csv(pd.DataFrame({"load": numbers}), path)
    assert pd.read_csv(path)["load"].to_numpy() == pytest.approx(np.array(numbers), rel=5e-7, abs=1e-300)


def test_json_comes_back_and_what_is_no_number_is_null(tmp_path):
    content = {"місто": "Львів", "rmse": np.float64(1.5), "nested": {"a": [float("nan"), (1, float("-inf"))]}, 3: None, "yes": True}
    write_json(content, tmp_path / "metrics.json")
    text = (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert text == to_json(content) + "\n"
    assert "Львів" in text
    assert json.loads(text) == {"місто": "Львів", "rmse": 1.5, "nested": {"a": [None, [1, None]]}, "3": None, "yes": True}


def test_a_new_and_an_empty_folder_are_free(tmp_path):
    require_free(tmp_path / "a" / "b" / "run")
    (tmp_path / "empty").mkdir()
    require_free(tmp_path / "empty")
    assert os.listdir(tmp_path) == ["empty"]  # asking makes nothing


def test_an_earlier_run_is_replaced_only_when_told(tmp_path):
    run = earlier_run(tmp_path / "run")
    require_free(run, overwrite=True)
    with pytest.raises(FileError) as caught:
        require_free(run)
    (problem,) = caught.value.problems
    assert problem.problem == f"`{run}` holds an earlier run"
    assert problem.found == "config.toml, metrics.json"
    assert problem.expected == "a new folder"
    assert "--out DIR" in problem.hint
    assert "--overwrite" in problem.hint


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("kind", ["a file", "a folder"])
def test_what_is_not_a_run_is_never_replaced(tmp_path, kind, overwrite):
    path = tmp_path / "thesis"
    if kind == "a file":
        path.write_text("years of work")
    else:
        path.mkdir()
        (path / "config.toml").write_text("of something else")
        (path / "chapter 1.tex").write_text("years of work")
    with pytest.raises(FileError) as caught:
        require_free(path, overwrite=overwrite)
    (problem,) = caught.value.problems
    assert problem.problem == f"`{path}` exists and is not a run folder"
    assert problem.found == {"a file": "a file", "a folder": "a folder with 2 entries of another kind"}[kind]
    assert problem.expected == "a new folder, or an earlier run"
    assert problem.hint == "choose another folder with `--out DIR`"


def test_below_a_file_there_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError) as caught:
        require_free(tmp_path / "file" / "deep" / "run")
    (problem,) = caught.value.problems
    assert problem.problem == f"cannot make the folder `{tmp_path / 'file' / 'deep' / 'run'}`"
    assert problem.found == f"`{tmp_path / 'file'}` is a file"
    assert problem.expected == "a place where you may write"


def test_a_place_that_may_not_be_written_to_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(FileError, match="is not writable"):
        require_free(tmp_path / "run")


def test_a_run_folder_appears_whole(tmp_path):
    run = tmp_path / "runs" / "first"
    with run_folder(run) as staged:
        (staged / "config.toml").write_text("new")
        assert not run.exists()
    assert os.listdir(run) == ["config.toml"]
    assert litter(run.parent) == []


def test_a_run_replaces_the_earlier_one_as_a_whole(tmp_path):
    run = earlier_run(tmp_path / "run", "weights.bin")
    with run_folder(run, overwrite=True) as staged:
        (staged / "config.toml").write_text("new")
    assert {path.name: path.read_text() for path in run.iterdir()} == {"config.toml": "new"}


def interrupted_run(run: Path, stop: type[BaseException]) -> None:
    with run_folder(run, overwrite=True) as staged:
        (staged / "config.toml").write_text("half")
        raise stop("half way")


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_a_run_that_stops_half_way_leaves_the_earlier_one(tmp_path, stop):
    run = earlier_run(tmp_path / "run", "weights.bin")
    with pytest.raises(stop, match="half way"):
        interrupted_run(run, stop)
    assert {path.name: path.read_text() for path in run.iterdir()} == {
        "config.toml": "old",
        "metrics.json": "old",
        "weights.bin": "old",
    }
    assert os.listdir(tmp_path) == ["run"]


def test_an_occupied_folder_is_refused_before_any_work(tmp_path):
    run = earlier_run(tmp_path / "run")
    with pytest.raises(FileError, match="holds an earlier run"), run_folder(run):
        pytest.fail("the block must not run")
    assert litter(tmp_path) == []


def forecasts_of_models(rows: int = 4, *names: str) -> list[pd.DataFrame]:
    """Tables as a backtest writes them, one a model."""
    times = pd.date_range("2024-07-01", periods=rows, freq="h", tz="UTC")
    values = np.linspace(0, 1, rows, dtype=np.float32)
    tables = []
    for code in range(len(names)):
        models = pd.Series(pd.Categorical.from_codes([code] * rows, categories=list(names)))
        table = pd.DataFrame(
            {"model": models, "location": pd.Categorical(["Lviv"] * rows), "valid_time": times, "point": values + code}
        )
        table.attrs = {"unit": "MW", "ex_post": ["naive"]}
        tables.append(table)
    return tables


def test_a_table_comes_back_from_parquet(tmp_path):
    (table,) = forecasts_of_models(4, "naive")
    table.loc[2, "point"] = np.nan
    write_parquet(table, tmp_path / "new" / "table.parquet")
    again = pd.read_parquet(tmp_path / "new" / "table.parquet")
    pd.testing.assert_frame_equal(again, table, check_dtype=False, check_categorical=False)
    assert str(again["point"].dtype) == "float32"
    assert again["model"].dtype == "category"
    assert again["valid_time"].dt.tz is not None
    assert again.attrs == table.attrs
    assert pq.read_metadata(tmp_path / "new" / "table.parquet").row_group(0).column(3).statistics.null_count == 1


def test_several_tables_become_row_groups_of_one_file(tmp_path):
    tables = forecasts_of_models(5, "naive", "hybrid", "linear")
    write_parquet(iter(tables), tmp_path / "table.parquet")
    file = pq.ParquetFile(tmp_path / "table.parquet")
    assert [file.metadata.row_group(each).num_rows for each in range(file.num_row_groups)] == [5, 5, 5]
    assert {file.metadata.row_group(0).column(each).compression for each in range(4)} == {"ZSTD"}
    assert pa.types.is_dictionary(file.schema_arrow.field("model").type)
    assert pa.types.is_dictionary(file.schema_arrow.field("location").type)
    again = file.read().to_pandas()
    assert again["model"].tolist() == ["naive"] * 5 + ["hybrid"] * 5 + ["linear"] * 5
    assert again["point"].tolist() == [value for table in tables for value in table["point"]]


def test_a_failure_while_writing_parquet_leaves_the_older_file_and_no_litter(tmp_path):
    path = tmp_path / "table.parquet"
    write_parquet(forecasts_of_models(4, "naive"), path)
    before = path.read_bytes()

    def stopping() -> Iterator[pd.DataFrame]:
        yield from forecasts_of_models(4, "hybrid")
        raise OSError(28, "No space left on device")

    with pytest.raises(FileError, match="No space left"):
        write_parquet(stopping(), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["table.parquet"]


def earlier_backtest(folder: Path) -> Path:
    folder.mkdir()
    for name in BACKTEST_MARKS:
        (folder / name).write_text("old")
    return folder


def test_a_backtest_replaces_an_earlier_backtest_when_told(tmp_path):
    folder = earlier_backtest(tmp_path / "backtest")
    with pytest.raises(FileError) as caught, run_folder(folder, kind="backtest"):
        pytest.fail("the block must not run")
    (problem,) = caught.value.problems
    assert problem.problem == f"`{folder}` holds an earlier backtest"
    assert problem.found == "config.toml, scores.json"
    assert "replace the backtest with `--overwrite`" in problem.hint
    with run_folder(folder, overwrite=True, kind="backtest") as staged:
        (staged / "scores.json").write_text("new")
    assert {path.name: path.read_text() for path in folder.iterdir()} == {"scores.json": "new"}
    assert litter(tmp_path) == []


def test_a_backtest_never_replaces_a_run_nor_a_run_a_backtest(tmp_path):
    run, backtest = earlier_run(tmp_path / "run"), earlier_backtest(tmp_path / "backtest")
    with pytest.raises(FileError, match="exists and is not a backtest folder") as caught:
        require_free(run, overwrite=True, kind="backtest")
    assert caught.value.problems[0].expected == "a new folder, or an earlier backtest"
    with pytest.raises(FileError, match="exists and is not a run folder"):
        require_free(backtest, overwrite=True)
