"""An HTTP/2 server on loopback (RFC 9113) that tells each request's path and speaks HTTP/1.1 to who does not offer it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

__all__ = ["Http2Server", "serving_http2"]


@dataclass
class Http2Server:
    """A running server.

    Attributes:
        port: on 127.0.0.1.
        requests: protocol, number of the connection, method and path of each.
    """

    port: int = 0
    requests: list[tuple[str, int, str, str]] = field(default_factory=list)
    connections: int = 0

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        try:
            if writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
                await self._h2(reader, writer, number)
            else:
                line = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split(" ")
                self.requests.append(("http/1.1", number, line[0], line[1]))
                writer.write(
                    b"HTTP/1.1 200 x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
                    b"Connection: close\r\n\r\n{}"
                )
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _h2(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    head = dict(event.headers or ())
                    method, path = head[b":method"].decode(), head[b":path"].decode()
                    self.requests.append(("h2", number, method, path))
                if isinstance(event, h2.events.StreamEnded):
                    connection.send_headers(
                        event.stream_id, [(":status", "200"), ("content-type", "application/json")]
                    )
                    connection.send_data(event.stream_id, b"{}", end_stream=True)
            writer.write(connection.data_to_send())
            await writer.drain()


@asynccontextmanager
async def serving_http2(tls: ssl.SSLContext) -> AsyncIterator[Http2Server]:
    """A server that offers both protocols."""
    tls.set_alpn_protocols(["h2", "http/1.1"])
    running = Http2Server()
    server = await asyncio.start_server(running.handle, "127.0.0.1", 0, ssl=tls)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
