"""The tests that every server should pass: a project inherits them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import jsonschema_rs
import pytest
from mcp_types import Tool

from seawall.testing.client import ServerClient
from seawall.testing.surface import changes, surface_text
from seawall.toolsets.arguments import ArgumentSchema

if TYPE_CHECKING:
    from seawall.testing.rehearsing import Rehearsal

__all__ = ["ServerContract"]

_MOST_FAULTS: Final = 20
_FAULTS: Final = frozenset({"internal_error", "error"})
_UPDATE: Final = "Run `pytest --seawall-update` to record the tools as they are now."


class ServerContract:
    """Inherit it in a class whose name begins with `Test`; each test below then runs in both eras of the protocol.

    Attributes:
        blueprint: the blueprint, relative to the project (pytest's root directory).
        surface: the file in which the tools are recorded, relative to the project.
        examples: how many generated arguments each tool is called with.
        calls_writing_tools: whether tools that may change something are called, too. The server runs on a copy of
            the project, so that paths within it are safe; what is absolute or remote is not.
    """

    blueprint: ClassVar[str] = "seawall.toml"
    surface: ClassVar[str] = "tests/surface.json"
    examples: ClassVar[int] = 8
    calls_writing_tools: ClassVar[bool] = False

    def test_every_tool_describes_itself(self, client: ServerClient) -> None:
        """Names, descriptions, hints and schemas are there, and the schemas are valid JSON Schema 2020-12."""
        tools = client.tools()
        faults = [fault for tool in tools for fault in _described(tool)]
        offers = client.offers()
        anything = tools or offers.prompts or offers.resources or offers.templates
        faults += [] if anything else ["the server lists no tool, no prompt and no resource"]
        _no(faults)

    def test_arguments_that_do_not_fit_are_refused(self, client: ServerClient) -> None:
        """Each is refused as `invalid_arguments`, before the tool runs, and without an internal error."""
        from seawall.testing.arguments import fitting, wrong  # noqa: PLC0415  hypothesis loads slowly

        faults = []
        for tool in client.tools():
            base = next(iter(fitting(tool.input_schema, 1)), {})
            for each in wrong(tool.input_schema, base):
                outcome = client.call_with(tool.name, each.arguments)
                if outcome.code != "invalid_arguments":
                    faults.append(
                        f"{tool.name}: {each.what}: {outcome.code or 'accepted'}: {outcome.text[:200]}"
                    )
        _no(faults)

    def test_arguments_that_fit_are_answered(self, client: ServerClient) -> None:
        """With a result that fits the tool's output schema, or with a refusal: never with an internal error.

        A refusal may well be `invalid_arguments`: a schema cannot say all that a tool demands.
        """
        from seawall.testing.arguments import fitting  # noqa: PLC0415  hypothesis loads slowly

        faults = []
        for tool in client.tools():
            if not (self.calls_writing_tools or _reads(tool)):
                continue
            output = ArgumentSchema(tool.output_schema) if tool.output_schema else None
            for arguments in fitting(tool.input_schema, self.examples):
                outcome = client.call_with(tool.name, arguments)
                if outcome.code in _FAULTS:
                    faults.append(f"{tool.name}({arguments!r:.200}): {outcome.code}: {outcome.text[:200]}")
                elif outcome.code is None and output is not None and not output.fits(outcome.data or {}):
                    faults.append(f"{tool.name}({arguments!r:.200}): the result does not fit its schema")
        _no(faults)

    def test_prompts_and_resources_describe_themselves(self, client: ServerClient) -> None:
        """Whoever chooses one knows it by more than its name."""
        offers = client.offers()
        named = [(f"prompt {each.name}", each.description) for each in offers.prompts]
        named += [(f"template {each.uri_template}", each.description) for each in offers.templates]
        _no([f"{name}: has no description" for name, description in named if not (description or "").strip()])

    def test_every_prompt_can_be_made_and_every_resource_read(
        self, client: ServerClient, request: pytest.FixtureRequest
    ) -> None:
        """Or is refused in words for its caller: never with an internal error. Prompts get one word for each argument.

        Pages of other servers are not read: a test asks nobody.
        """
        offers, remote = client.offers(), frozenset[str]()
        if "rehearsal" in request.fixturenames:
            remote = request.getfixturevalue("rehearsal").remote
        asked = [
            (
                f"prompt {each.name}",
                client.prompt(each.name, **{one.name: "1" for one in each.arguments or ()}),
            )
            for each in offers.prompts
        ]
        asked += [
            (f"resource {each.uri}", client.read(str(each.uri)))
            for each in offers.resources
            if str(each.uri) not in remote
        ]
        _no([f"{name}: {found.code}: {found.text[:200]}" for name, found in asked if found.code in _FAULTS])

    def test_every_request_to_an_api_is_as_its_description_says(
        self, client: ServerClient, request: pytest.FixtureRequest
    ) -> None:
        """Every operation is called, listed or not, and no request breaks the API's own description.

        Mocks made of the descriptions play the APIs, so that nothing is really changed.
        """
        from seawall.testing.arguments import fitting  # noqa: PLC0415  hypothesis loads slowly

        if "rehearsal" not in request.fixturenames:
            return  # the project's own `server`: nothing is known of what is behind it
        rehearsal: Rehearsal = request.getfixturevalue("rehearsal")
        faults, began = [], {name: len(each.faults) for name, each in rehearsal.services.items()}
        for tool, schema in rehearsal.operations.items():
            for arguments in fitting(schema, self.examples):
                outcome = client.call_with(tool, arguments)
                if outcome.code in _FAULTS:
                    faults.append(f"{tool}({arguments!r:.200}): {outcome.code}: {outcome.text[:200]}")
        for name, service in rehearsal.services.items():
            faults += [f"{name}: {fault}" for fault in service.faults[began[name] :]]
        _no(faults)

    def test_the_tools_are_those_that_were_recorded(
        self, client: ServerClient, request: pytest.FixtureRequest
    ) -> None:
        """What clients rely on has not changed unseen."""
        file = request.config.rootpath / self.surface
        now = surface_text(client.tools(), client.offers())
        if request.config.getoption("--seawall-update"):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(now, encoding="utf-8")
        if not file.is_file():
            pytest.fail(f"{self.surface} is not there. {_UPDATE}", pytrace=False)
        recorded = file.read_text(encoding="utf-8")
        if difference := changes(recorded, now, file=Path(self.surface)):
            pytest.fail(f"The tools are not those of {self.surface}. {_UPDATE}\n{difference}", pytrace=False)


def _described(tool: Tool) -> list[str]:
    faults = [] if (tool.description or "").strip() else ["has no description"]
    for what, schema in (("input", tool.input_schema), ("output", tool.output_schema)):
        if schema is None:
            continue
        try:
            jsonschema_rs.Draft202012Validator(schema)
        except ValueError as error:
            faults.append(f"its {what} schema is not valid: {error}")
        if schema.get("type") != "object":
            faults.append(f"its {what} schema is not one of an object")
    properties: dict[str, Any] = tool.input_schema.get("properties", {})
    faults += [
        f"its argument {name} has no description" for name, rule in properties.items() if not _said(rule)
    ]
    hints = tool.annotations
    if hints is None or hints.read_only_hint is None:
        faults.append("does not say whether it only reads (readOnlyHint)")
    return [f"{tool.name}: {fault}" for fault in faults]


def _said(rule: object) -> bool:
    return isinstance(rule, dict) and bool(rule.get("description"))


def _reads(tool: Tool) -> bool:
    return bool(tool.annotations and tool.annotations.read_only_hint)


def _no(faults: list[str]) -> None:
    if faults:
        more = len(faults) - _MOST_FAULTS
        lines = faults[:_MOST_FAULTS] + ([f"... and {more} more"] if more > 0 else [])
        pytest.fail(f"{len(faults)} faults:\n" + "\n".join(f"- {line}" for line in lines), pytrace=False)
