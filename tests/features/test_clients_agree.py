"""One scenario, every client, both protocol eras, both transports: the answers are equal to the letter."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.archives import ENDLESS, make_archive
from support.blueprints import filesystem_blueprint
from support.clients import NODE_CLIENTS, PYTHON_CLIENTS, Answer, Client, Endpoint, Json, connect
from support.servers import serve_http, stdio, wait_for_record

pytestmark = [pytest.mark.anyio, pytest.mark.whole]

EVERYWHERE = [
    pytest.param(client, transport, marks=[pytest.mark.node] if client in NODE_CLIENTS else [])
    for client in PYTHON_CLIENTS | NODE_CLIENTS
    for transport in ("stdio", "http")
]
REFERENCE = ("raw-modern", "stdio")
LINES = [f"line {number}: the quick brown fox jumps over the lazy dog" for number in range(1, 2001)]
WRITTEN = "Zeile eins\nß — second line\n"


@dataclass(frozen=True)
class Step:
    """One call of the scenario.

    Attributes:
        outcome: "ok", the code of the error that the tool must answer with, or "cancelled".
        follow: go on with `next` of the answer before.
    """

    tool: str
    arguments: Json
    outcome: str = "ok"
    follow: bool = False
    cancel_after: float | None = None


SCENARIO = (
    Step("read_file", {"path": "project/poem.txt"}),
    Step("read_file", {"path": "project/long.txt", "start_line": 100, "end_line": 110}),
    Step("read_file", {"path": "project/long.txt", "tail": 3}),
    Step("read_file", {"path": "project/long.txt"}),
    Step("read_file", {"path": "project/long.txt"}, follow=True),
    Step("read_file", {"path": "project/picture.bin"}),
    Step("read_file", {"path": "project/latin.txt"}),
    Step("list_directory", {"path": "project", "depth": 3}),
    Step("list_directory", {"path": "project", "depth": 3, "limit": 4}),
    Step("list_directory", {"path": "project", "depth": 3, "limit": 4}, follow=True),
    Step("list_directory", {}),
    Step("search_files", {"path": "project", "content": "line 19[0-9]{2}:", "context": 1}),
    Step("search_files", {"path": "project", "name": "*.txt"}),
    Step("search_files", {"path": "project", "content": "fox", "limit": 7}),
    Step("search_files", {"path": "project", "content": "fox", "limit": 7}, follow=True),
    Step("write_file", {"path": "project/written/new.txt", "content": WRITTEN, "make_parents": True}),
    Step("write_file", {"path": "project/written/new.txt", "content": "other"}, "already_exists"),
    Step("write_file", {"path": "project/written/new.txt", "content": "+\n", "mode": "append"}),
    Step(
        "write_file",
        {"path": "project/written/new.txt", "content": "x", "mode": "overwrite", "expected_hash": "0" * 64},
        "conflict",
    ),
    Step("read_file", {"path": "project/written/new.txt"}),
    Step("read_file", {"path": "project/absent.txt"}, "not_found"),
    Step("read_file", {"path": "project/../../etc/passwd"}, "path_escapes"),
    Step("read_file", {"path": "project/.env"}, "path_denied"),
    Step("search_files", {"path": "project", "content": "SECRET"}),
    Step("drop_tables", {}, "unknown_tool"),
    Step("read_file", {}, "invalid_arguments"),
    Step("read_file", {"path": 5, "colour": "red"}, "invalid_arguments"),
    Step("list_directory", {"depth": 1000}, "invalid_arguments"),
    Step("search_files", {"content": "("}, "invalid_arguments"),
    Step("search_files", {"path": "archive", "content": ENDLESS}, "cancelled", cancel_after=1.0),
    Step("read_file", {"path": "project/poem.txt"}),
)


@dataclass(frozen=True)
class Workspace:
    """The folders that the server offers, and the blueprint that says so."""

    directory: Path
    blueprint: Path
    logs: list[Path] = field(default_factory=list)

    def reset(self) -> None:
        """Undo what a scenario wrote; nothing else changes, so that times and file numbers stay."""
        shutil.rmtree(self.directory / "project" / "written", ignore_errors=True)
        self.settle()

    def settle(self) -> None:
        """Give everything the same time, which answers tell."""
        _set_times(self.directory / "project")

    def new_log(self) -> Path:
        self.logs.append(self.directory / f"log-{len(self.logs)}")
        return self.logs[-1]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    directory = tmp_path_factory.mktemp("agree")
    project, archive = directory / "project", directory / "archive"
    (project / "src" / "inner").mkdir(parents=True)
    (project / "poem.txt").write_text("Roses are red,\nviolets are blue.\n")
    (project / "long.txt").write_text("\n".join(LINES) + "\n")
    (project / "picture.bin").write_bytes(bytes(range(256)) * 4)
    (project / "latin.txt").write_bytes("Grüße aus Köln, schöne Straße\r\nzweite Zeile\r\n".encode("cp1252"))
    (project / ".env").write_text("PASSWORD=SECRET\n")
    (project / "src" / "main.py").write_text("def main() -> None: ...\n")
    (project / "src" / "inner" / "fox.md").write_text("The fox again.\n")
    (project / "link.txt").symlink_to("poem.txt")
    make_archive(archive)
    limits = 'response_size = "64KiB"\nrequest_timeout = "600s"'
    blueprint = filesystem_blueprint(
        directory, {"project": project, "archive": archive}, access="write", limits=limits
    )
    return Workspace(directory, blueprint)


def _set_times(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)


@contextlib.asynccontextmanager
async def _endpoint(workspace: Workspace, transport: str) -> AsyncIterator[Endpoint]:
    log = workspace.new_log()
    if transport == "stdio":
        yield stdio(log, workspace.blueprint)
    else:
        with serve_http(log, workspace.blueprint) as server:
            yield server.endpoint


async def _play(workspace: Workspace, client_name: str, transport: str) -> tuple[list[Json], list[Answer]]:
    """The tools and the answers that this client gets, and the server's own word that the cancel reached it."""
    workspace.reset()
    async with _endpoint(workspace, transport) as endpoint:
        async with connect(client_name, endpoint) as client:
            tools = await client.list_tools()
            answers = await _answers(client, workspace)
        for step in SCENARIO:
            if step.outcome == "cancelled":
                wait_for_record(endpoint.log, name=step.tool, outcome="cancelled")
    return tools, answers


