"""A small gRPC service on which the blueprint beside it can be tried: `python tides.py [PORT]`."""

from __future__ import annotations

import datetime as dt
import math
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeAlias

import grpc

sys.path.insert(0, str(Path(__file__).parent))
messages, services = grpc.protos_and_services("protos/tides.proto")

Message: TypeAlias = Any  # its classes are made of the description when this is imported
_TIDE = dt.timedelta(hours=12, minutes=25)
_MOST_HOURS = 1000


class Tides(services.TidesServicer):
    """Computes the water, and keeps alarms until it ends."""

    def __init__(self) -> None:
        self._alarms: dict[tuple[int, str], int] = {}

    def GetLevel(self, request: Message, context: grpc.ServicerContext) -> Message:  # noqa: N802  the description's name
        at = request.at.ToDatetime(dt.UTC) if request.HasField("at") else dt.datetime.now(dt.UTC)
        return _level(_gauge(request, context), at)

    def ListLevels(self, request: Message, context: grpc.ServicerContext) -> Iterator[Message]:  # noqa: N802  see above
        if not 0 <= request.hours <= _MOST_HOURS:
            context.abort(grpc.StatusCode.OUT_OF_RANGE, f"hours is from 0 to {_MOST_HOURS}")
        gauge, first = _gauge(request, context), getattr(request, "from").ToDatetime(dt.UTC)
        for hour in range(request.hours):
            yield _level(gauge, first + dt.timedelta(hours=hour))

    def SetAlarm(self, request: Message, context: grpc.ServicerContext) -> Message:  # noqa: N802  see above
        whom = request.WhichOneof("whom")
        if whom is None:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "say whom to call: phone or mail")
        key = _gauge(request, context), getattr(request, whom)
        self._alarms[key] = request.above
        return messages.Alarm(name=f"alarms/{len(self._alarms)}")


def _gauge(request: Message, context: grpc.ServicerContext) -> int:
    if request.gauge not in {messages.GAUGE_LOCK, messages.GAUGE_MOLE}:
        context.abort(grpc.StatusCode.NOT_FOUND, "there is no such gauge")
    return int(request.gauge)


def _level(gauge: int, at: dt.datetime) -> Message:
    turn = 2 * math.pi * (at.timestamp() / _TIDE.total_seconds() + gauge / 20)
    level = messages.Level(gauge=gauge, millimetres=round(2000 + 1500 * math.sin(turn)))
    level.at.FromDatetime(at)
    return level


def main(port: int) -> None:
    """Listen on loopback until SIGTERM or Ctrl-C; its first line of output says where."""
    server = grpc.server(ThreadPoolExecutor(8))
    services.add_TidesServicer_to_server(Tides(), server)
    port = server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    sys.stdout.write(f"http://127.0.0.1:{port}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: server.stop(1))
    try:
        server.wait_for_termination()
    except KeyboardInterrupt:
        server.stop(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50051)
