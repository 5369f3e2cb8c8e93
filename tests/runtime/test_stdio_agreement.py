"""Our transport against FastMCP's own: the same server, the same lines, the same answers.

It also stands guard over two private names of FastMCP that the transport cannot do without (runtime/stdio.py).
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from fastmcp import FastMCP

from runtime.processes import GUARD, command

MODERN = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "t", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("server/discover", {}),
    ("ping", {}),
    ("tools/list", {}),
    ("tools/call", {"name": "greet", "arguments": {"name": "x"}}),
    ("tools/call", {"name": "greet", "arguments": {"name": "x"}, "_meta": {"progressToken": "p"}}),
    ("tools/call", {"name": "greet", "arguments": {}}),
    ("tools/call", {"name": "numbers", "arguments": {"count": 3}}),
    ("tools/call", {"name": "missing", "arguments": {}}),
    ("tools/call", {"name": "absent", "arguments": {}}),
    ("tools/call", {"name": 5}),
    ("tools/call", {}),
    ("prompts/list", {}),
    ("resources/read", {"uri": "nowhere://x"}),
    ("nonsense", {}),
    ("initialize", {}),
]


def opening(version: str) -> list[dict[str, Any]]:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    return [
        {"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": params},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
    ]


def conversation(transport: str, directory: Path, version: str) -> list[Any]:
    """Everything that the server writes, one call after the other."""
    with subprocess.Popen(
        command(transport, directory),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            return _exchanged(process, version)
        finally:
            process.kill()


def _exchanged(process: subprocess.Popen[str], version: str) -> list[Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    modern = version == "2026-07-28"
    seen: list[Any] = []
    requests = [] if modern else opening(version)
    for number, (method, params) in enumerate(CALLS):
        envelope = {"_meta": {**MODERN, **params.get("_meta", {})}} if modern else {}
        requests.append({"jsonrpc": "2.0", "id": number, "method": method, "params": {**params, **envelope}})
    for request in requests:
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        while "id" in request and (not seen or seen[-1].get("id") != request["id"]):
            seen.append(json.loads(process.stdout.readline()))
    process.stdin.close()
    rest = [json.loads(line) for line in process.stdout.read().splitlines()]
    assert process.wait(GUARD) == 0
    return seen + rest


@pytest.mark.whole
@pytest.mark.parametrize("version", ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"])
def test_every_answer_is_that_of_fastmcp(tmp_path: Path, version: str) -> None:
    ours, theirs = (conversation(name, tmp_path, version) for name in ("stdio", "fastmcp-stdio"))
    assert ours == theirs
    assert len(ours) > len(CALLS)


def test_the_private_names_that_the_transport_needs_are_there() -> None:
    """When this fails, FastMCP has moved them: read `run_stdio_async` anew, and change runtime/stdio.py alone."""
    mcp = FastMCP("t")
    assert callable(mcp._lifespan_manager)
    assert callable(mcp._mcp_server.run)
    assert mcp._mcp_server.create_initialization_options().server_name == "t"