async def _answers(client: Client, workspace: Workspace) -> list[Answer]:
    answers: list[Answer] = []
    for step in SCENARIO:
        arguments = step.arguments | ({"next": _next(answers[-1])} if step.follow else {})
        answers.append(await client.call(step.tool, arguments, cancel_after=step.cancel_after))
        workspace.settle()
    return answers


def _next(answer: Answer) -> str:
    data = answer.value["structuredContent"] or answer.own_meta("result")
    token: str = data["next"]
    return token


@pytest.fixture(scope="module")
async def reference(workspace: Workspace) -> tuple[list[Json], list[Answer]]:
    return await _play(workspace, *REFERENCE)


async def test_the_scenario_goes_as_it_says(
    workspace: Workspace, reference: tuple[list[Json], list[Answer]]
) -> None:
    """Equal answers prove nothing if all are equally wrong: each step of the reference ends as its table says."""
    tools, answers = reference
    assert {tool["name"] for tool in tools} == {"read_file", "write_file", "list_directory", "search_files"}
    for step, answer in zip(SCENARIO, answers, strict=True):
        assert _outcome(answer) == step.outcome, (step, answer)
    assert answers[0].text.startswith("Roses are red,\nviolets are blue.\n")
    assert len(answers[11].data["matches"]) == 100
    assert [match["path"] for match in answers[23].data["matches"]] == []
    assert answers[19].text.startswith(WRITTEN + "+\n")
    assert answers[-1] == answers[0]


def _outcome(answer: Answer) -> str:
    if answer.kind != "result":
        return answer.kind
    return answer.own_meta("error")["code"] if answer.value["isError"] else "ok"


@pytest.mark.parametrize(("client", "transport"), EVERYWHERE)
async def test_every_client_gets_the_same(
    workspace: Workspace, reference: tuple[list[Json], list[Answer]], client: str, transport: str
) -> None:
    tools, answers = await _play(workspace, client, transport)
    assert tools == reference[0]
    for step, answer, expected in zip(SCENARIO, answers, reference[1], strict=True):
        assert answer == expected, step
