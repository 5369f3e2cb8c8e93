"""`seawall new --graphql`: a project around a schema, whatever its author wrote into it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from graphql import parse
from graphql.language import OperationDefinitionNode
from markdown_it import MarkdownIt

from cli.processes import Seawall
from reference.hostile import PLAIN, TEXTS

SAME = (
    "Dockerfile",
    "compose.yaml",
    ".dockerignore",
    ".env.example",
    ".gitignore",
    "pyproject.toml",
    "seawall.toml",
    "server.py",
    "tests/test_server.py",
)
"""Files in which no word of a schema has any business."""
HIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def schema(*texts: str) -> str:
    """A schema with the texts wherever it takes one; of what a tool can show, each in a field of its own."""
    said = [json.dumps(text) for text in texts]
    both = said[0]
    members = "\n".join(
        f"  {text} f{number}({text} a: String = {text}): String @deprecated(reason: {text})"
        for number, text in enumerate(said)
    )
    values = "\n".join(f"  {text} V{number}" for number, text in enumerate(said))
    inputs = "\n".join(f"  {text} i{number}: String = {text}" for number, text in enumerate(said))
    return (
        f"{both} directive @odd({both} x: String = {both}) on FIELD_DEFINITION\n"
        f"{both} scalar Odd @specifiedBy(url: {both})\n"
        f"{both} enum Values {{\n{values}\n}}\n{both} input Inputs {{\n{inputs}\n}}\n"
        f"{both} union Either = Thing\n{both} interface Named {{ {both} name: String }}\n"
        f"{both} type Thing implements Named {{ {both} name: String\n{members}\n}}\n"
        f"{both} type Query {{ {both} things({both} v: Values, {both} i: Inputs): [Thing!]! }}\n"
    )


def made(called: Seawall, directory: Path, name: str, text: str) -> Path:
    source = directory / "shop.graphql"
    source.write_text(text, encoding="utf-8")
    ended = called("new", name, "--graphql", str(source))
    assert ended.status == 0, ended.err
    assert not set(ended.out + ended.err) & set("\x1b\x07\u202e")
    return directory / name


def structure(markdown: str) -> list[str]:
    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    return [each.type for each in tokens] + [
        inner.type
        for each in tokens
        for inner in each.children or ()
        if inner.type not in {"text", "softbreak"}
    ]


def operation() -> str:
    """An operation that shows all of the schema in its arguments and its answer."""
    fields = " ".join(f"f{number}" for number in range(len(TEXTS)))
    return f"query everything($v: Values, $i: Inputs) {{ things(v: $v, i: $i) {{ name {fields} }} }}\n"


@pytest.fixture
def projects(called: Seawall, tmp_path: Path) -> tuple[Path, Path]:
    """Two projects of one name, the second with hostile words."""
    found = []
    for folder, texts in (("plain", [PLAIN] * len(TEXTS)), ("hostile", TEXTS)):
        where = tmp_path / folder
        where.mkdir()
        project = made(called, where, str(where / "shop"), schema(*texts))
        (project / "operations" / "all.graphql").write_text(operation())
        found.append(project)
    return found[0], found[1]


def test_no_word_of_a_schema_gets_into_a_file_that_a_machine_reads(
    called: Seawall, projects: tuple[Path, Path]
) -> None:
    plain, hostile = projects
    for name in SAME:
        assert (hostile / name).read_text() == (plain / name).read_text(), name
    toolset: Any = tomllib.loads((hostile / "seawall.toml").read_text())["toolset"]
    assert [set(each) for each in toolset] == [{"kind", "endpoint", "schema", "documents"}]
    first = (hostile / "operations" / "first.graphql").read_text(encoding="utf-8")
    (definition,) = parse(first).definitions
    assert isinstance(definition, OperationDefinitionNode)
    assert not HIDDEN.search(first)
    assert parse((plain / "operations" / "first.graphql").read_text(), no_location=True) == parse(
        first, no_location=True
    )


@pytest.mark.parametrize("number", range(len(TEXTS)))
def test_the_first_operation_says_what_the_schema_says_in_one_comment(
    called: Seawall, tmp_path: Path, number: int
) -> None:
    project = made(called, tmp_path, "shop", schema(TEXTS[number]))
    text = (project / "operations" / "first.graphql").read_text(encoding="utf-8")
    (definition,) = parse(text).definitions
    assert isinstance(definition, OperationDefinitionNode)
    assert all(line.startswith("#") for line in text.partition("query ")[0].splitlines() if line)
    assert not HIDDEN.search(text)
    readme = (project / "README.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<(script|img|h1|b)", readme)
    assert not re.search(r"(?<!\\)\]\(javascript:", readme)
    assert not HIDDEN.search(readme)


def test_documents_of_the_server_have_the_same_structure_whatever_the_words_are(
    called: Seawall, projects: tuple[Path, Path]
) -> None:
    pages = []
    for project in projects:
        for command in ("check", "docs", "config"):
            ended = called(command, project / "seawall.toml")
            assert ended.status == 0, ended.err
            assert not set(ended.out + ended.err) & set("\x1b\x07\u202e")
        found = sorted((project / "docs").glob("*.md"))
        assert found
        pages.append({each.name: each.read_text(encoding="utf-8") for each in found})
    plain, hostile = pages
    assert plain.keys() == hostile.keys()
    for name in plain:
        assert not HIDDEN.search(hostile[name])
        tokens = MarkdownIt("commonmark").enable("table").parse(hostile[name])
        inner = [one for each in tokens for one in each.children or ()]
        assert not [each for each in inner if each.type == "image" or "javascript" in str(each.attrs)]
        assert sum(each.type == "heading_open" for each in tokens) == structure(plain[name]).count(
            "heading_open"
        )
