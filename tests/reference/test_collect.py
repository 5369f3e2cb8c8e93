"""What the documentation says is what the server is: facts that were declared, and no secret."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from runtime.toy import SMALLEST, ToyKind, ToyToolset, assembled
from seawall import errors, reference
from seawall.blueprint import ToolsetDeclaration, parse
from seawall.errors import OperationError
from seawall.reference.answers import _WORDS, answers
from seawall.runtime.assemble import Assembly, build
from seawall.toolsets.interface import Host, Reach, Toolset, ToolsetKind
from seawall.toolsets.registry import installed_kinds

pytestmark = pytest.mark.anyio

KINDS = dict(installed_kinds())  # once, and on no event loop: it reads files

FILES = """\
[server]
name = "files"
purpose = "Files."

[[toolset]]
kind = "filesystem"
name = "notes"
roots = { a = "./a", b = "${ELSEWHERE:-./b}" }
deny = ["*.sql"]
"""


def server(
    text: str,
    kinds: dict[str, ToolsetKind] | None = None,
    *,
    directory: Path = Path("/nowhere"),
    **environment: str,
) -> Assembly:
    known = kinds or KINDS
    models = {name: kind.declaration for name, kind in known.items()}
    return build(
        parse(
            text,
            source="/some/where/seawall.toml",
            directory=directory,
            kinds=models,
            environment=environment,
        ),
        known,
    )


async def pages(assembly: Assembly, **environment: str) -> dict[str, str]:
    return dict(reference.markdown(await reference.collect(assembly, environment=environment)))


async def test_roots_are_told_with_what_narrows_them() -> None:
    found = await reference.collect(server(FILES), environment={})
    assert found.toolsets[0].reach is not None
    assert [(each.what, each.subject, each.access) for each in found.toolsets[0].reach] == [
        ("files", "./a", "read"),
        ("files", "./b", "read"),
    ]
    text = (await pages(server(FILES)))["security.md"]
    assert "callers see it as `a/`" in text
    assert "`*.sql`" in text
    assert "no connections to other systems, no programs that it starts" in text


async def test_no_path_of_this_machine_is_told() -> None:
    """The file's name, and paths as the operator wrote them."""
    assert "/some/where" not in "".join((await pages(server(FILES))).values())


async def test_of_a_kind_that_does_not_say_what_it_reaches_nothing_is_claimed() -> None:
    text = (await pages(assembled()[0]))["security.md"]
    assert "**Nothing can be said about** `toy`" in text
    assert "everything that is not named above" not in text


async def test_a_tool_that_code_added_is_told_as_code() -> None:
    assembly = server(FILES)

    @assembly.mcp.tool
    def mine() -> str:
        """Mine."""
        return ""

    text = (await pages(assembly))["security.md"]
    assert "`mine (a tool)`" in text
    assert "everything that is not named above" not in text


class _Reaching(ToyToolset):
    def reach(self) -> Sequence[Reach]:
        return (Reach("network", "https://user:hunter2@api.example", "connect", ("port 443 alone",)),)


class _ReachingKind(ToyKind):
    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        assert isinstance(declaration, self.declaration)
        return _Reaching(declaration, host)


async def test_another_kind_says_itself_what_it_reaches_and_no_password_passes() -> None:
    text = (await pages(server(SMALLEST, {"toy": _ReachingKind()})))["security.md"]
    assert (
        "| `toy` | connections to other systems | `https://…@api.example` | connect | port 443 alone |"
        in text
    )
    assert "hunter2" not in text
    assert "no files" in text


async def test_secrets_are_in_no_page_wherever_they_came_from() -> None:
    secret = "s3cr3t-value-of-a-token"  # noqa: S105  what the pages must not hold
    text = '[server]\nname = "s"\npurpose = "key ${API_KEY}, ${PLAIN}"\n[http.auth]\nkind = "token"\ntokens = { ci = "env:CI_TOKEN" }\n'
    assembly = server(text, API_KEY=secret, PLAIN=f"it is {secret}2", CI_TOKEN=f"{secret}2")

    @assembly.mcp.tool(description=f"Uses {secret}.")
    def mine() -> str:
        return ""

    for page in (
        await pages(assembly, API_KEY=secret, PLAIN=f"it is {secret}2", CI_TOKEN=f"{secret}2")
    ).values():
        assert secret not in page
    settings = (await pages(assembly, API_KEY=secret, CI_TOKEN=f"{secret}2"))["settings.md"]
    assert '`"env:CI_TOKEN"`' in settings
    assert "| `CI_TOKEN` | a secret | needed |" in settings


async def test_every_setting_is_told_with_default_and_origin() -> None:
    text = (await pages(server(FILES + '[limits]\nrequest_timeout = "5s"\n', ELSEWHERE="./c")))["settings.md"]
    assert '| `request_timeout` | `"5s"` | `"30s"` | file |' in text
    assert "| `workers` | `16` | `16` | default |" in text
    assert (
        '| `roots.b` | `"./c"` | — | file, from ${ELSEWHERE:-./b} |'.replace("$", r"\$")
        .replace("{", r"\{")
        .replace("}", r"\}")
        in text
    )
    assert '| `name` | `"files"` | required | file |' in text


