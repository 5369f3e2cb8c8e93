"""The main job on real input: the folder of Python's own standard library, searched, read and listed by each client.

What is right is found out without the server: by walking the folder and reading its files with plain Python.
"""

from __future__ import annotations

import os
import re
import stat
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.blueprints import filesystem_blueprint
from support.clients import NODE_CLIENTS, PYTHON_CLIENTS, Client, Endpoint, Json, connect
from support.servers import serve_http, stdio

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

STDLIB = Path(sysconfig.get_path("stdlib"))
EVERYONE = [
    pytest.param(client, marks=[pytest.mark.node] if client in NODE_CLIENTS else [])
    for client in PYTHON_CLIENTS | NODE_CLIENTS
]
PATTERN = r"^class \w+\((Base)?Exception\):"
LONG_FILE = "pydoc_data/topics.py"


@dataclass(frozen=True)
class Servers:
    """The same blueprint over both transports."""

    stdio: Endpoint
    http: Endpoint


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    directory = tmp_path_factory.mktemp("stdlib")
    limits = 'response_size = "256KiB"\nrequest_timeout = "120s"'
    blueprint = filesystem_blueprint(directory, STDLIB, limits=limits)
    with serve_http(directory / "http.log", blueprint) as listening:
        yield Servers(stdio(directory / "stdio.log", blueprint), listening.endpoint)


@pytest.fixture(scope="module")
def known_matches() -> set[tuple[str, int]]:
    """Path and line of each match, found without the server."""
    pattern = re.compile(PATTERN.encode())
    found = set()
    for folder, folders, files in os.walk(STDLIB):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if name.endswith(".py") and not name.startswith(".") and not path.is_symlink():
                lines = path.read_bytes().split(b"\n")
                relative = path.relative_to(STDLIB).as_posix()
                found |= {(relative, number) for number, line in enumerate(lines, 1) if pattern.search(line)}
    assert len(found) > 100
    return found


@pytest.fixture(scope="module")
def known_entries() -> dict[str, str]:
    """Type of each entry down to two levels, hidden ones left out, found without the server."""
    found: dict[str, str] = {}
    for folder, folders, files in os.walk(STDLIB):
        depth = len(Path(folder).relative_to(STDLIB).parts)
        for name in folders + files:
            if not name.startswith("."):
                path = Path(folder, name)
                found[path.relative_to(STDLIB).as_posix()] = _type(path)
        folders[:] = [name for name in folders if depth < 1 and not name.startswith(".")]
    assert len(found) > 1000
    return found


def _type(path: Path) -> str:
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return "symlink"
    return "directory" if stat.S_ISDIR(mode) else "file"


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("client", EVERYONE)
async def test_a_search_finds_every_match(
    servers: Servers, known_matches: set[tuple[str, int]], client: str, transport: str
) -> None:
    async with connect(client, getattr(servers, transport)) as connection:
        matches = await _pages(connection, "search_files", "matches", {"content": PATTERN, "name": "*.py"})
    found = {(match["path"], match["line"]) for match in matches}
    assert len(found) == len(matches)
    assert found == known_matches


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("client", EVERYONE)
async def test_a_long_file_is_read_page_by_page(servers: Servers, client: str, transport: str) -> None:
    text = ""
    pages = 0
    arguments: Json = {"path": LONG_FILE}
    async with connect(client, getattr(servers, transport)) as connection:
        while True:
            answer = await connection.call("read_file", arguments)
            assert not answer.value["isError"], answer
            text += answer.text.rpartition("\n\n")[0]  # the note comes after the last blank line
            pages += 1
            details = answer.own_meta("result")
            if "next" not in details:
                break
            arguments = {"path": LONG_FILE, "next": details["next"]}
    assert pages > 2
    assert text == (STDLIB / LONG_FILE).read_text()


@pytest.mark.parametrize("transport", ["stdio", "http"])
@pytest.mark.parametrize("client", EVERYONE)
async def test_a_listing_shows_every_entry(
    servers: Servers, known_entries: dict[str, str], client: str, transport: str
) -> None:
    async with connect(client, getattr(servers, transport)) as connection:
        entries = await _pages(connection, "list_directory", "entries", {"depth": 2})
    listed = {entry["path"]: entry["type"] for entry in entries}
    assert len(listed) == len(entries)
    hidden_by_rule = known_entries.keys() - listed.keys()
    assert listed == {path: kind for path, kind in known_entries.items() if path not in hidden_by_rule}
    assert all(_bears_secrets(path) for path in hidden_by_rule), hidden_by_rule


def _bears_secrets(path: str) -> bool:
    """Whether a name is on the built-in list of names that hold keys and passwords, as far as it occurs here."""
    return path.endswith((".pem", ".key"))


async def _pages(client: Client, tool: str, member: str, arguments: Json) -> list[Json]:
    """What all pages have under this name."""
    found: list[Json] = []
    more: Json = {}
    while True:
        answer = await client.call(tool, arguments | more)
        assert not answer.value["isError"], answer
        found += answer.data[member]
        if "next" not in answer.data:
            return found
        more = {"next": answer.data["next"]}
