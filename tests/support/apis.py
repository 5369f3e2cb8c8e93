"""Small APIs as values, and calls of their operations without a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seawall.security.budget import Deadline
from seawall.toolsets.interface import CallContext, Caller
from seawall.toolsets.openapi.arguments import Offer, Shape, shape
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
from seawall.toolsets.openapi.request import Sending, build
from seawall.types import JsonObject
from seawall.upstream.messages import UpstreamRequest, UpstreamResponse

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


async def _no_progress(done: float, total: float | None = None, message: str | None = None) -> None:
    del done, total, message


def context(limit: int = 64 * 1024) -> CallContext:
    """A call of somebody who may do everything."""
    return CallContext("1", Caller("local", patterns=("*",)), Deadline.after(30), limit, _no_progress)


def keys(pairs: Iterable[tuple[str, str]]) -> list[str]:
    """The names of headers, in their order."""
    return [name for name, _ in pairs]
