"""The operator's documents: what each operation becomes, and every fault with file, line and column."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from graphql import build_schema, print_ast

from seawall.toolsets.graphql.documents import Documents, read_documents

SCHEMA = build_schema(
    "type Query { a: Int, user(id: ID!): User, users: [User] } type User { id: ID, name: String, friend: User }"
    " type Mutation { b: Int } type Subscription { c: Int }"
)


def found(directory: Path, *patterns: str, **files: str) -> Documents:
    for name, text in files.items():
        (directory / f"{name}.graphql").write_text(text, encoding="utf-8")
    return read_documents(patterns or ("*.graphql",), directory, SCHEMA)


def test_a_comment_right_before_an_operation_describes_it(tmp_path: Path) -> None:
    text = '# Of the file.\n\n# One.\n#\n# Two.\nquery A { a }\n\n# Not of B.\n\nquery B { a }\n\n"""Said."""\nquery C { a }\n'
    made = found(tmp_path, x=text)
    assert [(each.name, each.description) for each in made.operations] == [
        ("A", "One.\n\nTwo."),
        ("B", ""),
        ("C", "Said."),
    ]


def test_fragments_of_other_files_go_along_and_no_others(tmp_path: Path) -> None:
    made = found(
        tmp_path,
        x="query A { users { ...F } } query B { a }",
        y="fragment F on User { id ...G } fragment H on User { name }",
        z="fragment G on User { name }",
    )
    assert made.problems == ()
    first, second = made.operations
    assert list(first.fragments) == ["F", "G"]
    assert "fragment G" in print_ast(first.document)
    assert "fragment" not in print_ast(second.document)


def test_private_does_not_go_to_the_service(tmp_path: Path) -> None:
    (made,) = found(
        tmp_path, x="query A { users { name @private friend { id @private @skip(if: false) } } }"
    ).operations
    text = print_ast(made.document)
    assert "@private" not in text
    assert "@skip" in text
    assert "name" in text


def test_a_subscription_is_left_out_with_the_reason(tmp_path: Path) -> None:
    made = found(tmp_path, x="subscription S { c } query A { a }")
    assert [(each.name, each.reason) for each in made.left_out] == [
        ("S", "a subscription has no single answer")
    ]


FAULTS = {
    "a syntax error": (
        {"x": "query A {\n  a("},
        [("x.graphql", 2, 5, "Syntax Error: Expected Name, found <EOF>")],
    ),
    "an unknown field": (
        {"x": "query A {\n  gone\n}"},
        [("x.graphql", 2, 3, "Cannot query field 'gone' on type 'Query'")],
    ),
    "a variable of the wrong type": (
        {"x": "query A($id: Int) {\n  user(id: $id) { id }\n}"},
        [("x.graphql", 1, 9, "Variable '$id' of type 'Int' used in position expecting type 'ID!'")],
    ),
    "an unknown type": (
        {"x": "query A($id: Gone) { a }"},
        [
            ("x.graphql", 1, 9, "Variable '$id' is never used in operation 'A'"),
            ("x.graphql", 1, 14, "Unknown type 'Gone'"),
        ],
    ),
    "a fault in a fragment of another file": (
        {"x": "query A { users { ...F } }", "y": "\nfragment F on User { gone }"},
        [("y.graphql", 2, 22, "Cannot query field 'gone' on type 'User'")],
    ),
    "an unknown fragment": ({"x": "query A { ...F }"}, [("x.graphql", 1, 14, "Unknown fragment 'F'")]),
    "no name": ({"x": "\n{ a }"}, [("x.graphql", 2, 1, "an operation needs a name: it becomes the tool's")]),
    "a name twice": (
        {"x": "query A { a }", "y": "\nquery a { a }"},
        [("y.graphql", 2, 1, "there is an operation 'A' already; names of tools differ")],
    ),
    "a fragment twice": (
        {"x": "fragment F on User { id } query A { users { ...F } }", "y": "fragment F on User { id }"},
        [("y.graphql", 1, 1, "the fragment 'F' is defined twice")],
    ),
    "a circle": (
        {"x": "query A { users { ...F } } fragment F on User { ...F }"},
        [("x.graphql", 1, 49, "Cannot spread fragment 'F' within itself")],
    ),
    "a name that is too long": (
        {"x": f"query {'a' * 65} {{ a }}"},
        [("x.graphql", 1, 1, f"the tool name {'a' * 65!r} has 65 characters; 64 is the limit")],
    ),
    "introspection": (
        {"x": "query A { __schema { description } }"},
        [
            (
                "x.graphql",
                1,
                1,
                "`__schema` and `__type` cannot be asked for: a model would see all of the schema",
            )
        ],
    ),
    "introspection of a subgraph": (
        {"x": "query A { _service { sdl } }"},
        [
            (
                "x.graphql",
                1,
                1,
                "`__schema` and `__type` cannot be asked for: a model would see all of the schema",
            ),
            ("x.graphql", 1, 11, "Cannot query field '_service' on type 'Query'"),
        ],
    ),
    "private at another place": (
        {"x": "query A { users { ...F @private } } fragment F on User { id }"},
        [("x.graphql", 1, 24, "Unknown directive '@private'")],
    ),
    "an empty selection": (
        {"x": "query A { users { } }"},
        [("x.graphql", 1, 19, "Syntax Error: Expected Name, found '}'")],
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told_with_file_line_and_column(name: str, tmp_path: Path) -> None:
    files, expected = FAULTS[name]
    problems = found(tmp_path, **files).problems
    assert [(each.source, each.line, each.column, each.message) for each in problems] == expected


def test_every_fault_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    problems = found(tmp_path, x="query A { x }", y="query B { y }", z="query C {").problems
    assert {each.source for each in problems} == {"x.graphql", "y.graphql", "z.graphql"}


@pytest.mark.parametrize("pattern", ["*.gql", "gone.graphql", "../**/*.nothing"])
def test_a_pattern_that_finds_nothing_is_a_problem_of_the_blueprint(pattern: str, tmp_path: Path) -> None:
    (problem,) = found(tmp_path, pattern).problems
    assert (problem.source, problem.key, problem.found) == ("", "documents[0]", pattern)


def test_a_file_that_is_no_text_or_too_large_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "a.graphql").write_bytes(b"\xff")
    (tmp_path / "b.graphql").write_bytes(b"#" * (1024 * 1024 + 1))
    assert len(found(tmp_path).problems) == 2


def test_a_link_that_leads_out_of_the_folder_of_its_pattern_is_not_read(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "project" / "operations"
    outside.mkdir()
    folder.mkdir(parents=True)
    (outside / "secret.graphql").write_text("query S { a }")
    (folder / "own.graphql").write_text("query A { a }")
    (folder / "link.graphql").symlink_to(outside / "secret.graphql")
    (folder / "beside.graphql").symlink_to(folder / "own.graphql")
    (folder / "away").symlink_to(outside)
    made = found(tmp_path / "project", "operations/*.graphql")
    assert [each.name for each in made.operations] == ["A"]
    assert [each.message for each in made.problems if "link" in each.message] == [
        "operations/link.graphql is a link that leads out of its folder"
    ]
    (problem,) = found(tmp_path / "project", "operations/*/*.graphql").problems
    assert "operations/away/secret.graphql" in problem.message


def test_what_is_no_plain_file_is_no_document(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever, and a device never ends."""
    os.mkfifo(tmp_path / "pipe.graphql")
    (tmp_path / "zero.graphql").symlink_to("/dev/zero")
    (tmp_path / "folder.graphql").mkdir()
    (tmp_path / "loop.graphql").symlink_to(tmp_path / "loop.graphql")
    (problem,) = found(tmp_path).problems
    assert "finds no file" in problem.message
    (problem,) = found(tmp_path, "zero.graphql").problems
    assert "finds no file" in problem.message


def test_all_files_together_are_not_more_than_is_read(tmp_path: Path) -> None:
    for number in range(17):
        (tmp_path / f"{number:02}.graphql").write_text(f"query q{number} {{ a }}" + " " * 1024 * 1000)
    (problem,) = found(tmp_path).problems
    assert problem.message.startswith("16.graphql cannot be read: with it, there are more than")
