"""Asking over HTTP: again where a failure may pass, at once no more where it will not, and never for ever."""

import time

import pytest

from gridcast.errors import ConfigError, GridcastError
from gridcast.sources import web
from gridcast.sources.web import get, patiently

from .conftest import Answer


def good(path, query):
    return Answer("good")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_failure_that_may_pass_is_asked_again(loopback, asking, status):
    server = loopback(good)
    server.first = [Answer("sorry", status), Answer("sorry", status)]
    assert get(server.url, asking(), "it") == b"good"
    assert len(server.asked) == 3


def test_the_last_try_is_told(loopback, asking):
    server = loopback(lambda path, query: Answer('{"error": true, "reason": "Daily API request limit exceeded."}', 429))
    with pytest.raises(GridcastError, match="it does not answer") as caught:
        get(server.url, asking(), "it")
    assert "HTTP status 429: Daily API request limit exceeded., at the last of 3 tries" in str(caught.value)
    assert len(server.asked) == 3


@pytest.mark.parametrize("status", [400, 401, 404])
def test_a_refusal_is_not_asked_again_and_its_reason_is_told(loopback, asking, status):
    server = loopback(lambda path, query: Answer('{"error": true, "reason": "Latitude must be in range."}', status))
    with pytest.raises(GridcastError, match="it refuses the request") as caught:
        get(server.url, asking(), "it")
    assert f"HTTP status {status}: Latitude must be in range." in str(caught.value)
    assert len(server.asked) == 1


def test_a_refusal_without_json_is_told_in_short(loopback, asking):
    server = loopback(lambda path, query: Answer("<html>\n  no  \n" + "x" * 5000, 403))
    with pytest.raises(GridcastError) as caught:
        get(server.url, asking(), "it")
    assert "HTTP status 403: <html> no xxx" in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_slow_server_is_asked_again(loopback, asking):
    server = loopback(good)
    server.first = [Answer("late", delay=2.0)]
    patience = web.Asking(cache=asking().cache, timeout=0.5, tries=2, pause=0.001)
    assert get(server.url, patience, "it") == b"good"
    server.first = [Answer("late", delay=2.0), Answer("late", delay=2.0)]
    with pytest.raises(GridcastError, match="it does not answer") as caught:
        get(server.url, patience, "it")
    assert "nothing within 0.5 s" in str(caught.value)


def test_an_answer_that_breaks_off_is_asked_for_again(loopback, asking):
    server = loopback(good)
    server.first = [Answer("goo", cut=1)]
    assert get(server.url, asking(), "it") == b"good"


def test_no_server_is_an_error_with_a_hint(loopback, asking):
    with pytest.raises(GridcastError, match="it does not answer") as caught:
        get("http://127.0.0.1:9", asking(), "it")
    assert "offline=True" in str(caught.value)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://x", "nowhere"])
def test_only_http_is_asked(asking, url):
    with pytest.raises(ConfigError, match="the address of it is not one"):
        get(url, asking(), "it")


def test_pauses_double_and_a_service_may_ask_for_longer_ones_within_reason(loopback, asking, monkeypatch):
    pauses = []
    monkeypatch.setattr(web.time, "sleep", pauses.append)
    failures = iter([web.PassingError("a"), web.PassingError("b", wait=7.0), web.PassingError("c", wait=1e9)])

    def ask():
        error = next(failures, None)
        if error:
            raise error
        return "good"

    assert patiently(ask, web.Asking(tries=4, pause=2.0, cache=asking().cache), "it") == "good"
    # 2; 4 but 7 are asked for; 8 but a thousand million are asked for, of which 120 are granted
    assert pauses == [2, 7, 120]


def test_a_server_says_how_long_to_wait(loopback, asking):
    server = loopback(good)
    server.first = [Answer("", 429, {"Retry-After": "1"}), Answer("", 503, {"Retry-After": "Fri, 01 Jan 2027 00:00:00 GMT"})]
    started = time.perf_counter()
    assert get(server.url, asking(), "it") == b"good"
    assert 1.0 <= time.perf_counter() - started < 5.0
