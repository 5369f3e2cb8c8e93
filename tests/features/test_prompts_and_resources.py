"""Prompts and resources of a blueprint, as clients of both eras of the protocol meet them."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from anyio import Path as AsyncPath
from fastmcp import Client, FastMCP
from mcp.shared.exceptions import MCPError
from mcp_types import EmbeddedResource, ImageContent, PromptReference, ResourceTemplateReference, TextContent

from seawall.prompts.rendering import GLOBALS
from seawall.security.redact import KNOWN_SECRETS, MARK
from support.loopback import Reply, answer, serving
from support.offers import FILES, made, prompt_text, refused_prompt, refused_read, server

pytestmark = pytest.mark.anyio

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
HEAD = "---\ndescription: D.\n---\n"
"""The smallest head that says something."""

ARGUMENTS = """\
---
title: All types
description: Shows what arguments become.
arguments:
  text: {required: true, description: Any.}
  count: {type: integer, minimum: 1, maximum: 9, default: 3}
  share: {type: number}
  loud: {type: boolean, default: false}
  mood: {choices: [calm, stormy], default: calm}
  place: {type: path}
---
{{ text }}/{{ count + 1 }}/{{ share }}/{% if loud %}LOUD{% else %}soft{% endif %}/{{ mood }}/{{ place }}
"""


@pytest.fixture(params=["legacy", "2026-07-28"])
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


async def test_arguments_become_what_their_types_say_and_defaults_stand_in(tmp_path: Path, era: Any) -> None:
    async with Client(await server(made(tmp_path, prompts={"all": ARGUMENTS})), mode=era) as client:
        assert await prompt_text(client, "all", {"text": "a"}) == "a/4//soft/calm/"
        given = {"text": "b", "count": "8", "share": "0.5", "loud": "TRUE", "mood": "stormy", "place": "x/y"}
        assert await prompt_text(client, "all", given) == "b/9/0.5/LOUD/stormy/x/y"
        listed = (await client.list_prompts())[0]
        missing = await refused_prompt(client, "all")
    assert missing.code == -32602
    assert "text is missing" in missing.message
    assert (listed.name, listed.title) == ("all", "All types")
    assert [(each.name, bool(each.required)) for each in listed.arguments or ()] == [
        ("text", True),
        ("count", False),
        ("share", False),
        ("loud", False),
        ("mood", False),
        ("place", False),
    ]
    assert (listed.arguments or [])[4].description == "(one of: calm, stormy; default: calm)"


async def test_an_argument_that_was_not_given_can_be_asked_for_in_each_usual_way(tmp_path: Path) -> None:
    head = "---\ndescription: D.\narguments:\n  path: {type: path}\n---\n"
    ways = {
        "defined": "{% if path is defined %}{{ file(path) }}{% else %}-{% endif %}",
        "true": "{% if path %}{{ file(path) }}{% else %}-{% endif %}",
        "default": "{{ file(path|default('a.txt')) }}",
        "careless": "{{ file(path) }}",
    }
    prompts = {name: head + text for name, text in ways.items()}
    path = made(tmp_path, FILES, prompts=prompts, files={"files/a.txt": "tide"})
    async with Client(await server(path)) as client:
        assert [await prompt_text(client, name, {}) for name in ("defined", "true")] == ["-", "-"]
        for name, given in (("defined", {"path": "a.txt"}), ("true", {"path": "a.txt"}), ("default", {})):
            assert "tide" in await prompt_text(client, name, given)
        careless = (await refused_prompt(client, "careless")).message
        unknown = (await refused_prompt(client, "true", {"pth": "x"})).message
    assert "line 6: file is called with nothing, or with another value, where it takes a text. " in careless
    assert "{% if path %}" in careless
    assert "there is no argument 'pth'. Correct them, and ask again." in unknown


TREES = {
    "workspace.tree()": ["a.txt", "sub/", "sub/b.txt", "sub/deep/"],
    "workspace.tree(depth=1)": ["a.txt", "sub/"],
    "workspace.tree(depth=3)": ["a.txt", "sub/", "sub/b.txt", "sub/deep/", "sub/deep/c.txt"],
    "workspace.tree('sub')": ["sub/b.txt", "sub/deep/", "sub/deep/c.txt"],
    "workspace.tree('sub', depth=1)": ["sub/b.txt", "sub/deep/"],
    "workspace.tree(path='sub', depth=1)": ["sub/b.txt", "sub/deep/"],
    "workspace.tree(depth=1, path='sub')": ["sub/b.txt", "sub/deep/"],
}


@pytest.mark.parametrize("spelling", TREES)
async def test_a_tree_is_asked_for_with_and_without_a_directory(spelling: str, tmp_path: Path) -> None:
    files = {"files/a.txt": "", "files/sub/b.txt": "", "files/sub/deep/c.txt": ""}
    path = made(tmp_path, FILES, prompts={"p": f"{HEAD}{{{{ {spelling} }}}}"}, files=files)
    async with Client(await server(path)) as client:
        lines = (await prompt_text(client, "p")).splitlines()
    assert [each for each in lines[2:] if "data-" not in each] == TREES[spelling]


async def test_a_prompt_of_several_roles_files_and_pictures(tmp_path: Path, era: Any) -> None:
    prompt = (
        "---\ndescription: D.\nmessages:\n  - role: user\n    text: |\n      See {{ embed('a.png') }} and\n"
        "      {{ embed('notes.md') }}\n  - role: assistant\n    text: Yes, {{ caller.principal }} of {{ server.name }}.\n"
        "---\n"
    )
    path = made(tmp_path, FILES, prompts={"p": prompt}, files={"files/a.png": PNG, "files/notes.md": "# N"})
    async with Client(await server(path), mode=era) as client:
        messages = (await client.get_prompt_mcp("p")).messages
    kinds = [(each.role, type(each.content)) for each in messages]
    assert kinds == [
        ("user", TextContent),
        ("user", ImageContent),
        ("user", TextContent),
        ("user", EmbeddedResource),
        ("assistant", TextContent),
    ]
    picture, embedded, said = messages[1].content, messages[3].content, messages[4].content
    assert isinstance(picture, ImageContent)
    assert (base64.b64decode(picture.data), picture.mime_type) == (PNG, "image/png")
    assert isinstance(embedded, EmbeddedResource)
    assert embedded.resource.model_dump(exclude_none=True) == {
        "uri": "file:///notes.md",
        "mime_type": "text/markdown",
        "text": "# N",
    }
    assert isinstance(said, TextContent)
    assert said.text == "Yes, local of offers."


async def test_the_uri_of_an_embedded_file_is_one(tmp_path: Path) -> None:
    files = {"files/.a b#c.md": "x"}
    path = made(tmp_path, FILES, prompts={"p": "---\ntitle: P\n---\n{{ embed('./.a b#c.md') }}"}, files=files)
    async with Client(await server(path)) as client:
        (message,) = (await client.get_prompt_mcp("p")).messages
    assert isinstance(message.content, EmbeddedResource)
    assert str(message.content.resource.uri) == "file:///.a%20b%23c.md"


SCOPED_PROMPT = "---\ndescription: D.\nscopes: [a:b]\narguments:\n  x: {choices: [one]}\n---\nsecret {{ x }}"
SCOPED_RESOURCES = (
    '[[resource]]\nuri = "s://one"\ntext = "secret"\nscopes = ["a:b"]\n'
    '[[resource]]\nuri = "s://dir/{page*}"\ndirectory = "files"\nscopes = ["a:b"]\n'
)


async def test_who_lacks_a_scope_neither_sees_gets_reads_nor_completes(tmp_path: Path, era: Any) -> None:
    """What is hidden answers as what does not exist, also where a prompt asks for it."""
    prompts = {"hidden": SCOPED_PROMPT, "asks": f"{HEAD}{{{{ embed('s://one') }}}}", "open": f"{HEAD}well"}
    path = made(tmp_path, FILES + SCOPED_RESOURCES, prompts=prompts, files={"files/a.txt": "secret"})
    path.write_text(path.read_text() + "\n[stdio]\nscopes = []\n")
    prompt = PromptReference(type="ref/prompt", name="hidden")
    template = ResourceTemplateReference(type="ref/resource", uri="s://dir/{page*}")
    file = ResourceTemplateReference(type="ref/resource", uri="s://one")
    async with Client(await server(path), mode=era) as client:
        assert [each.name for each in await client.list_prompts()] == ["asks", "open"]
        assert await client.list_resources() == []
        assert await client.list_resource_templates() == []
        hidden, never = await refused_prompt(client, "hidden"), await refused_prompt(client, "nevers")
        assert (hidden.code, hidden.message) == (never.code, never.message.replace("nevers", "hidden"))
        for uri in ("s://one", "s://dir/a.txt"):
            missing = await refused_read(client, "s://two")
            refused = await refused_read(client, uri)
            assert (refused.code, refused.message) == (missing.code, missing.message.replace("s://two", uri))
        assert "embed: Resource not found: 's://one'" in (await refused_prompt(client, "asks")).message
        for reference in (prompt, template, file):
            with pytest.raises(MCPError, match="Unknown reference: ") as unknown:
                await client.complete(reference, {"name": "x", "value": ""})
            assert unknown.value.error.code == -32602


async def test_every_member_that_templates_may_name_is_there(tmp_path: Path, era: Any) -> None:
    """Those of functions apart, which are called. Nothing but their names is known when a blueprint is read."""
    named = [f"{name}.{each}" for name in ("server", "caller", "now") for each in sorted(GLOBALS[name] or ())]
    text = "".join(f"{each}={{{{ {each} }}}}.\n" for each in named)
    path = made(tmp_path, FILES, prompts={"all": HEAD + text}, files={"files/a.txt": "a"})
    async with Client(await server(path), mode=era) as client:
        lines = (await prompt_text(client, "all")).splitlines()
    assert [line.partition("=")[0] for line in lines] == named
    assert f"server.name={(await server(path)).name}." in lines


@pytest.mark.parametrize("order", ["open first", "closed first"])
async def test_a_uri_that_fits_two_templates_needs_the_scopes_of_both(order: str, tmp_path: Path) -> None:
    """Whichever stands first in the blueprint: what no list shows is not read either."""
    parts = [
        '[[resource]]\nuri = "doc://{page*}"\ndirectory = "all"\n',
        '[[resource]]\nuri = "doc://secret/{page*}"\ndirectory = "few"\nscopes = ["a:b"]\n',
    ]
    blueprint = "".join(parts if order == "open first" else reversed(parts)) + "[stdio]\nscopes = []\n"
    files = {"all/a.md": "for all", "all/secret/a.md": "secret", "few/a.md": "secret"}
    async with Client(await server(made(tmp_path, blueprint, files=files))) as client:
        assert [str(each.uri) for each in await client.list_resources()] == ["doc://a.md"]
        found: Any = await client.read_resource_mcp("doc://a.md")
        assert found.contents[0].text == "for all"
        error = await refused_read(client, "doc://secret/a.md")
    assert error.message == "Resource not found: 'doc://secret/a.md'"


async def test_a_file_that_is_not_there_now_stands_in_no_list(tmp_path: Path, era: Any) -> None:
    """Whatever stands in its place; it is back with the file."""
    path = made(tmp_path, '[[resource]]\nuri = "s://a"\nfile = "a.md"\n', files={"a.md": "one"})
    file = AsyncPath(tmp_path / "a.md")
    async with Client(await server(path), mode=era) as client:

        async def listed() -> list[int | None]:
            return [each.size for each in await client.list_resources()]

        assert await listed() == [3]
        await file.unlink()
        assert await listed() == []
        assert (await refused_read(client, "s://a")).message == "Resource not found: 's://a'"
        await file.mkdir()
        assert await listed() == []
        await file.rmdir()
        await file.symlink_to("/etc/passwd")
        assert await listed() == []
        await file.unlink()
        await file.write_text("three")
        assert await listed() == [5]


async def test_a_tool_that_a_caller_may_not_use_is_not_there_for_their_prompts(tmp_path: Path) -> None:
    toolset = FILES + 'scopes = ["files:read"]\n'
    prompt = f"{HEAD}{{{{ file('a.txt') }}}}"
    path = made(tmp_path, toolset, prompts={"p": prompt}, files={"files/a.txt": "secret"})
    async with Client(await server(path)) as client:
        assert "secret" in await prompt_text(client)
    path.write_text(path.read_text() + "\n[stdio]\nscopes = []\n")
    async with Client(await server(path)) as client:
        error = await refused_prompt(client)
    assert "There is no tool named 'read_file'" in error.message
    assert "secret" not in error.message


async def test_arguments_are_completed_by_choices_truth_and_paths(tmp_path: Path, era: Any) -> None:
    path = made(
        tmp_path,
        FILES,
        prompts={"all": ARGUMENTS},
        files={"files/docs/a.md": "", "files/docs/b.md": "", "files/data.csv": "", "files/.env": "KEY=1"},
    )
    reference = PromptReference(type="ref/prompt", name="all")
    expected = {
        ("mood", ""): ["calm", "stormy"],
        ("mood", "ST"): ["stormy"],
        ("mood", "orm"): ["stormy"],
        ("mood", "x"): [],
        ("loud", "t"): ["true"],
        ("text", "a"): [],
        ("nothing", "a"): [],
        ("place", ""): ["data.csv", "docs/"],
        ("place", "d"): ["data.csv", "docs/"],
        ("place", "docs/b"): ["docs/b.md"],
        ("place", ".e"): [],
        ("place", "../"): [],
        ("place", "/"): [],
        ("place", "nope/"): [],
    }
    async with Client(await server(path), mode=era) as client:
        found = {
            key: (await client.complete(reference, {"name": key[0], "value": key[1]})).values
            for key in expected
        }
    assert found == expected


KINDS: Mapping[str, tuple[str, str | bytes, str]] = {
    "a.md": ("text/markdown", "# A\n", "text"),
    "b.json": ("application/json", "{}", "text"),
    "c.png": ("image/png", PNG, "blob"),
    "d.bin": ("application/octet-stream", b"\x00\xff", "blob"),
    "e.svg": ("image/svg+xml", "<svg/>", "text"),
    "f.txt": ("text/plain", "\N{SNOWMAN}", "text"),
    "g.txt": ("text/plain", b"\xff\xfe\x00", "blob"),
    "h": ("text/plain", "no suffix", "text"),
}


async def test_files_are_listed_with_size_time_and_type_and_read_as_what_they_are(
    tmp_path: Path, era: Any
) -> None:
    blueprint = '[[resource]]\nuri = "d://{page*}"\ndirectory = "d"\naudience = ["assistant"]\npriority = 0.25\ncache = "1m"\n'
    path = made(tmp_path, blueprint, files={f"d/{name}": content for name, (_, content, _) in KINDS.items()})
    async with Client(await server(path), mode=era) as client:
        listed = {str(each.uri): each for each in await client.list_resources()}
        assert sorted(listed) == [f"d://{name}" for name in sorted(KINDS)]
        for name, (media_type, content, form) in KINDS.items():
            entry = listed[f"d://{name}"]
            data = content if isinstance(content, bytes) else content.encode()
            assert entry.size == len(data)
            assert entry.annotations is not None
            assert (entry.annotations.audience, entry.annotations.priority) == (["assistant"], 0.25)
            assert (entry.annotations.last_modified or "").endswith("Z")
            result: Any = await client.read_resource_mcp(f"d://{name}")
            only = result.contents[0]
            assert (only.mime_type, hasattr(only, "text")) == (media_type, form == "text")
            assert (only.text.encode() if form == "text" else base64.b64decode(only.blob)) == data
            kept = (result.ttl_ms, result.cache_scope)
            assert kept == ((60_000, "private") if era == "2026-07-28" else (0, "private"))
        template = (await client.list_resource_templates())[0]
    assert template.mime_type is None


async def test_lists_come_in_pages_and_are_whole(tmp_path: Path, era: Any) -> None:
    resources = "".join(f'[[resource]]\nuri = "r://{number}"\ntext = "x"\n' for number in range(7))
    prompts = {f"p{number}": f"{HEAD}t" for number in range(7)}
    path = made(tmp_path, f"{resources}\n[limits]\npage_size = 3\n", prompts=prompts)
    async with Client(await server(path), mode=era) as client:
        first = await client.list_resources_mcp()
        assert (len(first.resources), first.next_cursor is not None) == (3, True)
        assert len(await client.list_resources()) == len(await client.list_prompts()) == 7


async def test_a_file_that_is_missing_is_told_before_anything_is_served(tmp_path: Path) -> None:
    path = made(tmp_path, '[[resource]]\nuri = "f://x"\nfile = "nope.md"\n')
    with pytest.raises(Exception, match=r"nope\.md.*does not exist"):
        async with Client(await server(path)) as client:
            await client.list_resources()


async def _never(writer: asyncio.StreamWriter) -> None:
    """Answer after everybody has gone."""
    del writer
    await asyncio.sleep(30)


async def test_a_page_is_fetched_through_the_guard_and_nothing_of_the_caller_goes_there(
    tmp_path: Path,
) -> None:
    replies: dict[str, Reply] = {
        "/page": answer(b'{"a": 1}', "Content-Type: application/json; charset=utf-8"),
        "/odd": answer(b"text", 'Content-Type: text/plain"> \x9b2J'),
        "/large": answer(b"x" * 2000),
        "/moved": answer(b"", "Location: /page", status=302),
        "/gone": answer(b"who asks?", status=410),
        "/nowhere": answer(b"who asks?", status=404),
        "/slow": _never,
    }
    async with serving(replies) as pages:
        own = f'url = "http://127.0.0.1:{pages.port}'
        lent = 'networks = ["127.0.0.1/32"]\n'
        blueprint = (
            f'[[resource]]\nuri = "w://page"\n{own}/page"\n{lent}'
            f'[[resource]]\nuri = "w://odd"\n{own}/odd"\n{lent}'
            f'[[resource]]\nuri = "w://closed"\n{own}/page"\n'
            f'[[resource]]\nuri = "w://large"\n{own}/large"\n{lent}max_size = 1000\n'
            f'[[resource]]\nuri = "w://moved"\n{own}/moved"\n{lent}'
            f'[[resource]]\nuri = "w://gone"\n{own}/gone"\n{lent}'
            f'[[resource]]\nuri = "w://nowhere"\n{own}/nowhere"\n{lent}'
            f'[[resource]]\nuri = "w://slow"\n{own}/slow"\n{lent}timeout = "200ms"\n'
        )
        async with Client(await server(made(tmp_path, blueprint))) as client:
            found: Any = await client.read_resource_mcp("w://page")
            assert (found.contents[0].text, found.contents[0].mime_type) == ('{"a": 1}', "application/json")
            odd: Any = await client.read_resource_mcp("w://odd")
            assert odd.contents[0].mime_type == "text/plain"
            refused = {
                uri: (await refused_read(client, uri)).message
                for uri in ("w://closed", "w://gone", "w://large", "w://moved", "w://nowhere", "w://slow")
            }
    assert "[connection_denied]" in refused["w://closed"]
    assert "[response_too_large]" in refused["w://large"]
    assert "[upstream_unavailable]" in refused["w://moved"]
    assert "[deadline_exceeded]" in refused["w://slow"]
    for uri in ("w://gone", "w://nowhere"):
        assert refused[uri] == f"Resource not found: {uri!r}"
    names = {line.partition(":")[0].lower() for line in pages.heads[0].splitlines()[1:] if line}
    assert names <= {"host", "user-agent", "accept", "accept-encoding", "connection"}


async def test_two_callers_at_once_get_each_their_own_marks(tmp_path: Path) -> None:
    path = made(tmp_path, FILES, prompts={"p": f"{HEAD}{{{{ file('a.txt') }}}}"}, files={"files/a.txt": "x"})
    mcp: FastMCP[Any] = await server(path)
    async with Client(mcp) as one, Client(mcp) as other:
        texts = await asyncio.gather(*(prompt_text(each) for each in (one, other) * 20))
    assert len(set(texts)) == 40


TEXTS = """
import seawall

