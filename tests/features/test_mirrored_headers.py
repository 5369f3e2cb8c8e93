"""A parameter that a schema mirrors into a header (`x-mcp-header`, specification 2026-07-28) says the same in both.

A gateway may route or bill by the header alone. The SDK compares, and would list all tools at every call to find out
with what; Seawall spares it that on a server where no tool mirrors anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

import pytest

from support.clients.raw import headers, request
from support.servers import HttpServer, serve_http

MIRRORING = """
from typing import Annotated
from pydantic import Field

def query(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    return f"asked in {region}"
"""
PLAIN = """
def query(region: str) -> str:
    return f"asked in {region}"
"""
CALL = request("modern", 1, "tools/call", {"name": "query", "arguments": {"region": "north"}})


@pytest.fixture(scope="module", params=[MIRRORING, PLAIN], ids=["mirroring", "plain"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[HttpServer, bool]]:
    """A server with the function, and whether its parameter is mirrored."""
    directory = tmp_path_factory.mktemp("mirrored")
    (directory / "own_tools.py").write_text(request.param)
    (directory / "seawall.toml").write_text(
        '[server]\nname = "x"\n\n[[toolset]]\nkind = "python"\nmodule = "own_tools"\naccess = "write"\n'
    )
    with serve_http(directory / "log", directory / "seawall.toml") as running:
        yield running, request.param is MIRRORING


def answer(server: HttpServer, **extra: str) -> tuple[int, str]:
    return server.send("POST", "/mcp", headers=headers("modern", CALL) | extra, body=CALL)


def test_the_same_in_both_is_served(server: tuple[HttpServer, bool]) -> None:
    status, body = answer(server[0], **{"Mcp-Param-Region": "north"})
    assert (status, "asked in north" in body) == (HTTPStatus.OK, True)


@pytest.mark.parametrize("extra", [{}, {"Mcp-Param-Region": "south"}], ids=["missing", "another value"])
def test_anything_else_is_refused_where_the_parameter_is_mirrored(
    server: tuple[HttpServer, bool], extra: dict[str, str]
) -> None:
    running, mirrored = server
    status, body = answer(running, **extra)
    assert status == (HTTPStatus.BAD_REQUEST if mirrored else HTTPStatus.OK)
    assert ("asked in north" in body) is not mirrored
