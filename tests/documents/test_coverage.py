"""Nothing that a user can meet is undocumented.

What there is, is found without the generator: from the models, a server's listing, the help of the command and the
source of the errors. So a generator that forgets something is found out as well.
"""

from __future__ import annotations

import ast
import json
import re
import types
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from fastmcp import Client, FastMCP
from pydantic import BaseModel, Field, TypeAdapter
from pydantic.fields import FieldInfo

import seawall
from documents.markdown import ROOT, blocks, entry, headings
from generator.commands import EXIT_STATUSES, commands_page
from generator.http_answers import ANSWERS
from generator.records import EVERYWHERE, RECORDS
from generator.settings import Setting, settings_page, tables
from seawall.blueprint import Blueprint, ToolsetDeclaration
from seawall.blueprint.overrides import Invocation, override
from seawall.blueprint.section import Section
from seawall.cli.app import application
from seawall.runtime.metrics import Metrics, Refused
from seawall.runtime.pipeline.order import AROUND_REQUEST, AROUND_TOOL
from seawall.toolsets.registry import installed_kinds
from support.blueprints import filesystem_blueprint

KINDS = {name: kind.declaration for name, kind in installed_kinds().items()}
REFERENCE = ROOT / "docs" / "reference"
NEVER_RAISED = {"seawall_error"}  # the base of all


def page(name: str) -> str:
    return (REFERENCE / name).read_text()


def undocumented(text: str, wanted: Iterable[str]) -> list[str]:
    """The names without a heading of their own, or without a sentence below it."""
    return sorted(name for name in set(wanted) if not _sentence(entry(text, f"`{name}`")))


def _sentence(below: str | None) -> bool:
    first = (below or "").partition("\n")[0]
    return bool(first) and not first.startswith(("- ", "|", "```"))


# --- settings -------------------------------------------------------------------------------------------


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every setting of a section and of the sections within it, by its dotted name."""
    for attribute, field in model.model_fields.items():
        name = field.alias or attribute
        sections = list(_sections(field.annotation))
        if sections and sections != [ToolsetDeclaration]:
            for section in sections:
                yield from fields(section, f"{prefix}{name}.")
        elif not sections:
            yield f"{prefix}{name}", field


def _sections(annotation: Any) -> Iterator[type[Section]]:
    """The sections that the value of a field may be (not those within an array or a table of free names)."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
    elif get_origin(annotation) is Annotated:
        yield from _sections(get_args(annotation)[0])
    elif get_origin(annotation) in {Union, types.UnionType, tuple}:
        for each in get_args(annotation):
            yield from _sections(each)


FIELDS = [*fields(Blueprint), *(each for kind in KINDS.values() for each in fields(kind, "toolset.<NAME>."))]


def all_settings() -> set[str]:
    return {name for name, _ in FIELDS}


def test_every_setting_is_documented() -> None:
    assert undocumented(page("settings.md"), all_settings()) == []


def test_the_settings_are_found() -> None:
    """The list above is not empty by mistake."""
    assert {"format", "server.name", "http.port", "limits.rate", "toolset.<NAME>.roots"} <= all_settings()


def test_a_setting_that_is_missing_or_bare_is_found() -> None:
    text = page("settings.md")
    port = entry(text, "`http.port`") or ""
    assert undocumented(text.replace("### `http.port`", "### `http.gate`"), all_settings()) == ["http.port"]
    bare = text.replace(port, port.partition("\n\n")[2])
    assert undocumented(bare, all_settings()) == ["http.port"]


class _Bare(ToolsetDeclaration):
    kind: Literal["bare"] = Field(
        default="bare", description="A kind whose author forgot to say what a setting is."
    )
    trapdoor: bool = False


def test_a_setting_without_description_is_found() -> None:
    words = {item.place: item.description for table in tables({"bare": _Bare}) for item in table.settings}
    assert words["toolset.<NAME>.trapdoor"] == ""
    assert all(text for place, text in words.items() if not place.endswith("trapdoor"))


def documented_settings() -> list[Setting]:
    return [item for table in tables() for item in table.settings]


@pytest.mark.parametrize(
    "item", [item for item in documented_settings() if item.variable], ids=lambda item: item.place
)
def test_the_variable_of_a_setting_sets_it(item: Setting) -> None:
    """The name that the page gives is one that the loader knows, for a toolset of some kind that has the setting."""
    variable = item.variable.replace("<NAME>", "TOOLS").replace("<KEY>", "ONE")
    free: dict[str, Any] = {
        "override": {"one": {}},
        "hints": {"one": {}},
        "credentials": {"one": {}},
    }  # tables of free names: one of each is there
    files = [
        {"toolset": ({"kind": kind, "name": "tools", **free},), "http": {"auth": {"tokens": {"one": {}}}}}
        for kind in KINDS
    ]
    problems = [override(file, {variable: "x"}, Invocation(), KINDS).problems for file in files]
    assert not all(problems), variable


