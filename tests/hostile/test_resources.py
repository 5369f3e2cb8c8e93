"""URIs that lead out, contents that are too much, and words that hide something: one answer for whatever is not there."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client
from mcp_types import ResourceTemplateReference

import seawall
from seawall.errors import BlueprintError
from support.offers import FILES, made, refused_read, server

pytestmark = pytest.mark.anyio

HANDBOOK = '[[resource]]\nuri = "handbook://{page*}"\ndirectory = "handbook"\n'
CODES = {"legacy": -32002, "2026-07-28": -32602}


@pytest.fixture(params=sorted(CODES))
def era(request: pytest.FixtureRequest) -> Any:
    return request.param


def world(directory: Path) -> Path:
    """A handbook with what attackers look for inside, around and beside it."""
    path = made(
        directory,
        HANDBOOK + 'deny = ["drafts/"]\n',
        files={
            "handbook/start.md": "# Start",
            "handbook/deep/er.md": "deeper",
            "handbook/drafts/plan.md": "secret",
            "handbook/.env": "KEY=secret",
            "handbook/id_rsa": "secret",
            "secret.txt": "secret",
            "handbook-two/other.md": "secret",
        },
    )
    handbook = directory / "handbook"
    (handbook / "out").symlink_to(directory / "secret.txt")
    (handbook / "up").symlink_to(directory)
    (handbook / "root").symlink_to("/")
    (handbook / "in").symlink_to("start.md")
    os.mkfifo(handbook / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(handbook)  # the address of a socket is short
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
    return path


TRAVERSALS = (
    "handbook://../secret.txt",
    "handbook://..",
    "handbook://.",
    "handbook://",
    "handbook:///etc/passwd",
    "handbook:////etc/passwd",
    "handbook://deep/../../secret.txt",
    "handbook://deep/../start.md",
    "handbook://./start.md",
    "handbook://deep//er.md",
    "handbook://start.md/",
    "handbook://%2e%2e/secret.txt",
    "handbook://%2E%2E/secret.txt",
    "handbook://.%2e/secret.txt",
    "handbook://%2e%2e%2fsecret.txt",
    "handbook://..%2fsecret.txt",
    "handbook://..%5csecret.txt",
    "handbook://..\\secret.txt",
    "handbook://deep%2fer.md",
    "handbook://%2fetc%2fpasswd",
    "handbook://%252e%252e/secret.txt",
    "handbook://%25252e%25252e%252fsecret.txt",
    "handbook://%c0%ae%c0%ae/secret.txt",
    "handbook://%c0%af..%c0%afsecret.txt",
    "handbook://%e0%80%ae%e0%80%ae/secret.txt",
    "handbook://\uff0e\uff0e/secret.txt",
    "handbook://\u2025/secret.txt",
    "handbook://..;/secret.txt",
    "handbook://..%00/secret.txt",
    "handbook://start.md%00.txt",
    "handbook://start.md%0a",
    "handbook://start.md%",
    "handbook://start.md%2",
    "handbook://start.md%zz",
    "handbook://%u002e%u002e/secret.txt",
    "handbook://start.md?x=1",
    "handbook://start.md#x",
    "handbook://user@start.md",
    "handbook://start.md:80",
    "HANDBOOK://start.md",
    "handbook:start.md",
    "file:///etc/passwd",
    "handbook://C:/secret.txt",
    "handbook://\\\\host\\share",
    "handbook://out",
    "handbook://up/secret.txt",
    "handbook://root/etc/passwd",
    "handbook://drafts/plan.md",
    "handbook://DRAFTS/plan.md",
    "handbook://.env",
    "handbook://%2eenv",
    "handbook://.ENV",
    "handbook://id_rsa",
    "handbook://../handbook-two/other.md",
    "handbook://pipe",
    "handbook://socket",
    "handbook://deep",
    "handbook://nope.md",
    "handbook://start.md%20",
    "handbook://" + "a" * 300,
    "handbook://" + "a/" * 3000,
    "handbook://%f0%9f%92%a9%80",
    "handbook://\x1b[2J",
    "handbook://a\u202eb",
    "handbook://{page*}",
)


async def test_every_uri_that_is_none_gets_the_same_answer(tmp_path: Path, era: Any) -> None:
    """Out of the directory, denied, no file, never there: nobody can tell which, in the words of each protocol."""
    wrong = {}
    async with Client(await server(world(tmp_path)), mode=era) as client:
        for uri in TRAVERSALS:
            error = await refused_read(client, uri)
            expected = (CODES[era], f"Resource not found: {uri!r}", {"uri": uri})
            if (error.code, error.message, error.data) != expected:
                wrong[uri] = error
        sound: Any = await client.read_resource_mcp("handbook://start.md")
        assert sound.contents[0].text == "# Start"
    assert wrong == {}


@pytest.mark.parametrize(
    "uri",
    ["x://" + "-a" * 2000, "x://" + "-a" * 400_000, "note://" + "-a" * 400_000],
    ids=["short", "long", "of code"],
)
async def test_a_uri_that_could_fit_in_many_ways_fits_in_none_at_once(
    uri: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """With several variables in one segment, of the blueprint and of code; trying all ways would take hours."""
    module = f"many_ways_{request.node.callspec.indices['uri']}"
    text = "def three(a: str, b: str, c: str) -> str:\n    return a + b + c\n"
    blueprint = f'[[resource]]\nuri = "x://{{a}}-{{b}}-{{c}}.md"\nfunction = "{module}:three"\n'
    mcp = await server(made(tmp_path, blueprint, files={f"{module}.py": text}))

    @mcp.resource("note://{a}-{b}-{c}.md")
    def note(a: str, b: str, c: str) -> str:
        return a + b + c

    async with Client(mcp) as client:
        assert (await refused_read(client, uri)).message == f"Resource not found: {uri!r}"
        found: Any = await client.read_resource_mcp("x://1-2-3.md")
        assert found.contents[0].text == "123"


async def test_a_link_that_stays_inside_is_followed_and_names_are_read_as_they_are(tmp_path: Path) -> None:
    path = world(tmp_path)
    (tmp_path / "handbook" / "100%ä b.md").write_text("named")
    (tmp_path / "handbook" / "%2e%2e").write_text("a name")
    async with Client(await server(path)) as client:
        for uri, text in (
            ("handbook://in", "# Start"),
            ("handbook://100%25%C3%A4%20b.md", "named"),
            ("handbook://%252e%252e", "a name"),
        ):
            found: Any = await client.read_resource_mcp(uri)
            assert found.contents[0].text == text
        listed = {str(each.uri) for each in await client.list_resources()}
    assert {"handbook://100%25%C3%A4%20b.md", "handbook://%252e%252e", "handbook://deep/er.md"} <= listed
    assert not any(
        word in uri for uri in listed for word in ("secret", "env", "drafts", "id_rsa", "out", "pipe")
    )


BEGINNINGS = (
    "..",
    "../",
    "/",
    "/etc/",
    "up/",
    "root/etc/",
    "drafts/",
    ".e",
    "%2e%2e/",
    "\x00",
    "a" * 5000,
    "deep/../",
)


@pytest.mark.parametrize("begun", BEGINNINGS, ids=range(len(BEGINNINGS)))
async def test_completion_leads_nowhere_that_reading_does_not(begun: str, tmp_path: Path) -> None:
    reference = ResourceTemplateReference(type="ref/resource", uri="handbook://{page*}")
    async with Client(await server(world(tmp_path))) as client:
        found = await client.complete(reference, {"name": "page", "value": begun})
        assert found.values == []
        assert (await client.complete(reference, {"name": "page", "value": "dee"})).values == ["deep/"]
        assert (await client.complete(reference, {"name": "page", "value": "deep/"})).values == ["deep/er.md"]


async def test_a_hundred_values_at_most_are_completed_and_that_there_are_more_is_said(tmp_path: Path) -> None:
    path = made(tmp_path, HANDBOOK, files={f"handbook/p{number:04}.md": "" for number in range(150)})
    reference = ResourceTemplateReference(type="ref/resource", uri="handbook://{page*}")
    async with Client(await server(path)) as client:
        found = await client.complete(reference, {"name": "page", "value": "p"})
    assert (len(found.values), found.values[0], found.has_more) == (100, "p0000.md", True)


async def test_a_large_tree_is_listed_in_part_and_a_deep_one_ends(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"handbook/{number:04}.md": "" for number in range(1100)}
    path = made(tmp_path, HANDBOOK, files={**files, "handbook/" + "d/" * 30 + "x.md": ""})
    async with Client(await server(path)) as client:
        assert len(await client.list_resources()) == 1000
    path.write_text(
        path.read_text().replace('directory = "handbook"', 'directory = "handbook"\nlisted = false')
    )
    async with Client(await server(path)) as client:
        assert await client.list_resources() == []


async def test_who_lists_without_end_takes_no_thread_from_others(tmp_path: Path) -> None:
    """However many ask for lists, one thread at a time looks through the directories; there is but one here."""
    toolset = f"{FILES}\n[limits]\nworkers = 1\n\n"
    path = made(tmp_path, toolset + HANDBOOK, files={"files/a.txt": "a", "handbook/start.md": "# Start"})
    for number in range(400):
        (tmp_path / "handbook" / f"{number}").mkdir()
    async with Client(await server(path)) as client:
        asked: Any = await asyncio.gather(
            *(client.list_resources() for _ in range(30)),
            *(client.call_tool("read_file", {"path": "a.txt"}) for _ in range(4)),
        )
    assert [len(each) for each in asked[:30]] == [1] * 30
    assert [each.content[0].text.split("\n")[0] for each in asked[30:]] == ["a"] * 4


@pytest.mark.parametrize("size", [1001, 5_000_000])
async def test_content_that_is_too_large_is_refused_and_not_cut(size: int, tmp_path: Path) -> None:
    limits = (
        'max_size = 1000\n\n[[resource]]\nuri = "one://file"\nfile = "handbook/big.txt"\nmax_size = 1000\n'
    )
    path = made(
        tmp_path, HANDBOOK + limits, files={"handbook/big.txt": "x" * size, "handbook/fit.txt": "x" * 1000}
    )
    async with Client(await server(path)) as client:
        for uri in ("handbook://big.txt", "one://file"):
            assert "[response_too_large]" in (await refused_read(client, uri)).message
        fitting: Any = await client.read_resource_mcp("handbook://fit.txt")
        assert len(fitting.contents[0].text) == 1000


WORDS = (
    'title = "A\\u001b[31m\\u202eb <script>alert(1)</script>"\n'
    'description = "One\\u200b \\U000e0041two\\u0007 [x](javascript:1) <b>\\u2028three"\nname = "na\\u202eme"\n'
)


async def test_words_lose_what_nobody_sees_and_documents_make_markup_harmless(tmp_path: Path) -> None:
    path = made(tmp_path, f'[[resource]]\nuri = "a://b"\ntext = "x"\n{WORDS}')
    async with Client(await server(path)) as client:
        listed = (await client.list_resources())[0]
    assert (listed.name, listed.title) == ("name", "A[31mb <script>alert(1)</script>")
    assert listed.description == "One two [x](javascript:1) <b>\nthree"


REFUSED = {
    "no source": ('uri = "a://b"', "exactly one of text, file, directory, url, function"),
    "two sources": ('uri = "a://b"\ntext = "x"\nfile = "y"', "exactly one of"),
    "no scheme": ('uri = "page"\ntext = "x"', "a URI such as"),
    "a space": ('uri = "a://b c"\ntext = "x"', "a URI such as"),
    "an open brace": ('uri = "a://{b"\ndirectory = "d"', "a URI such as"),
    "an operator of RFC 6570": ('uri = "a://{+b}"\ndirectory = "d"', "a URI such as"),
    "a variable twice": ('uri = "a://{b}/{b}"\nfunction = "m:f"', "stands twice"),
    "a directory without a variable": ('uri = "a://b"\ndirectory = "d"', "has not one variable"),
    "a directory with two": ('uri = "a://{b}/{c}"\ndirectory = "d"', "has not one variable"),
    "a text with a variable": ('uri = "a://{b}"\ntext = "x"', "`text` takes none"),
    "a plain URL": ('uri = "a://b"\nurl = "http://example.com/"', "https"),
    "a URL with a password": ('uri = "a://b"\nurl = "https://u:p@example.com/"', "a URL|https"),
    "a URL of an address in another form": (
        'uri = "a://b"\nurl = "https://127.1/"',
        r"resource\[0\].url: its host is neither",
    ),
    "a URL with an empty label": (
        'uri = "a://b"\nurl = "https://a..example/"',
        r"resource\[0\].url: its host is neither",
    ),
    "all networks": ('uri = "a://b"\nurl = "https://x.example/"\nnetworks = ["0.0.0.0/0"]', "networks"),
    "no network": ('uri = "a://b"\nurl = "https://x.example/"\nnetworks = ["x"]', "networks"),
    "public with scopes": (
        'uri = "a://b"\ntext = "x"\ncache = "1m"\ncache_scope = "public"\nscopes = ["s"]',
        "not with `scopes`",
    ),
    "public without time": ('uri = "a://b"\ntext = "x"\ncache_scope = "public"', "with a `cache`"),
    "no media type": ('uri = "a://b"\ntext = "x"\nmedia_type = "text"', "media type"),
    "a header as media type": ('uri = "a://b"\ntext = "x"\nmedia_type = "text/plain\\nX: y"', "media type"),
    "priority": ('uri = "a://b"\ntext = "x"\npriority = 2', "priority"),
    "a URI twice": (
        'uri = "a://b"\ntext = "x"\n[[resource]]\nuri = "a://b"\ntext = "y"',
        "has this URI already",
    ),
    "no module": ('uri = "a://b"\nfunction = "nowhere:f"', "no module 'nowhere'"),
    "no function": ('uri = "a://b"\nfunction = "json:loadz"', "did you mean json:loads|has no 'loadz'"),
    "a missing parameter": (
        'uri = "a://{x}"\nfunction = "own_resources:plain"',
        "there is no such parameter",
    ),
    "a parameter that nothing gives": (
        'uri = "a://b"\nfunction = "own_resources:wants"',
        "does not give 'x'",
    ),
    "a function that wants files": (
        'uri = "a://b"\nfunction = "own_resources:files"',
        "a resource lends none",
    ),
    "no annotation": ('uri = "a://{x}"\nfunction = "own_resources:bare"', "has no annotation"),
    "a class": ('uri = "a://b"\nfunction = "own_resources:Thing"', "is no function"),
}

FUNCTIONS = """\
import seawall

