"""What a description says, as values: services, their methods, and the pool that knows their messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pool import DescriptorPool

__all__ = ["Api", "Method"]


@dataclass(frozen=True, slots=True)
class Method:
    """One method.

    Attributes:
        service: full name of its service.
        name: its own.
        request: what it takes.
        response: what it answers, each time when it streams.
        client_streaming: it takes any number of messages.
        server_streaming: it answers any number of messages.
        level: `NO_SIDE_EFFECTS`, `IDEMPOTENT`, or empty when nobody said.
        comment: what its author wrote above it.
        deprecated: its author would rather not have it called.
    """

    service: str
    name: str
    request: Descriptor
    response: Descriptor
    client_streaming: bool
    server_streaming: bool
    level: str = ""
    comment: str = ""
    deprecated: bool = False

    @property
    def key(self) -> str:
        """What names it in the description: `pets.v1.PetStore/GetPet`."""
        return f"{self.service}/{self.name}"

    @property
    def path(self) -> str:
        """Where it is called."""
        return f"/{self.key}"


@dataclass(frozen=True, slots=True)
class Api:
    """What a description has.

    Attributes:
        pool: all of its messages, and nothing of any other description in this process.
        methods: of every service, in the order of the description.
        comments: by the full name of a field or message, what its author wrote above it.
        behaviours: by the full name of a field, what `google.api.field_behavior` says of it.
    """

    pool: DescriptorPool
    methods: tuple[Method, ...]
    comments: Mapping[str, str] = field(default_factory=dict, repr=False)
    behaviours: Mapping[str, frozenset[int]] = field(default_factory=dict, repr=False)
