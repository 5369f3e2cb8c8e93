"""A project that begins with a GraphQL schema: what is written, and that its own tests pass."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import build_schema, introspection_from_schema
from pydantic import ValidationError

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import UsageError
from seawall.scaffold.gather import gather
from seawall.toolsets.graphql import KIND, GraphQLDeclaration
from seawall.toolsets.graphql.starter import started
from seawall.toolsets.starter import Needs
from support.graphql_service import SCHEMA


def run(*arguments: object, directory: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.whole
def test_it_passes_its_own_tests_and_its_own_check_and_documents_itself(tmp_path: Path) -> None:
    run("seawall", "new", "harbour", "--graphql", SCHEMA, "--write", directory=tmp_path)
    project = tmp_path / "harbour"
    assert (project / "specs" / "harbour.graphql").read_text() == SCHEMA.read_text()
    assert 'documents = ["operations/*.graphql"]' in (project / "seawall.toml").read_text()
    assert "your operations" in (project / "README.md").read_text()
    told = json.loads(run("seawall", "check", "--json", directory=project))
    assert told["ok"]
    assert [each["name"] for each in told["tools"]] == ["harbours"]
    run("seawall", "docs", directory=project)
    assert "`harbours`" in (project / "docs" / "tools.md").read_text()
    (project / "operations" / "mine.graphql").write_text(
        "# Reserves.\nmutation reserve($input: ReserveInput!) { reserve(input: $input) { id } }\n"
    )
    run("pytest", "-q", "-p", "no:cacheprovider", "--seawall-update", directory=project)


@pytest.mark.parametrize(
    ("schema", "operation"),
    [
        ("type Query { a: Int }", "query a {\n  a\n}"),
        (
            "type Query { a(b: ID!): Int, c: [T] } type T { d: Int, e(f: Int!): Int }",
            "query c {\n  c {\n    d\n  }\n}",
        ),
        ("type Query { a(b: ID!): T } type T { d: Int }", "query a($b: ID!) {\n  a(b: $b) {\n    d\n  }\n}"),
        ("type Query { a: T } type T { b: T }", None),
        (
            "type Query { a(first: Int): C } type C { pageInfo: T, total: Int, edges: [E] } type E { node: T } type T { d: Int }",
            "query a($first: Int) {\n  a(first: $first) {\n    edges { node { d } }\n  }\n}",
        ),
    ],
)
def test_a_first_operation_is_written_where_there_is_a_simple_one(
    tmp_path: Path, schema: str, operation: str | None
) -> None:
    (tmp_path / "s.graphql").write_text(schema)
    start = started(str(tmp_path / "s.graphql"))
    settings = {each.name: each for each in start.settings}
    text = start.files.get("operations/first.graphql")
    if operation is None:
        assert text is None
        assert settings["explore"].active
    else:
        assert text is not None
        assert text.endswith(f"{operation}\n")
        assert not settings["explore"].active
    assert settings["endpoint"].value == "https://api.invalid/graphql"


def test_an_answer_to_an_introspection_query_will_do(tmp_path: Path) -> None:
    data = introspection_from_schema(build_schema("type Query { a: Int }"))
    (tmp_path / "Shop API.json").write_text(json.dumps(data))
    assert "specs/shop-api.json" in started(str(tmp_path / "Shop API.json")).files


def test_what_a_service_says_is_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service itself is played: nothing on this machine has an address that a starter may ask."""

    async def said(declaration: GraphQLDeclaration) -> str:
        assert declaration.endpoint == "https://shop.example/graphql"
        return "type Query {\n  a: Int\n}\n"

    monkeypatch.setattr("seawall.toolsets.graphql.starter.ask_for_schema", said)
    start = started("https://shop.example/graphql")
    settings = {each.name: each.value for each in start.settings}
    content = start.files["specs/shop-example.graphql"].encode()
    assert settings["sha256"] == hashlib.sha256(content).hexdigest()
    assert settings["endpoint"] == "https://shop.example/graphql"


@pytest.mark.parametrize(
    "answer", ["", "gone.graphql", "https://127.0.0.1:9/graphql", "ftp://x.example/", __file__]
)
def test_what_is_no_schema_is_refused_in_words(answer: str) -> None:
    with pytest.raises(UsageError, match="--graphql"):
        started(answer)


@pytest.mark.parametrize(
    "answer", ["https://me:hunter2@shop.example/graphql", "https://shop.example/graphql?key=hunter2"]
)
def test_no_credential_of_a_url_is_taken_or_told(answer: str) -> None:
    with pytest.raises(UsageError, match="--graphql") as refused:
        started(answer)
    assert "hunter2" not in f"{refused.value.message} {refused.value.hint}"


def needs(**settings: object) -> Needs:
    declared: ToolsetDeclaration = GraphQLDeclaration.model_validate(
        {"kind": "graphql", "endpoint": "https://a.example/graphql", "schema": "specs/a.graphql", **settings}
    )
    return KIND.starter.needs(declared)


def test_a_deployment_gets_the_files_and_the_way_to_the_service() -> None:
    found = needs(
        documents=("operations/*.graphql", "more/one.graphql", "/etc/*.graphql", "../x/*", "*.graphql")
    )
    assert found.sources == ("specs/a.graphql", "operations", "more/one.graphql", "*.graphql")
    assert [(each.host, each.port) for each in found.outbound] == [("a.example", 443)]


@pytest.mark.parametrize("pattern", ["**/*.graphql", "*/x.graphql", "**", "[ab].graphql", ""])
def test_a_pattern_for_whatever_lies_below_the_blueprint_is_refused(pattern: str) -> None:
    """It would take in the documents of every dependency, and of everybody who can write one anywhere."""
    with pytest.raises(ValidationError, match="documents"):
        needs(documents=(pattern,))


def test_documents_beside_the_blueprint_get_into_the_project_and_its_image(tmp_path: Path) -> None:
    (tmp_path / "shop.graphql").write_text("query a { a }")
    (tmp_path / ".hidden.graphql").write_text("query b { a }")
    (tmp_path / "link.graphql").symlink_to("/etc/passwd")
    (tmp_path / "schema.sdl").write_text("type Query { a: Int }")
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "shop"\n\n[[toolset]]\nkind = "graphql"\nendpoint = "https://a.example/graphql"\n'
        'schema = "schema.sdl"\ndocuments = ["*.graphql"]\n'
    )
    assert gather(tmp_path, ("*.graphql", "schema.sdl")) == {
        "shop.graphql": "query a { a }",
        "schema.sdl": "type Query { a: Int }",
    }
    (tmp_path / "link.graphql").unlink()
    run("seawall", "new", "made", "--from", "seawall.toml", directory=tmp_path)
    project = tmp_path / "made"
    assert (project / "shop.graphql").is_file()
    lines = (project / "Dockerfile").read_text().splitlines()
    assert {"COPY *.graphql ./", "COPY schema.sdl ./schema.sdl"} <= set(lines)
    assert "!*.graphql" in (project / ".dockerignore").read_text().splitlines()
    assert "`*.graphql`" in (project / "README.md").read_text()
