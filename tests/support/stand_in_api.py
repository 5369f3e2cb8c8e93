"""A small API as values, and a connection that calls nothing: it answers with what it would send."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from seawall.blueprint import parse
from seawall.runtime.assemble import Assembly, build
from seawall.toolsets.interface import CallContext, DataResult, Host, OperationResult, Reach
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import (
    ApiDescription,
    ApiOperation,
    Content,
    Fault,
    Parameter,
    Place,
    Quarantined,
    RequestBody,
    SecurityScheme,
    Server,
)
from seawall.toolsets.openapi.service import Service, Shaped
from seawall.toolsets.openapi.survey import Candidate
from seawall.toolsets.openapi.toolset import OpenApiKind
from seawall.types import JsonObject, JsonValue


def operation(key: str, operation_id: str | None = None, summary: str = "", **more: Any) -> ApiOperation:
    """An operation with nothing but what is said."""
    method, _, path = key.partition(" ")
    plain = ApiOperation(
        method=method,
        path=path,
        operation_id=operation_id,
        summary=summary,
        description="",
        tags=(),
        deprecated=False,
        parameters=(),
        body=None,
        responses=(),
        servers=(),
        security=(),
    )
    return replace(plain, **more)


def parameter(name: str, *, place: Place = "query", required: bool = False) -> Parameter:
    """A text."""
    return Parameter(name, place, required, {"type": "string"}, "form", explode=True)


PET = Content(
    "application/json",
    {
        "type": "object",
        "properties": {"id": {"type": "integer", "readOnly": True}, "name": {"type": "string"}},
        "required": ["id", "name"],
    },
)

OPERATIONS = (
    operation("POST /pet", "addPet", "Add a pet", tags=("pet",), body=RequestBody((PET,), required=True)),
    operation(
        "GET /pet/{petId}",
        "getPetById",
        "Find pet by ID",
        tags=("pet",),
        parameters=(parameter("petId", place="path", required=True), parameter("verbose")),
    ),
    operation(
        "DELETE /pet/{petId}",
        "deletePet",
        "Deletes a pet",
        tags=("pet",),
        parameters=(parameter("petId", place="path", required=True),),
    ),
    operation("GET /store/inventory", "getInventory", "Pet inventories", tags=("store",)),
    operation(
        "GET /user/{name}", None, "A user", parameters=(parameter("name", place="path", required=True),)
    ),
)

PETSTORE = ApiDescription(
    dialect="3.0",
    title="Petstore",
    version="1.0.27",
    description="",
    servers=(Server("https://petstore.example/api"),),
    operations=OPERATIONS,
    quarantined=(Quarantined("GET /broken", "its parameter `x` has no schema"),),
    faults=(Fault("/paths/~1pet", "a `$ref` leads nowhere; it was left out"),),
    security_schemes={"api_key": SecurityScheme("api_key", "api_key", "header", "api_key")},
    definitions={},
)


@dataclass
class Recorded:
    """What a stand-in was asked."""

    shaped: list[str] = field(default_factory=list)
    sent: list[tuple[str, str, JsonObject]] = field(default_factory=list)
    events: list[str] = field(default_factory=list)


class StandInService:
    """Answers every call with its own address and arguments."""

    def __init__(self, recorded: Recorded, base: str) -> None:
        self.recorded = recorded
        self.base = base

    def shaped(self, candidate: Candidate, *, tool: str) -> Shaped:
        self.recorded.shaped.append(tool)
        names = {each.name: each.required for each in candidate.operation.parameters}
        override = candidate.override
        for name in (*override.hidden, *override.fixed):
            if name not in names:
                raise ValueError(f"there is no argument {name!r}")
        shown = [name for name in names if name not in override.hidden and name not in override.fixed]
        properties: JsonObject = {name: {"type": "string", "description": name} for name in shown}

        async def handler(arguments: JsonObject, _context: CallContext) -> OperationResult:
            fixed: Mapping[str, JsonValue] = {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in override.fixed.items()
            }
            self.recorded.sent.append((candidate.operation.key, candidate.url, {**arguments, **fixed}))
            return DataResult({"called": candidate.operation.key})

        required: list[JsonValue] = [name for name in shown if names[name]]
        parameters: JsonObject = {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
        return Shaped(parameters, handler, lambda: {"type": "object"})

    def reach(self) -> Sequence[Reach]:
        return (Reach("network", self.base, "connect"),)

    async def start(self) -> None:
        self.recorded.events.append("start")

    async def close(self) -> None:
        self.recorded.events.append("close")

    def faults(self) -> Sequence[str]:
        return ()

    def degraded(self) -> Sequence[str]:
        return ()


class StandIn:
    """A connection to an API of values."""

    def __init__(self, description: ApiDescription = PETSTORE) -> None:
        self.description = description
        self.recorded = Recorded()

    def load(self, declaration: OpenApiDeclaration, host: Host) -> ApiDescription:
        del declaration, host
        return self.description

    def serve(
        self, declaration: OpenApiDeclaration, description: ApiDescription, host: Host, *, base: str
    ) -> Service:
        del declaration, description, host
        return StandInService(self.recorded, base)


BLUEPRINT = '[server]\nname = "pets"\n\n[[toolset]]\nkind = "openapi"\nspec = "petstore.yaml"\n'


def assembled(
    more: str = "", *, api: StandIn | None = None, directory: Path = Path("/nowhere")
) -> tuple[Assembly, StandIn]:
    """A server of an API, `more` stands in its toolset's table."""
    api = api or StandIn()
    kinds = {"openapi": OpenApiKind(api)}
    loaded = parse(
        BLUEPRINT + more,
        source="seawall.toml",
        directory=directory,
        kinds={"openapi": OpenApiDeclaration},
        environment={},
    )
    return build(loaded, kinds), api


async def served(
    more: str = "", *, api: StandIn | None = None, directory: Path = Path("/nowhere")
) -> tuple[Assembly, StandIn]:
    """The same from a coroutine: descriptions and lock files are read while a server is put together."""
    return await asyncio.to_thread(assembled, more, api=api, directory=directory)