@seawall.operation(read_only=True)
def letter() -> str:
    \"\"\"Read a letter.\"\"\"
    return "Dear all,\\n\\nthe key is letter-key-4711.\\n\\n[Yours]"
"""


async def test_a_prompt_has_the_whole_text_of_a_tool_and_no_note(tmp_path: Path) -> None:
    """Whether or not the tool says something behind it, and with secrets taken out of both."""
    KNOWN_SECRETS.add("letter-key-4711")
    (tmp_path / "text_tools.py").write_text(TEXTS)
    toolsets = f'{FILES}[[toolset]]\nkind = "python"\nmodule = "text_tools"\n'
    prompts = {
        "without": f"{HEAD}{{{{ tool('letter') }}}}",
        "with": f"{HEAD}{{{{ tool('read_file', path='a.txt') }}}}",
    }
    path = made(tmp_path, toolsets, prompts=prompts, files={"files/a.txt": "One letter-key-4711.\n\n[Two]"})
    async with Client(await server(path)) as client:
        assert f">\nDear all,\n\nthe key is {MARK}.\n\n[Yours]\n</data-" in await prompt_text(
            client, "without"
        )
        assert f">\nOne {MARK}.\n\n[Two]\n</data-" in await prompt_text(client, "with")


async def test_a_prompt_may_ask_for_what_is_searched_for(tmp_path: Path) -> None:
    """By the tools of the search, and by the operation's own name."""
    (tmp_path / "text_tools_2.py").write_text(TEXTS)
    toolset = '[[toolset]]\nkind = "python"\nmodule = "text_tools_2"\ndiscovery = "search"\n'
    prompts = {
        "finds": f"{HEAD}{{{{ tool('search_operations', query='letter') }}}}",
        "calls": f"{HEAD}{{{{ tool('call_operation', name='letter') }}}}",
        "asks": f"{HEAD}{{{{ tool('letter') }}}}",
    }
    async with Client(await server(made(tmp_path, toolset, prompts=prompts))) as client:
        assert "letter (reads)" in await prompt_text(client, "finds")
        assert "Dear all" in await prompt_text(client, "calls")
        assert "Dear all" in await prompt_text(client, "asks")
