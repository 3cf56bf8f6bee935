"""A real PostgreSQL server on loopback, and a SQLite file, both filled by plain SQL."""

import os
import pwd
import shutil
import socket
import sqlite3
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import pytest

PASSWORD = "gehe#m/w@rt"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


class Server:
    """A PostgreSQL server of our own, in a folder that goes away with it."""

    def __init__(self, binaries: Path, folder: Path, user: str | None) -> None:
        self.binaries, self.folder, self.user = binaries, folder, user
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        if user:
            for path in (folder, folder / "password"):
                shutil.chown(path, user)
        made = [
            "--auth=scram-sha-256",
            f"--pwfile={folder / 'password'}",
            "--username=grid",
            "--no-sync",
            "--encoding=UTF8",
            "--no-locale",
        ]
        self._run("initdb", "-D", str(folder / "data"), *made)

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off -c timezone=Asia/Kolkata"
        )
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-o", options, "-l", str(self.folder / "log"), "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")

    def url(self, table: str = "", *, user: str = "grid", password: str = PASSWORD, database: str = "postgres") -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}{table}"

    def run(self, *statements: str) -> list[tuple]:
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def _run(self, command: str, *arguments: str) -> None:
        who = {"user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []} if self.user else {}
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        done = subprocess.run(
            [self.binaries / command, *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=environment,
            **who,
        )
        assert done.returncode == 0, done.stderr.decode()


@pytest.fixture(scope="session")
def server():
    if not BINARIES:
        pytest.skip("PostgreSQL is not on this machine (/usr/lib/postgresql/*/bin)")
    user = None
    if os.geteuid() == 0:  # as which the server refuses to run
        user = next((name for name in ("postgres", "nobody") if name in {each.pw_name for each in pwd.getpwall()}), None)
        if user is None:
            pytest.skip("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
    with tempfile.TemporaryDirectory(prefix="gridcast-postgres-", ignore_cleanup_errors=True) as folder:
        running = Server(BINARIES[-1].parent, Path(folder), user)
        running.start()
        try:
            yield running
        finally:
            running.stop()


@pytest.fixture
def postgres(server):
    """The server without any tables."""
    server.run(
        "ALTER ROLE grid RESET ALL", "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "DROP SCHEMA IF EXISTS utility CASCADE"
    )
    return server


class File:
    """A SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def url(self, table: str = "") -> str:
        return f"sqlite:///{self.path}{table}"

    def run(self, *statements: str) -> list[tuple]:
        connection = sqlite3.connect(self.path)
        try:
            with connection:
                for statement in statements:
                    rows = connection.execute(statement).fetchall()
            return rows
        finally:
            connection.close()


@pytest.fixture
def sqlite(tmp_path):
    return File(tmp_path / "grid.db")


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    return request.getfixturevalue(request.param)
