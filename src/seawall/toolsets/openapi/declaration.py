"""The blueprint section of the openapi toolset."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seawall.blueprint.quantities import ByteSize
from seawall.blueprint.section import Allowed
from seawall.toolsets.overriding import CallOverride
from seawall.toolsets.remote import RemoteDeclaration

__all__ = ["OpenApiDeclaration", "OperationOverride"]


class OperationOverride(CallOverride):
    """What one operation has otherwise than its description says."""


class OpenApiDeclaration(RemoteDeclaration):
    """Operations of a REST API."""

    kind: Literal["openapi"] = Field(default="openapi", description="Operations of a REST API.")
    spec: Annotated[str, Field(min_length=1)] = Field(
        description="The API's description: OpenAPI 3.0, 3.1, 3.2 or Swagger 2.0, in JSON or YAML. A path, which "
        "starts at the blueprint, or an https URL, which needs `sha256`.",
        examples=["specs/petstore.yaml", "https://api.example/openapi.json"],
    )
    sha256: Annotated[
        str, Field(pattern=r"^([0-9a-f]{64})?$"), Allowed("64 hexadecimal digits in small letters")
    ] = Field(
        default="",
        description="Hash of the description. One that differs is refused.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    base_url: Annotated[
        str, Field(pattern=r"^(https?://[^\s?#]+)?$"), Allowed("an http or https URL without query")
    ] = Field(
        default="",
        description="Where the API is. Empty: the first server that the description names, when that is one of https.",
        examples=["https://petstore.example/api/v3"],
    )
    hosts: tuple[
        Annotated[
            str,
            Field(pattern=r"^https?://[^\s/?#]+$"),
            Allowed("scheme, host and port alone, such as https://files.example"),
        ],
        ...,
    ] = Field(
        default=(),
        description="Where operations may be called beside `base_url`. The description gives some operations a server of "
        "their own; one that is not named here is not served.",
        examples=[["https://uploads.example"]],
    )
    spec_size: ByteSize = Field(default=32 * 1024**2, description="Largest description that is read.")
    x_mcp: Literal["honour", "ignore"] = Field(
        default="honour",
        description="Whether `x-mcp` in the description takes operations out and names them. It never makes hints milder.",
    )
    override: dict[str, OperationOverride] = Field(
        default_factory=dict,
        description="What single operations have otherwise, by `METHOD /path` or operationId: "
        '`[toolset.override."GET /pet/{petId}"]`.',
        examples=[{"GET /pet/{petId}": {"name": "get_pet"}}],
    )
