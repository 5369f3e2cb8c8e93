"""The service behind both servers: it answers every request at once with the same pet. `python -m benchmarks.apis.upstream`."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from collections.abc import Iterator

import h11

__all__ = ["PET", "upstream"]

PET = b'{"id":7,"name":"doggie","photoUrls":["https://pets.example/7.png"],"status":"available"}'


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("not a stream")
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        while (event := self._http.next_event()) not in (h11.NEED_DATA, h11.PAUSED):
            if isinstance(event, h11.ConnectionClosed):
                self._transport.close()
                return
            if isinstance(event, h11.EndOfMessage):
                self._answer()

    def _answer(self) -> None:
        headers = [("content-type", "application/json"), ("content-length", str(len(PET)))]
        events = (h11.Response(status_code=200, headers=headers), h11.Data(data=PET), h11.EndOfMessage())
        self._transport.write(b"".join(self._http.send(event) or b"" for event in events))
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
        else:
            self._http.start_next_cycle()


@contextlib.contextmanager
def upstream() -> Iterator[str]:
    """Run it as a process of its own; its URL."""
    line = [sys.executable, "-m", __spec__.name]
    process = subprocess.Popen(line, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
    if process.stdin is None or process.stdout is None:
        raise ValueError("the process has no pipes")
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until the other end is closed
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve())
