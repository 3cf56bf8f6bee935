"""What the service counts, as Prometheus reads it."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 10.0)  # of seconds
PAGE = 4096  # bytes


class Measures:
    """Requests by route and status, their time, and what else is told by name."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.seconds: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(BUCKETS))
        self.spent: defaultdict[str, float] = defaultdict(float)
        self.taken: Counter[str] = Counter()
        self.values: dict[str, float] = {"gridcast_forecasts_total": 0, "gridcast_model_swaps_total": 0}
        self.values |= {"gridcast_model_refused_total": 0, "gridcast_requests_in_flight": 0}

    def took(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        with self.lock:
            self.requests[method, route, status] += 1
            self.taken[route] += 1
            self.spent[route] += seconds
            for i, limit in enumerate(BUCKETS):
                self.seconds[route][i] += seconds <= limit

    def add(self, name: str, amount: float = 1) -> None:
        """Add to a value."""
        with self.lock:
            self.values[name] = self.values.get(name, 0) + amount

    def text(self) -> str:
        """Return all of it in the text format of Prometheus."""
        with self.lock:
            return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield "# TYPE gridcast_requests_total counter"
        for (method, route, status), count in sorted(self.requests.items()):
            yield sample("gridcast_requests_total", {"method": method, "route": route, "status": str(status)}, count)
        yield "# TYPE gridcast_request_seconds histogram"
        for route, counts in sorted(self.seconds.items()):
            limits: Iterable[str] = (*(f"{limit:g}" for limit in BUCKETS), "+Inf")
            for limit, count in zip(limits, (*counts, self.taken[route]), strict=True):
                yield sample("gridcast_request_seconds_bucket", {"route": route, "le": limit}, count)
            yield sample("gridcast_request_seconds_sum", {"route": route}, self.spent[route])
            yield sample("gridcast_request_seconds_count", {"route": route}, self.taken[route])
        for name, value in sorted(self.values.items()):
            yield f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}"
            yield sample(name, {}, value)
        yield "# TYPE process_resident_memory_bytes gauge"
        yield sample("process_resident_memory_bytes", {}, memory())


def sample(name: str, labels: Mapping[str, str], value: float) -> str:
    """Return one line.

    Example:
        >>> sample("requests_total", {"route": "/forecast"}, 3)
        'requests_total{route="/forecast"} 3'
    """
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{name}{{{inside}}} {value:g}" if inside else f"{name} {value:.15g}"


def memory() -> int:
    """Return what the process holds in memory, 0 where that is not told. [bytes]"""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
