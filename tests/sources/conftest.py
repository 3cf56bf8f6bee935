"""A server on the loopback that stands in for a public service."""

import threading
import time
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gridcast.sources.cache import Cache
from gridcast.sources.web import Asking


@dataclass
class Answer:
    body: bytes | str = b""
    status: int = 200
    headers: dict = field(default_factory=dict)
    delay: float = 0.0
    cut: int = 0  # bytes that are promised and never sent


@dataclass
class Loopback:
    """The server: its address, what it was asked, and how it answers: `answer(path, query)`, after the answers in `first`."""

    url: str
    answer: Callable[[str, dict], Answer]
    first: list = field(default_factory=list)
    asked: list = field(default_factory=list)


@pytest.fixture
def loopback(monkeypatch):
    """Return a function that starts a server, given how it answers."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    servers = []

    def start(answer: Callable[[str, dict], Answer]) -> Loopback:
        def respond(handler: BaseHTTPRequestHandler) -> None:
            path, _, query = handler.path.partition("?")
            asked = dict(urllib.parse.parse_qsl(query))
            state.asked.append((path, asked))
            told = state.first.pop(0) if state.first else state.answer(path, asked)
            time.sleep(told.delay)
            body = told.body.encode() if isinstance(told.body, str) else told.body
            try:
                handler.send_response(told.status)
                for name, value in {"Content-Length": str(len(body) + told.cut), **told.headers}.items():
                    handler.send_header(name, value)
                handler.end_headers()
                handler.wfile.write(body)
            except OSError:  # the other side did not wait
                pass

        quiet = {"do_GET": respond, "log_message": lambda *_: None}
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), quiet))
        servers.append(server)
        state = Loopback(f"http://127.0.0.1:{server.server_port}", answer)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return state

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def asking(tmp_path):
    """Return a function that says how to ask a server: three tries, hardly any pause, a cache of the test's own."""

    def make(url: str | None = None, **cache) -> Asking:
        return Asking(url=url, cache=Cache(tmp_path / "cache", **cache), timeout=10.0, tries=3, pause=0.001)

    return make