async def test_the_effective_limits_are_those_of_the_incident_steps() -> None:
    text = (await pages(server(FILES + '[limits]\nconcurrency = 7\nqueue = 3\nrate = "9/s"\n')))[
        "operating.md"
    ]
    assert "raise `limits.concurrency` (now `7`) and `limits.queue` (now `3`)" in text
    assert "| Calls of one caller | `limits.rate` | `9/s` | `rate_limited` with the time to wait |" in text


async def test_every_metric_that_the_server_has_is_told() -> None:
    text = (await pages(server(FILES)))["operating.md"]
    names = {
        "seawall_calls_total",
        "seawall_call_seconds",
        "seawall_calls_in_flight",
        "seawall_http_refused_total",
    }
    assert all(f"`{name}`" in text for name in names)


@pytest.mark.parametrize(
    ("http", "told"),
    [
        ("", "Callers are not asked who they are, and have no scopes"),
        (
            '[http]\nhost = "0.0.0.0"\nallow_unauthenticated = true',
            "`http.allow_unauthenticated` leaves that to a proxy",
        ),
        ('[http]\nhost = "0.0.0.0"', "The server refuses to listen there"),
        (
            '[http.auth]\nkind = "token"\ntokens = { ci = "env:CI_TOKEN" }',
            "Callers need one of the tokens of `ci`",
        ),
    ],
)
async def test_who_can_reach_it_is_what_the_blueprint_says(http: str, told: str) -> None:
    assert told in (await pages(server(f"{FILES}\n{http}\n", CI_TOKEN="abcdefgh")))["security.md"]  # noqa: S106


async def test_deployment_is_told_when_its_files_are_there(tmp_path: Path) -> None:
    assert "docker" not in (await pages(server(FILES, directory=tmp_path)))["running.md"]
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "kubernetes" / "base").mkdir(parents=True)
    text = (await pages(server(FILES, directory=tmp_path)))["running.md"]
    assert "docker build --tag files --file Dockerfile ." in text
    assert "kubectl apply --kustomize kubernetes/base" in text
    (tmp_path / "compose.yaml").write_text("services:\n  stdio:\n    image: x\n  http:\n    image: x\n")
    text = (await pages(server(FILES, directory=tmp_path)))["running.md"]
    assert "docker compose run --rm stdio" in text
    assert "docker compose --profile http up --build" in text
    (tmp_path / "compose.yaml").write_text("services:\n  other:\n    image: x\n")
    assert "docker compose up --build" in (await pages(server(FILES, directory=tmp_path)))["running.md"]


async def test_no_operation_runs_and_no_toolset_starts() -> None:
    assembly, toy = assembled()
    await reference.collect(assembly, environment={})
    assert toy.events == []


async def test_every_example_of_our_own_operations_is_told() -> None:
    """One that its own schema refused would be left out silently."""
    for name in ("notes",):
        assembly = server(FILES.replace("roots", 'access = "write"\nroots'))
        found = await reference.collect(assembly, environment={})
        declared = {each.name: each.examples for each in assembly.toolsets[name].operations}
        assert {tool.name: tool.examples for tool in found.tools} == declared


async def test_a_tool_with_scopes_is_told_to_whoever_makes_the_documents() -> None:
    assembly, _ = assembled(SMALLEST + 'scopes = ["a"]\n\n[stdio]\nscopes = []\n')
    found = await reference.collect(assembly, environment={})
    assert {tool.scopes for tool in found.tools} == {("a",)}


def test_every_error_has_words_of_its_own() -> None:
    classes = [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, OperationError) and each.code != "operation_failed"
    ]
    told = answers(classes)
    assert len(told) == len({each.code for each in classes})
    assert all(each.meaning and each.meaning != (errors.OperationError.__doc__ or "") for each in told)
    assert not [each.code for each in told if each.code not in _WORDS]


def test_an_error_of_another_package_is_told_by_its_docstring() -> None:
    class TideError(OperationError):
        """The tide is out.

        More.
        """

        code = "tide_out"

    assert answers([TideError])[0].meaning == "The tide is out."


def test_a_summary_leads_to_the_pages() -> None:
    text = reference.summary(asyncio.run(reference.collect(server(FILES), environment={})), directory="docs")
    assert text.startswith("Files.\n")
    assert "(docs/tools.md#tool-read-file)" in text.replace(r"\_", "_")


async def test_what_is_searched_for_is_told_in_outline() -> None:
    """The list of tools has three, and the page a line for each operation behind them."""
    spec = Path(__file__).parents[1] / "data" / "specs" / "petstore-3.0.yaml"
    api = f'[[toolset]]\nkind = "openapi"\nspec = "{spec}"\nprefix = "p_"\ndiscovery = "search"\n'
    assembly = await asyncio.to_thread(server, f'[server]\nname = "pets"\n\n{api}')
    page = (await pages(assembly))["tools.md"]
    assert "## Found by search: `openapi`" in page
    assert "8 operations that the list of tools does not have" in page
    assert "| `p_getPetById` | Find pet by ID. | changes nothing;" in page
    assert "`petId*`" in page
    assert "addPet" not in page.partition("## Found")[2].partition("## ")[0]  # `access` leaves it out
