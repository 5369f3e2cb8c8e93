"""Small APIs as values, and calls of their operations without a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx2

from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import CallContext, Hints, Operation
from seawall.toolsets.openapi.arguments import Offer, Shape, shape
from seawall.toolsets.openapi.calling import Calling
from seawall.toolsets.openapi.model import (
    ApiDescription,
    ApiOperation,
    Content,
    Encoding,
    Parameter,
    RequestBody,
    Response,
    Server,
)
from seawall.toolsets.openapi.pager import DescribedPager, pagings
from seawall.toolsets.openapi.reading import read
from seawall.toolsets.openapi.request import Sending, build
from seawall.toolsets.serving import OperationTool
from seawall.types import JsonObject
from seawall.upstream import Upstream, UpstreamPolicy
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse
from support.descriptions import SPECS

BASE = "https://api.example/v1"
_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form", "querystring": "form"}


def parameter(name: str, place: str = "query", schema: JsonObject | None = None, **more: Any) -> Parameter:
    """A parameter with the defaults of OpenAPI."""
    style = more.pop("style", _STYLES[place])
    return Parameter(
        name=name,
        place=place,  # type: ignore[arg-type]
        required=more.pop("required", place == "path"),
        schema={"type": "string"} if schema is None else schema,
        style=style,
        explode=more.pop("explode", style in {"form", "cookie", "deepObject"}),
        **more,
    )


def body(
    schema: JsonObject | None = None,
    media_type: str = "application/json",
    *,
    required: bool = True,
    encoding: Mapping[str, Encoding] | None = None,
) -> RequestBody:
    """A body in one form."""
    return RequestBody(
        (Content(media_type, {} if schema is None else schema, encoding or {}),), required=required
    )


def answers(
    schema: JsonObject | None = None, media_type: str = "application/json", status: str = "200"
) -> Response:
    """A response with one form, or none without a media type."""
    contents = (Content(media_type, {} if schema is None else schema),) if media_type else ()
    return Response(status, "", contents)


def operation(
    method: str = "GET", path: str = "/things", *parameters: Parameter, **more: Any
) -> ApiOperation:
    """An operation; what is not said is empty, and it answers with any JSON."""
    settings: dict[str, Any] = {
        "operation_id": None,
        "summary": "",
        "description": "",
        "tags": (),
        "deprecated": False,
        "body": None,
        "responses": (answers(),),
        "servers": (),
        "security": (),
    }
    return ApiOperation(method=method, path=path, parameters=parameters, **{**settings, **more})


def api(*operations: ApiOperation, definitions: Mapping[str, JsonObject] | None = None) -> ApiDescription:
    """A whole API of them."""
    return ApiDescription(
        dialect="3.1",
        title="Things",
        version="1",
        description="",
        servers=(Server(BASE),),
        operations=operations,
        quarantined=(),
        faults=(),
        security_schemes={},
        definitions=definitions or {},
    )


def shaped(one: ApiOperation, definitions: Mapping[str, JsonObject] | None = None, **offer: Any) -> Shape:
    """Its arguments."""
    return shape(one, definitions=definitions or {}, offer=Offer(**offer), tool="tool")


def requested(one: ApiOperation, arguments: JsonObject, *, base: str = BASE, **offer: Any) -> UpstreamRequest:
    """The request that a call makes."""
    return build(shaped(one, **offer), one, arguments, Sending(base))


def answered(
    content: bytes | str,
    media_type: str = "application/json",
    *,
    status: int = 200,
    complete: bool = True,
    disposition: str = "",
) -> UpstreamResponse:
    """What a service might answer."""
    data = content.encode() if isinstance(content, str) else content
    headers = {"content-type": media_type} if media_type else {}
    if disposition:
        headers["content-disposition"] = disposition
    return UpstreamResponse(status, headers, data, complete, BASE)


def real(name: str) -> ApiDescription:
    """A real description, one of `SPECS`."""
    return read(SPECS[name].read_bytes())


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Upstream]:
    """A real client of the service at that URL."""
    transport = httpx2.AsyncHTTPTransport()
    client = Upstream(UpstreamPolicy((url,)), transport, {})
    await client.start()
    try:
        yield client
    finally:
        await client.close()


def served(
    one: ApiOperation,
    client: Upstream,
    url: str,
    definitions: Mapping[str, JsonObject] | None = None,
    **more: Any,
) -> OperationTool:
    """The operation as a tool that asks the service at that URL."""

    async def send(request: UpstreamRequest, context: CallContext) -> UpstreamResponse:
        return await client.send(request, deadline=context.deadline, principal=context.principal)

    form = shaped(one, definitions, **more)
    calling = Calling(
        one,
        form,
        sending=Sending(url),
        definitions=definitions or {},
        send=send,
        workers=WorkerPool(size=2, queued=8),
        pager=DescribedPager(lambda: client.pages, pagings(one, definitions or {})),
    )
    hints = Hints(read_only=False, destructive=False, idempotent=False, open_world=True)
    operation = Operation("tool", "", "", form.schema, None, hints, calling, varies=True)
    return OperationTool.of(operation, response_limit=64 * 1024, timeout=30)
