"""Processes that make forecasts say what one process says, refuse what it refuses, and are replaced when they die."""

import json
import os
import signal

import pytest

from gridcast.errors import GridcastError
from gridcast.service.sent import answer_of_sent
from gridcast.service.workers import Workers


@pytest.fixture(scope="module")
def workers(exported):
    made = Workers(exported, 2)
    yield made
    made.stop()


@pytest.fixture
def body(sent):
    return json.dumps(sent).encode()


def test_they_say_what_one_process_says(workers, forecasts, body):
    assert workers.answer(body, "application/json") == answer_of_sent(forecasts.shelf.model, body, "application/json")


def test_what_they_refuse_is_told_with_all_its_fields(workers):
    with pytest.raises(GridcastError) as refused:
        workers.answer(b'{"start": "2024-01-01T00:00:00", "load": {"A": ["much"]}}', "application/json")
    assert [each.problem for each in refused.value.problems] == ["`start` is not right", "`load.A.0` is not right"]


def test_one_that_dies_is_replaced(workers, body):
    before = workers.answer(body, "text/csv")
    for process in list(workers.pool._processes):
        os.kill(process, signal.SIGKILL)
    assert workers.answer(body, "text/csv") == before


def test_they_take_the_file_that_is_there_now(forecasts, body, tmp_path):
    from gridcast.atomic import replacing

    path = tmp_path / "model.onnx"
    whole = forecasts.shelf.path.read_bytes()
    path.write_bytes(whole)
    crew = Workers(path, 1)
    try:
        first = json.loads(crew.answer(body, "application/json")[0])
        with replacing(path) as temporary:
            temporary.write_bytes(whole + b"\x9a\x3e\x00")  # an empty field that ONNX does not know: the same graph, another file
        second = json.loads(crew.answer(body, "application/json")[0])
    finally:
        crew.stop()
    assert first.pop("model") != second.pop("model")
    assert first == second
