"""What is wrong with a request is told in the four fields of every error, and never as a fault of the service."""

import json

import pytest

from gridcast.service.door import Limits
from gridcast.service.keys import Keys, hashed
from gridcast.service.limits import Rate
from gridcast.service.refused import Refused

FIELDS = {"problem", "found", "expected", "hint"}

WRONG = {
    "no JSON": (b"{", "is not JSON"),
    "a list": (b"[]", "is not right"),
    "NaN": (b'{"start": "2024-01-01T00:00:00Z", "load": {"A": [NaN]}}', "is not JSON"),
    "infinite": (b'{"start": "2024-01-01T00:00:00Z", "load": {"A": [1e999]}}', "not"),
    "deep": (b"[" * 100_000, "is not JSON"),
    "not UTF-8": (b'{"start": "\xff"}', "is not JSON"),
    "nothing": (b"", "is not JSON"),
}
CHANGED = {
    "naive stamp": ({"start": "2024-01-01T00:00:00"}, "`start` is not right"),
    "far-off stamp": ({"start": "9999-12-31T00:00:00Z"}, "`start` is far off"),
    "first year": ({"start": "0001-01-01T00:00:00+14:00"}, "`start` is far off"),
    "between two readings": ({"start": "2024-01-01T00:17:00Z"}, "lies between two readings"),
    "text for a reading": ({"load": {"A": ["much"] * 24}}, "`load.A.0` is not right"),
    "nested readings": ({"load": {"A": [[1.0]] * 24}}, "`load.A.0` is not right"),
    "too short": ({"load": {"A": [1.0]}, "weather": {}}, "too short"),
    "other lengths": ({"load": {"A": [1.0] * 48, "B": [1.0] * 47}, "weather": {}}, "not as long"),
    "no readings": ({"load": {"A": [None] * 48}, "weather": {}}, "there is no reading"),
    "no places": ({"load": {}}, "`load` is not right"),
    "unknown weather": ({"weather": {"snow": {"A": [1.0]}}}, "the weather is not what the model reads"),
    "weather elsewhere": ({"weather": {"temperature": {"D": [1.0]}}}, "weather of places without a load"),
    "unknown key": ({"loads": 1}, "`loads` is not right"),
    "unknown location": ({"locations": ["D"]}, "unknown place `D`"),
    "unknown quantile": ({"quantiles": [0.33]}, "does not tell this quantile"),
    "half a pair": ({"load": {"\ud800": [1.0] * 48}, "weather": {}}, ""),
}


def refused(answer, status, words):
    assert answer.status_code == status, answer.text
    errors = answer.json()["errors"]
    assert all(set(each) == FIELDS for each in errors)
    assert any(words in each["problem"] for each in errors), errors


@pytest.mark.parametrize("case", WRONG)
def test_bodies_that_can_not_be_read(client, case):
    body, words = WRONG[case]
    answer = client.post("/forecast", content=body, headers={"Content-Type": "application/json"})
    refused(answer, answer.status_code if answer.status_code in (400, 422) else 422, words if answer.status_code == 422 else "")


@pytest.mark.parametrize("case", CHANGED)
def test_bodies_that_do_not_fit(client, sent, case):
    change, words = CHANGED[case]
    body = json.dumps({**sent, **change})
    refused(client.post("/forecast", content=body, headers={"Content-Type": "application/json"}), 422, words)


def test_weather_in_another_unit_is_refused(client, sent):
    warm = sent["weather"]["temperature"]
    sent["weather"]["temperature"] = {name: [each + 273.15 for each in values] for name, values in warm.items()}
    answer = client.post("/forecast", json=sent)
    refused(answer, 422, "far from all that the model was trained with")
    assert "kelvin" in answer.json()["errors"][0]["hint"]


@pytest.mark.parametrize(
    "query", ["issue_time=2035-01-01T00:00:00Z", "issue_time=2024-01-20T00:30:00Z", "issue_time=soon", "location=X"]
)
def test_questions_to_the_source(client, query):
    refused(client.get(f"/forecast?{query}"), 422, "")


def test_a_route_or_a_method_that_is_not_there(client):
    refused(client.get("/nothing"), 404, "Not Found")
    refused(client.put("/forecast"), 405, "Method Not Allowed")


def test_without_a_key_nothing_is_told_but_health(ask, sent):
    client = ask(keys=Keys({hashed("right"): "me"}))
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic right"}, {"Authorization": "Bearer"}):
        for path in ("/model", "/metrics", "/locations", "/forecast/latest", "/nothing"):
            refused(client.get(path, headers=headers), 401, "who asks?")
    refused(client.post("/forecast", json=sent), 401, "who asks?")
    assert client.get("/health/live").status_code == client.get("/health/ready").status_code == 200
    assert client.get("/model", headers={"Authorization": "Bearer right"}).status_code == 200


def test_large_bodies_are_not_read(ask, sent):
    client = ask(limits=Limits(most=1000))
    refused(client.post("/forecast", json=sent), 413, "too large")
    # a body that does not say how long it is
    refused(client.post("/forecast", content=(b" " * 400 for _ in range(5))), 413, "too large")


def test_who_asks_too_often_waits(ask):
    client = ask(limits=Limits(per_second=2))
    answers = [client.get("/model") for _ in range(6)]
    assert [each.status_code for each in answers][:4] == [200] * 4
    refused(answers[-1], 429, "too many")
    assert answers[-1].headers["Retry-After"] == "1"


def test_the_bucket_is_refilled_steadily():
    now = [0.0]
    rate = Rate(2.0, 4.0, now=lambda: now[0])
    for _ in range(4):
        rate.take("a")
    with pytest.raises(Refused):
        rate.take("a")
    rate.take("b")
    now[0] = 0.5  # one more at two a second
    rate.take("a")
    with pytest.raises(Refused):
        rate.take("a")


def test_a_fault_is_told_without_its_words(ask, forecasts, monkeypatch, caplog):
    def fails(*_):
        raise RuntimeError("12.5 MW at Kyiv")

    monkeypatch.setattr(type(forecasts), "of_source", fails)
    answer = ask().get("/forecast/latest")
    refused(answer, 500, "a fault of the service")
    assert "Kyiv" not in answer.text + caplog.text
