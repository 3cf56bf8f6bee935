"""Commands that are killed, or run out of room, while they write: what stands under a name is whole, the old or the new."""

import signal
import subprocess
import sys

import pytest

ROOM = 4096  # bytes that can be written of a file
DRIVER = """
import os, resource, signal, sys
from gridcast.cli import main
from gridcast.sources import gefcom2012, sets

folder, way, *sys.argv[1:] = sys.argv[1:]
sets.require_checksum, sets.read_members = (lambda *_: None), (lambda *_: {})
gefcom2012.convert = lambda _: {name: "2024-01-01,1\\n" * 9999 for name in sets.available_sets()[0].files}

def on_write(event, arguments):
    if event == "open" and str(arguments[0]).startswith(folder) and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))

signal.signal(signal.SIGXFSZ, signal.SIG_DFL if way == "killed" else signal.SIG_IGN)
sys.addaudithook(on_write)
main()
""".replace("ROOM", str(ROOM))
LOAD = "time,A\n" + "".join(f"2024-01-{day:02} {hour:02}:00,{hour}\n" for day in range(1, 31) for hour in range(24))
COMMANDS = {  # what is typed, and what it writes
    "generate": (["generate", "{out}/load.csv", "{out}/places.csv", "--num-days", "30"], ["load.csv", "places.csv"]),
    "data": (["data", "get", "gefcom2012", "--wheel", "any.whl", "--out", "{out}"], ["load.csv", "weather.csv", "places.csv"]),
    "check": (["check", "{out}/../load.csv", "--html", "{out}/page.html"], ["page.html"]),
}


@pytest.fixture(params=sorted(COMMANDS))
def run(request, tmp_path):
    """Return a function that runs a command in a folder with old files: killed in the middle of writing, or without room."""
    typed, names = COMMANDS[request.param]
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "load.csv").write_text(LOAD)
    for name in names:
        (out / name).write_text("old")

    def to_the_end(way: str) -> tuple[subprocess.CompletedProcess, list[str]]:
        arguments = [each.format(out=out) for each in typed]
        command = [sys.executable, "-c", DRIVER, str(out), way, *arguments, "--overwrite"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert all((out / name).read_text() == "old" for name in names)
        return done, sorted(path.name for path in out.iterdir() if path.name not in names)

    return to_the_end


def test_a_command_that_is_killed_while_it_writes_leaves_no_half_of_a_file(run):
    done, left = run("killed")
    assert done.returncode == -signal.SIGXFSZ, done.stderr
    assert left, "it was killed before it wrote"
    assert all(name.startswith(".") for name in left)


def test_a_full_disk_is_told_and_leaves_nothing_behind(run):
    done, left = run("full")
    assert done.returncode == 2, done.stderr
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert left == []
