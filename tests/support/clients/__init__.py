"""Clients that we did not write, and one that is only JSON lines, behind one interface."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

from support.clients import fastmcp_client, node, raw
from support.clients.interface import Answer, Client, Endpoint, Era, Json

__all__ = ["NODE_CLIENTS", "PYTHON_CLIENTS", "Answer", "Client", "Endpoint", "Era", "Json", "connect"]

Connect = Callable[[Endpoint], AbstractAsyncContextManager[Client]]

PYTHON_CLIENTS: dict[str, Connect] = {
    "raw-handshake": partial(raw.connect, era="handshake"),
    "raw-modern": partial(raw.connect, era="modern"),
    "fastmcp-handshake": partial(fastmcp_client.connect, era="handshake"),
    "fastmcp-modern": partial(fastmcp_client.connect, era="modern"),
}
NODE_CLIENTS: dict[str, Connect] = {
    "sdk1-handshake": partial(node.connect, era="handshake", driver="sdk_1"),
    "client2-handshake": partial(node.connect, era="handshake", driver="client_2"),
    "client2-modern": partial(node.connect, era="modern", driver="client_2"),
}


def connect(name: str, endpoint: Endpoint) -> AbstractAsyncContextManager[Client]:
    """A connection of the client of that name."""
    return (PYTHON_CLIENTS | NODE_CLIENTS)[name](endpoint)
