"""The blueprint section of the grpc toolset."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seawall.blueprint.auth import refused
from seawall.blueprint.quantities import ByteSize, DurationRule
from seawall.blueprint.secret import SecretReference
from seawall.blueprint.section import Allowed
from seawall.toolsets.overriding import ToolOverride
from seawall.toolsets.remote import ServiceDeclaration

__all__ = ["GrpcDeclaration", "MethodOverride"]


class MethodOverride(ToolOverride):
    """What one method has otherwise than its description says."""


class GrpcDeclaration(ServiceDeclaration):
    """Methods of a gRPC service. Needs the extra `seawall[grpc]`."""

    kind: Literal["grpc"] = Field(default="grpc", description="Methods of a gRPC service.")
    endpoint: Annotated[
        str,
        Field(pattern=r"^https?://[^\s/?#]+$"),
        Allowed("https://HOST:PORT, or http://HOST:PORT for a connection without encryption"),
    ] = Field(
        description="Where the service is: `https` for TLS, `http` for a connection that nothing encrypts.",
        examples=["https://pets.example:443"],
    )
    proto: tuple[str, ...] = Field(
        default=(),
        description="The service's `.proto` files. Paths start at the blueprint. They are compiled when the server starts.",
        examples=[["protos/pets.proto"]],
    )
    proto_path: str = Field(
        default="",
        description="The directory at which `import` in them starts; that of the first file when empty. Nothing outside "
        "of it is read but what comes with the compiler.",
        examples=["protos"],
    )
    descriptors: str = Field(
        default="",
        description="Instead of `proto`: a FileDescriptorSet with its imports, as `protoc --include_imports "
        "--include_source_info --descriptor_set_out` writes it, or as text (`.txtpb`). With `reflection`, where it is saved.",
        examples=["specs/pets.binpb"],
    )
    reflection: bool = Field(
        default=False,
        description="Instead of both: ask the service itself, once. What it says is saved in `descriptors` "
        "(`NAME.txtpb` when empty) and used from then on; delete that file to ask again.",
    )
    sha256: Annotated[
        str, Field(pattern=r"^([0-9a-f]{64})?$"), Allowed("64 hexadecimal digits in small letters")
    ] = Field(
        default="",
        description="Hash of the file `descriptors`. One that differs is refused.",
        examples=["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
    )
    services: tuple[str, ...] = Field(
        default=(),
        description="Full names of the services to take; all that are described when empty.",
        examples=[["pets.v1.PetStore"]],
    )
    descriptor_size: ByteSize = Field(
        default=16 * 1024**2, description="Largest description that is read, all files together."
    )
    ca: str = Field(
        default="",
        description="Certificates to trust instead of the machine's, a PEM file; the path starts at the blueprint.",
        examples=["certs/ca.pem"],
    )
    certificate: str = Field(
        default="",
        description="The server's own certificate for the service, a PEM file.",
        examples=["certs/us.pem"],
    )
    certificate_key: SecretReference | None = Field(
        default=None,
        description="Where that certificate's key is (PEM).",
        examples=["file:/run/secrets/us.key"],
    )
    message_size: ByteSize = Field(
        default=4 * 1024**2,
        description="Largest message that is sent or taken. What is taken is also bound by twice `limits.response_size`.",
    )
    page_wait: Annotated[float, DurationRule(maximum=3600.0)] = Field(
        default=10.0,
        description="How long one page of a stream is waited for at most, before what has come is given.",
    )
    stream_idle: Annotated[float, DurationRule(maximum=3600.0)] = Field(
        default=60.0, description="After this time without being read on, a stream is ended."
    )
    stream_lifetime: Annotated[float, DurationRule(maximum=86400.0)] = Field(
        default=600.0, description="The deadline that the service is given for a whole stream."
    )
    streams: int = Field(
        default=32,
        ge=1,
        le=1000,
        description="Streams that are kept open between two pages; of one caller a quarter.",
    )
    override: dict[str, MethodOverride] = Field(
        default_factory=dict,
        description='What single methods have otherwise, by full name: `[toolset.override."pets.v1.PetStore/GetPet"]`.',
        examples=[{"pets.v1.PetStore/GetPet": {"name": "get_pet"}}],
    )

    @model_validator(mode="after")
    def _one_description(self) -> Self:
        given = [bool(self.proto), bool(self.descriptors) and not self.reflection, self.reflection]
        if sum(given) != 1:
            raise refused("one of `proto`, `descriptors` and `reflection = true`")
        if (self.certificate == "") != (self.certificate_key is None):
            raise refused("`certificate` together with `certificate_key`")
        if self.endpoint.startswith("http:") and (self.ca or self.certificate):
            raise refused("certificates only with an `endpoint` at https")
        return self
