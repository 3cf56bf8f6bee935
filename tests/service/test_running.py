"""The process: quick to start, small, without TensorFlow; ends what it has begun when it is told to stop."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from gridcast.service.limits import body_of
from gridcast.service.refused import Refused

CPU_SECONDS, MEGABYTES = 3.5, 400  # of the start: 2 s on a quiet machine; and what it holds after a forecast

HEAD = b"POST /forecast HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@pytest.fixture
def running(exported):
    """Give the address of a running service, and its process."""
    command = [sys.executable, "-m", "gridcast", "serve", str(exported.parent), "--no-auth", "--port", "0", "--patience", "1"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        found = re.search(r"running on http://127\.0\.0\.1:(\d+)", line)
        if found:
            break
    yield int(found[1]), process
    process.kill()
    process.communicate()


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
        return answer.read().decode()


def test_it_starts_quickly_and_small_and_ends_what_it_has_begun(running):
    import psutil

    port, process = running
    spent = psutil.Process(process.pid).cpu_times()
    assert spent.user + spent.system < CPU_SECONDS
    assert json.loads(get(port, "/forecast/latest"))["unit"] == "MW"
    mapped = "\n".join(each.path for each in psutil.Process(process.pid).memory_maps())
    assert "tensorflow" not in mapped
    held = re.search(r"process_resident_memory_bytes (\d+)", get(port, "/metrics"))
    assert int(held[1]) < MEGABYTES * 1e6
    with socket.create_connection(("127.0.0.1", port)) as slow:  # half a request, the rest after the signal
        slow.sendall(HEAD % 2 + b"{")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        slow.sendall(b"}")
        slow.settimeout(20)
        assert slow.recv(100).startswith(b"HTTP/1.1 422")
    assert process.wait(20) == 0
    with pytest.raises(urllib.error.URLError):
        get(port, "/health/live")


def test_the_journal_has_no_data(running):
    port, process = running
    get(port, "/forecast/latest?location=B")
    process.send_signal(signal.SIGTERM)
    lines = [json.loads(line) for line in process.communicate(timeout=20)[1].splitlines()]
    line = next(each for each in lines if each["event"] == "request")
    assert (line["route"], line["status"], line["who"]) == ("/forecast/latest", 200, "127.0.0.1")
    assert "location" not in json.dumps(lines)


def test_a_slow_client_is_left(running):
    port, _ = running
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(HEAD % 100 + b"{")
        slow.settimeout(20)
        assert slow.recv(100).startswith(b"HTTP/1.1 408")


def test_a_client_that_goes_is_no_fault():
    import asyncio

    async def gone():
        return {"type": "http.disconnect"}

    with pytest.raises(Refused) as refused:
        asyncio.run(body_of(gone, declared=None, most=10, seconds=1))
    assert refused.value.status == 400


def test_its_workers_end_with_it_even_when_it_is_killed(exported):
    import psutil

    command = [sys.executable, "-m", "gridcast", "serve", str(exported.parent), "--no-auth", "--port", "0", "--workers", "2"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        next(line for line in process.stderr if "running on" in line)
        until = time.monotonic() + 60
        while len(crew := psutil.Process(process.pid).children(recursive=True)) < 4 and time.monotonic() < until:
            time.sleep(0.2)  # two workers, and the two processes that multiprocessing has for itself
        process.kill()
    assert len(crew) >= 4
    assert psutil.wait_procs(crew, timeout=60)[1] == []
