"""What the server counts, and how Prometheus reads it (text exposition format 0.0.4).

Labels are bounded: a caller can choose the name of a tool, but a name counts only once a call of it succeeded or
the blueprint offers it; all others are one label.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from seawall.runtime.pipeline.call import Call
from seawall.runtime.pipeline.metrics import Ending

__all__ = ["CONTENT_TYPE", "PATH", "Metrics", "Refused"]

PATH: Final = "/metrics"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

Refused: TypeAlias = Literal[
    "unauthenticated",
    "insufficient_scope",
    "host",
    "origin",
    "headers",
    "body",
    "slow",
    "malformed",
    "connections",
    "sessions",
    "closing",
]
"""Why a request never became a call."""

_OTHER: Final = "_other"
_MOST_NAMES: Final = 1000
_MOST_CODES: Final = 100
_CODE: Final = re.compile(r"[a-z_]{0,40}")
_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(slots=True)
class _Histogram:
    counts: list[int] = field(default_factory=lambda: [0] * (len(_BOUNDS) + 1))
    total: float = 0.0

    def add(self, value: float) -> None:
        self.counts[bisect_left(_BOUNDS, value)] += 1
        self.total += value


class Metrics:
    """The counts of one server; used on the event loop alone.

    Attributes:
        connections: how many are open.
        sessions: says how many sessions of handshake clients are open.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Args: names: the tools that are known beforehand."""
        self.connections = 0
        self.sessions: Callable[[], int] = lambda: 0
        self.subscriptions: Callable[[], int] = lambda: 0
        self._names = set(names)
        self._codes: set[str] = set()
        self._under_way = 0
        self._calls: Counter[tuple[str, str, str, str]] = Counter()
        self._bytes: Counter[tuple[str, str]] = Counter()
        self._seconds: dict[tuple[str, str], _Histogram] = {}
        self._refused: Counter[str] = Counter()

    def began(self) -> None:
        """A call is under way."""
        self._under_way += 1

    def ended(self, call: Call, ending: Ending, *, code: str, seconds: float, size: int) -> None:
        """A call came to its end."""
        self._under_way -= 1
        place = (call.kind, self._name(call, learn=ending == "ok"))
        self._calls[*place, ending, self._code(code)] += 1
        self._bytes[place] += size
        self._seconds.setdefault(place, _Histogram()).add(seconds)

    def refused(self, reason: Refused) -> None:
        """A request was turned away before it became a call."""
        self._refused[reason] += 1

    def text(self) -> str:
        """All of it, as Prometheus reads it."""
        return "\n".join([*self._lines(), ""])

    def _name(self, call: Call, *, learn: bool) -> str:
        if call.kind != "tool":  # the URI of a resource is the caller's choice, also of one that exists
            return _OTHER
        if learn and len(self._names) < _MOST_NAMES:
            self._names.add(call.name)
        return call.name if call.name in self._names else _OTHER

    def _code(self, code: str) -> str:
        if len(self._codes) < _MOST_CODES and _CODE.fullmatch(code):  # a server behind us may have worded it
            self._codes.add(code)
        return code if code in self._codes else _OTHER

    def _lines(self) -> Iterator[str]:
        yield from _head("seawall_calls_total", "counter", "Calls by how they ended.")
        for (kind, name, ending, code), count in sorted(self._calls.items()):
            labels = _labels(kind=kind, name=name, outcome=ending, code=code)
            yield f"seawall_calls_total{labels} {count}"
        yield from _head("seawall_call_seconds", "histogram", "Duration of calls.")
        for (kind, name), histogram in sorted(self._seconds.items()):
            yield from _buckets(histogram, kind=kind, name=name)
        yield from _head("seawall_result_bytes_total", "counter", "Bytes of the results that calls gave.")
        for (kind, name), count in sorted(self._bytes.items()):
            yield f"seawall_result_bytes_total{_labels(kind=kind, name=name)} {count}"
        yield from _head("seawall_calls_in_flight", "gauge", "Calls that are under way.")
        yield f"seawall_calls_in_flight {self._under_way}"
        yield from _head("seawall_http_connections", "gauge", "Connections that are open.")
        yield f"seawall_http_connections {self.connections}"
        yield from _head("seawall_http_sessions", "gauge", "Sessions of handshake clients that are open.")
        yield f"seawall_http_sessions {self.sessions()}"
        yield from _head("seawall_subscriptions", "gauge", "Resources that are subscribed to.")
        yield f"seawall_subscriptions {self.subscriptions()}"
        yield from _head(
            "seawall_http_refused_total", "counter", "Requests that never became a call, by reason."
        )
        for reason, count in sorted(self._refused.items()):
            yield f"seawall_http_refused_total{_labels(reason=reason)} {count}"


def _buckets(histogram: _Histogram, **labels: str) -> Iterator[str]:
    below = 0
    for bound, count in zip([*map(str, _BOUNDS), "+Inf"], histogram.counts, strict=True):
        below += count
        yield f"seawall_call_seconds_bucket{_labels(**labels, le=bound)} {below}"
    yield f"seawall_call_seconds_sum{_labels(**labels)} {histogram.total:.9f}"
    yield f"seawall_call_seconds_count{_labels(**labels)} {below}"


def _head(name: str, kind: str, words: str) -> Iterator[str]:
    yield f"# HELP {name} {words}"
    yield f"# TYPE {name} {kind}"


def _labels(**labels: str) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return (
        value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n").encode(errors="replace").decode()
    )
