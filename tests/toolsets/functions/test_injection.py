"""What the server fills in by type: never listed, never settable by a caller, whatever it is wrapped in."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.errors import PathDeniedError, PathEscapeError
from seawall.toolsets.arguments import ArgumentSchema
from seawall.toolsets.interface import Caller
from toolsets.python.workshop import Workshop, problems_of

pytestmark = pytest.mark.anyio

SETTINGS = """
class Own(seawall.Settings):
    limit: int = 3
"""

FORMS = (
    "{0}",
    "'{0}'",
    "Optional[{0}] = None",
    "{0} | None = None",
    "Annotated[{0}, 'by the server']",
    "Annotated[Optional[{0}], Field(description='x')] = None",
    "Optional[Annotated[{0}, 1]] = None",
    "Union[str, {0}] = ''",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("seawall.Jail", "Jail"),
        ("seawall.Roots", "Roots"),
        ("seawall.Context", "Context"),
        ("seawall.Caller", "Caller"),
        ("Own", "Own"),
    ],
)
async def test_an_injected_parameter_is_filled_in_and_not_listed(
    tmp_path: Path, wanted: str, shown: str, form: str
) -> None:
    text = SETTINGS + f"def it(word: str, given: {form.format(wanted)}) -> str: return type(given).__name__\n"
    roots = "." if wanted in {"seawall.Jail", "seawall.Roots"} else None
    async with Workshop.of(tmp_path, text, roots=roots) as shop:
        parameters = shop.operations["it"].parameters
        assert list(parameters["properties"]) == ["word"]  # type: ignore[arg-type]  # JSON
        assert ArgumentSchema(parameters).faults({"word": "a", "given": None})
        assert await shop.text("it", word="a") == shown


async def test_a_type_alias_hides_nothing(tmp_path: Path) -> None:
    text = """
        from typing_extensions import TypeAliasType
        Who = TypeAliasType("Who", seawall.Caller)
        def it(who: Who) -> str: return who.principal
    """
    async with Workshop.of(tmp_path, text) as shop:
        assert shop.operations["it"].parameters["properties"] == {}
        assert await shop.text("it") == "local"


async def test_the_caller_is_told_with_their_scopes(tmp_path: Path) -> None:
    text = """
        def it(caller: seawall.Caller) -> list[object]:
            return [caller.principal, caller.holds("a"), caller.holds("a", "b"), caller.holds()]
    """
    async with Workshop.of(tmp_path, text) as shop:
        shop.caller = Caller("alice", scopes=frozenset({"a"}))
        assert await shop.data("it") == {"result": ["alice", True, False, True]}
        shop.caller = Caller("local", patterns=("*",))
        assert await shop.data("it") == {"result": ["local", True, True, True]}


READER = """
@seawall.operation(read_only=True)
def peek(path: str, jail: seawall.Jail) -> str:
    with jail.open_file(path) as file:
        return str(file.status.size)

@seawall.operation(read_only=True)
def sly(path: str, jail: seawall.Jail) -> None:
    jail.remove_file(path)

def remove(path: str, jail: seawall.Jail) -> None:
    jail.remove_file(path)
"""


async def test_a_jail_keeps_to_its_root_and_to_the_deny_list(tmp_path: Path) -> None:
    (tmp_path / "data" / "drafts").mkdir(parents=True)
    (tmp_path / "data" / "a.txt").write_text("hello")
    (tmp_path / "data" / "drafts" / "b.txt").write_text("no")
    async with Workshop.of(tmp_path, READER, roots="data", deny=("drafts/",)) as shop:
        assert await shop.text("peek", path="a.txt") == "5"
        with pytest.raises(PathEscapeError):
            await shop.call("peek", path="../workshop_tools.py")
        with pytest.raises(PathDeniedError):
            await shop.call("peek", path="drafts/b.txt")
        assert not shop.toolset.faults()
        (tmp_path / "data").rename(tmp_path / "away")
        assert shop.toolset.faults()


async def test_a_function_that_says_read_only_cannot_write_even_where_writing_is_allowed(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.txt").write_text("hello")
    async with Workshop.of(tmp_path, READER, roots=".") as shop:
        with pytest.raises(PathDeniedError):
            await shop.call("sly", path="a.txt")
        assert (tmp_path / "a.txt").exists()
        assert await shop.text("remove", path="a.txt") == "Done."
        assert not (tmp_path / "a.txt").exists()


async def test_named_roots_come_as_roots(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a").write_text("x")
    text = "def it(roots: seawall.Roots) -> list[str]: return [*roots.names, str(roots.status('two/a').size)]"
    async with Workshop.of(tmp_path, text, roots={"one": "one", "two": "two"}) as shop:
        assert await shop.data("it") == {"result": ["one", "two", "1"]}


@pytest.mark.parametrize(
    ("parameter", "declared", "message"),
    [
        ("jail: seawall.Jail", {}, "the toolset declares no `roots`"),
        ("roots: seawall.Roots", {}, "the toolset declares no `roots`"),
        ("jail: seawall.Jail", {"roots": {"one": "."}}, "allowed: seawall.Roots"),
        ("jails: list[seawall.Jail]", {"roots": "."}, "JSON cannot carry it"),
    ],
)
def test_a_jail_that_cannot_be_given_is_a_problem_at_the_parameter(
    tmp_path: Path, parameter: str, declared: dict[str, object], message: str
) -> None:
    text = f"import seawall\ndef other(roots: seawall.Roots): ...\ndef it({parameter}) -> str: ...\n"
    problem = problems_of(tmp_path, text, prelude="", operations=("it",), **declared)[0]
    assert (problem.line, problem.column) == (3, 8)
    assert message in problem.message


def test_roots_that_nobody_takes_are_a_problem_of_the_declaration(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, "def it() -> str: ...", roots=".")
    assert (problem.source, problem.key) == ("", "roots")
