"""What a prompt is: values, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:  # it loads Jinja2, and a server without prompts does without
    from seawall.prompts.template import Template

__all__ = ["Argument", "ArgumentType", "Limits", "MessageTemplate", "Prompt", "Role", "Value"]

ArgumentType: TypeAlias = Literal["string", "integer", "number", "boolean", "path"]
Role: TypeAlias = Literal["user", "assistant"]
Value: TypeAlias = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument. Clients send texts; the type says what they become.

    Attributes:
        name: as templates and clients call it.
        type: a `path` is a text that is completed with the names of files.
        description: for people and the model.
        required: whether it must be given.
        default: its value when it is not given; None for none.
        choices: the only values that it may have, when there are any.
        minimum: of a number.
        maximum: of a number.
        min_length: characters of a text.
        max_length: likewise.
        pattern: RE2 expression that the whole text must match; empty for any.
    """

    name: str
    type: ArgumentType = "string"
    description: str = ""
    required: bool = False
    default: Value | None = None
    choices: tuple[Value, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    min_length: int = 0
    max_length: int = 10_000
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one prompt may cost.

    Attributes:
        size: characters of all messages together, and of every text on the way.
        seconds: for making it, the time of files and tools included.
    """

    size: int = 256 * 1024
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class MessageTemplate:
    """One message before it is made: who speaks, and the template of the text."""

    role: Role
    template: Template


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    Attributes:
        name: that of its file, without `.md`.
        title: for people.
        description: for people and the model.
        arguments: in the order of the file.
        messages: what it says, in order.
        scopes: what a caller must have to see and get it.
        source: path of its file, for messages to the operator.
    """

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]
    messages: tuple[MessageTemplate, ...]
    scopes: frozenset[str] = frozenset()
    source: str = ""
    by_name: Mapping[str, Argument] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", MappingProxyType({each.name: each for each in self.arguments}))