class Thing: ...
def plain() -> str: return ""
def wants(x: str) -> str: return x
def files(jail: seawall.Jail) -> str: return ""
def bare(x): return x
"""


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_a_declaration_that_is_wrong_is_refused_before_anything_is_served(case: str, tmp_path: Path) -> None:
    lines, words = REFUSED[case]
    module = f"own_resources_{sorted(REFUSED).index(case)}"  # a process imports a name once
    path = made(
        tmp_path,
        f"[[resource]]\n{lines.replace('own_resources', module)}\n",
        files={f"{module}.py": FUNCTIONS},
    )
    with pytest.raises(BlueprintError) as refused:
        seawall.assemble(path)
    messages = [each.message for each in refused.value.problems]
    assert any(re.search(words, message) for message in messages), messages


async def test_errors_of_functions_are_masked_and_values_of_no_type_are_no_resource(tmp_path: Path) -> None:
    text = (
        "from typing import Literal\n\n\ndef broken() -> str:\n    raise RuntimeError('postgres://admin:pw@db')\n\n\n"
        "def number(n: int) -> str:\n    return str(n)\n\n\ndef kind(k: Literal['a', 'b']) -> str:\n    return k\n"
    )
    blueprint = "".join(
        f'[[resource]]\nuri = "{uri}"\nfunction = "masked_resources:{name}"\n'
        for uri, name in (("f://broken", "broken"), ("n://{n}", "number"), ("k://{k}", "kind"))
    )
    path = made(tmp_path, blueprint, files={"masked_resources.py": text})
    async with Client(await server(path)) as client:
        broken = await refused_read(client, "f://broken")
        assert "[internal_error]" in broken.message
        assert "postgres" not in str(broken)
        for uri in ("n://x", "n://1e3", "k://c", "k://A"):
            assert (await refused_read(client, uri)).message == f"Resource not found: {uri!r}"
        found: Any = await client.read_resource_mcp("n://7")
        assert found.contents[0].text == "7"