def test_every_setting_has_an_example_or_says_its_values() -> None:
    spoken, text = ("one of ", "`true` or", "a whole number", "`"), settings_page()
    bare = [
        item.place
        for item in documented_settings()
        if not item.examples
        and not (entry(text, f"`{item.place}`") or "").partition("- Value: ")[2].startswith(spoken)
    ]
    assert bare == []


@pytest.mark.parametrize(
    ("name", "field"), [each for each in FIELDS if each[1].examples], ids=lambda each: str(each)[:40]
)
def test_every_example_of_a_setting_is_valid(name: str, field: FieldInfo) -> None:
    annotated: Any = field.annotation
    if field.metadata:
        annotated = Annotated[(field.annotation, *field.metadata)]
    adapter: TypeAdapter[Any] = TypeAdapter(annotated, config=Section.model_config)
    for example in field.examples or ():
        adapter.validate_python(_read(example))


def _read(value: Any) -> Any:
    """The value as the loader hands it to the models."""
    if isinstance(value, list):
        return tuple(map(_read, value))
    return {name: _read(item) for name, item in value.items()} if isinstance(value, dict) else value


# --- tools ----------------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> FastMCP:
    """A server with every built-in tool."""
    (tmp_path / "workspace").mkdir()
    return seawall.assemble(filesystem_blueprint(tmp_path, tmp_path / "workspace", access="write"))


async def listing(server: FastMCP) -> list[dict[str, Any]]:
    """Everything that the tools are, as a client lists it."""
    async with Client(server) as client:
        return [
            tool.model_dump(mode="json", by_alias=True, exclude_none=True)
            for tool in await client.list_tools()
        ]


def undocumented_tools(text: str, tools: list[dict[str, Any]]) -> list[str]:
    """Tools without their words, and parameters without a row that says what they mean."""
    found = undocumented(text, (tool["name"] for tool in tools))
    for tool in tools:
        below = (entry(text, f"`{tool['name']}`") or "").partition("**Result**")[0]
        rows = dict(re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", below, re.MULTILINE))
        found += [
            f"{tool['name']}.{name}"
            for name in tool["inputSchema"]["properties"]
            if not rows.get(name, "").strip()
        ]
    return found


@pytest.mark.anyio
async def test_every_tool_is_documented(server: FastMCP) -> None:
    tools = await listing(server)
    assert len(tools) == 4
    text = page("tools.md")
    assert undocumented_tools(text, tools) == []
    new = {"name": "delete_file", "inputSchema": {"properties": {"path": {}}}}
    assert undocumented_tools(text, [*tools, new]) == ["delete_file", "delete_file.path"]
    assert undocumented_tools(text.replace("| Only the first lines: how many. |", "|  |"), tools) == [
        "read_file.head"
    ]


# --- commands -------------------------------------------------------------------------------------------


def help_of(*command: str) -> str:
    """What the command's help prints."""
    output = StringIO()
    with redirect_stdout(output):
        application().meta([*command, "--help"])
    return output.getvalue()


def commands() -> list[str]:
    """The commands that the help lists."""
    listed = help_of().partition("Commands")[2].partition("Everywhere")[0]
    return re.findall(r"^ {4,6}([a-z]+) {2,}", listed, re.MULTILINE)


def undocumented_options(text: str, command: str, shown: str) -> list[str]:
    """Options that the help shows and the page does not have in a row with some words."""
    below = (entry(text, f"`seawall {command}`") or "") + (entry(text, "Options of every command") or "")
    rows = " ".join(re.findall(r"^\| (`-[^`]+`) \| \S", below, re.MULTILINE))
    options = set(re.findall(r"^ {4,6}(--[a-z-]+)", shown, re.MULTILINE))
    return sorted(option for option in options if not re.search(rf"{option}\b", rows))


def test_every_command_is_documented() -> None:
    names = commands()
    assert {"serve", "check", "config"} <= set(names)
    assert undocumented(page("commands.md"), (f"seawall {name}" for name in names)) == []
    assert undocumented(page("commands.md"), ["seawall fetch"]) == ["seawall fetch"]


@pytest.mark.parametrize("command", commands())
def test_every_option_is_documented(command: str) -> None:
    assert undocumented_options(page("commands.md"), command, help_of(command)) == []


def test_an_option_that_is_missing_or_bare_is_found() -> None:
    text, shown = page("commands.md"), help_of("serve")
    assert undocumented_options(text.replace("`--root DIR`", "`--rout DIR`"), "serve", shown) == ["--root"]
    bare = re.sub(r"\| `--host HOST` \| .*", "| `--host HOST` |  |", text)
    assert undocumented_options(bare, "serve", shown) == ["--host"]


# --- errors ---------------------------------------------------------------------------------------------


def error_values(name: str) -> dict[str, Any]:
    """The value of `code` or `exit_code` for each class of `errors/` that sets it, read from the source."""
    modules = sorted((ROOT / "src" / "seawall" / "errors").glob("*.py"))
    statements = (statement for module in modules for statement in ast.parse(module.read_text()).body)
    classes = (statement for statement in statements if isinstance(statement, ast.ClassDef))
    return {
        each.name: ast.literal_eval(value)
        for each in classes
        for target, value in map(_assigned, each.body)
        if target == name and value is not None
    }


def _assigned(statement: ast.stmt) -> tuple[str, ast.expr | None]:
    if isinstance(statement, ast.Assign):
        return ast.unparse(statement.targets[0]), statement.value
    if isinstance(statement, ast.AnnAssign):
        return ast.unparse(statement.target), statement.value
    return "", None


def undocumented_errors(text: str, codes: Iterable[str]) -> list[str]:
    """Codes without a heading, a sentence on when they come, or one on what to do."""
    wanted = sorted(codes)
    bare = [
        code
        for code in wanted
        if not re.search(r"^- What to do: \S", entry(text, f"`{code}`") or "", re.MULTILINE)
    ]
    return sorted({*undocumented(text, wanted), *bare})


def test_every_error_is_documented() -> None:
    codes = set(error_values("code").values()) - NEVER_RAISED
    assert {"blueprint_invalid", "path_escapes", "internal_error"} <= codes
    text = page("errors.md")
    assert undocumented_errors(text, codes) == []
    assert undocumented_errors(text, [*codes, "moon_phase"]) == ["moon_phase"]
    bare = re.sub(r"(?<=- What to do: )Read the file again.*", "", text)
    assert undocumented_errors(bare, codes) == ["conflict"]


def test_no_two_errors_have_one_code() -> None:
    codes = list(error_values("code").values())
    assert len(codes) == len(set(codes))


def test_every_exit_status_is_documented() -> None:
    assert set(error_values("exit_code").values()) <= set(EXIT_STATUSES)
    assert all(f"| {status} |" in commands_page() for status in EXIT_STATUSES)


def test_every_answer_of_http_is_documented() -> None:
    assert set(ANSWERS) == set(get_args(Refused))
    rows = re.findall(r"^\| \d+[^|]*\| `(\w+)` \| [^|]+ \| [^|]+ \|$", page("errors.md"), re.MULTILINE)
    assert set(rows) == set(ANSWERS)


# --- metrics --------------------------------------------------------------------------------------------


def test_every_metric_is_documented() -> None:
    names = re.findall(r"^# TYPE (\w+)", Metrics().text(), re.MULTILINE)
    assert "seawall_calls_total" in names
    assert undocumented(page("metrics.md"), names) == []
    assert undocumented(page("metrics.md"), ["seawall_moons_total"]) == ["seawall_moons_total"]


# --- log ------------------------------------------------------------------------------------------------


_WRITES = re.compile(r"_log\.(debug|info|warning|error|exception|critical|log|makeRecord)")


def logged_events() -> set[str]:
    """The first words of every record that the package writes, read from the source."""
    found = set()
    for path in (ROOT / "src" / "seawall").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _WRITES.fullmatch(ast.unparse(node.func)):
                constants = [each.value for each in node.args if isinstance(each, ast.Constant)]
                words = [each for each in constants if isinstance(each, str) and each]
                found |= {word.partition("\n")[0] for word in words}
    return found


def test_every_record_of_the_log_is_documented() -> None:
    events = logged_events()
    assert {"call", "ready", "internal error"} <= events
    assert undocumented(page("log.md"), events) == []


@pytest.mark.anyio
async def test_every_field_of_a_call_is_documented(server: FastMCP, caplog: pytest.LogCaptureFixture) -> None:
    fields: dict[str, set[str]] = {}
    with caplog.at_level("INFO", logger="seawall"):
        async with Client(server) as client:
            await client.call_tool_mcp("list_directory", {})
            await client.call_tool_mcp("read_file", {"path": "none"})
    for record in caplog.records:
        fields.setdefault(record.message, set()).update(vars(record).get("seawall", {}))
    documented = {record.event: set(record.fields) for record in RECORDS}
    assert fields["call"] == documented["call"]


def test_the_record_that_the_page_shows_has_the_fields_of_one() -> None:
    (shown,) = (json.loads(block.text) for block in blocks(ROOT / "docs" / "how-to" / "watch.md", "json"))
    (call,) = (record for record in RECORDS if record.event == "call")
    assert set(shown) == {*EVERYWHERE, *call.fields} - {"exception", "code"}  # neither comes with an answer


# --- pipeline -------------------------------------------------------------------------------------------


def test_the_picture_of_the_pipeline_has_its_order() -> None:
    (picture,) = blocks(ROOT / "docs" / "explanation" / "a-call.md", "text")
    halves = [line.split("->")[1:-1] for line in picture.text.splitlines() if "->" in line]
    drawn = [[step.strip() for step in half] for half in halves]
    assert drawn == [[place.step for place in places] for places in (AROUND_REQUEST, AROUND_TOOL)]


def test_no_page_has_a_heading_twice_that_others_link_to() -> None:
    for name in ("tools.md", "commands.md", "errors.md"):
        found = headings(page(name))
        assert len(found) == len(set(found)), name
