"""`@seawall.resource`: a function whose result is something to read, under a URI of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError, create_model
from pydantic_core import to_json

from seawall.errors import InvalidArgumentsError
from seawall.toolsets.functions.marks import SCOPES, MarkFault, Marks, are_scopes
from seawall.toolsets.functions.schema import ArgumentsSchema, inlined
from seawall.toolsets.functions.signature import UNSET, Annotation, Signature
from seawall.toolsets.interface import Hints
from seawall.types import JsonObject, JsonValue

__all__ = [
    "ResourceMark",
    "Texts",
    "as_read",
    "content_of",
    "read_resource_mark",
    "resource",
    "resource_faults",
]

_F = TypeVar("_F", bound=Callable[..., Any])
_ATTRIBUTE: Final = "__seawall_resource__"
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_URI: Final = re.compile(r"[a-z][a-z0-9+.-]*://(?:[A-Za-z0-9_.~/-]|\{[A-Za-z_]\w*\})+")
_READING: Final = Hints(read_only=True, destructive=False, idempotent=True, open_world=True)
_MEDIA_TYPE: Final = re.compile(r"[\w.+-]+/[\w.+-]+")


@dataclass(frozen=True, slots=True)
class ResourceMark:
    """What the decorator says.

    Attributes:
        uri: `stock://items` or, with variables that are parameters of the function, `stock://items/{name}`.
        media_type: of what it gives; empty for one that follows from what it gives.
        scopes: what a caller must have, beside the toolset's scopes, to see and read it.
    """

    uri: str
    media_type: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The parameters that the URI gives."""
        return tuple(_VARIABLE.findall(self.uri))


def resource(uri: str, *, media_type: str = "", scopes: Sequence[str] = ()) -> Callable[[_F], _F]:
    """Offer a function, or a method of a contract, as something to read: `@resource("stock://items/{name}")`.

    A text goes out as text, bytes as bytes, anything else as JSON. Such a function is no tool, unless `@operation`
    stands on it, too. Who lacks one of the scopes neither sees nor reads it. Nothing is judged here: `seawall check` reports
    what is wrong, with its line.
    """

    def mark(marked: _F) -> _F:
        setattr(marked, _ATTRIBUTE, ResourceMark(uri, media_type, _tuple(scopes)))
        return marked

    return mark


def _tuple(scopes: object) -> tuple[Any, ...]:
    return tuple(scopes) if isinstance(scopes, list | tuple) else (scopes, None)  # judged later, as a whole


def read_resource_mark(function: object) -> ResourceMark | None:
    """What the decorator says of the function; None where it does not stand."""
    found = getattr(function, _ATTRIBUTE, None)
    return found if isinstance(found, ResourceMark) else None


def as_read(function: object, marks: Marks) -> Marks:
    """The marks of a function, of which nothing but `@resource` says what it does: a resource is only ever read."""
    if marks.marked or read_resource_mark(function) is None:
        return marks
    return replace(marks, hints=_READING)


def resource_faults(mark: ResourceMark, signature: Signature) -> Iterator[MarkFault]:
    """What keeps a function from being read under its URI."""
    if not _URI.fullmatch(str(mark.uri)):
        yield MarkFault("uri", f"{mark.uri!r} is no URI of a resource", "a URI such as stock://items/{name}")
        return
    if {".", ".."} & set(mark.uri.split("/")):  # RFC 3986, 5.2.4: clients would ask for another one
        yield MarkFault(
            "uri", f"{mark.uri!r} has a part that leads elsewhere", "parts other than '.' and '..'"
        )
    yield from _faulty_words(mark)
    names = [each.name for each in signature.parameters]
    for variable in mark.variables:
        if variable not in names:
            yield MarkFault(
                "uri", f"the URI has {{{variable}}}, and there is no such parameter", "its parameters"
            )
    for each in signature.parameters:
        if each.name in mark.variables and not _is_text(each.annotation):
            yield MarkFault(
                "uri",
                f"no text of a URI is a value of {each.name!r}",
                "a text, number, date, enum or the like",
            )
        if each.default is UNSET and each.name not in mark.variables:
            yield MarkFault(
                "uri", f"the URI does not give {each.name!r}", f"{{{each.name}}} in the URI, or a default"
            )
    if signature.item is not UNSET:
        yield MarkFault("uri", "it gives an iterator, and a resource is read at once", "a list as its result")


def _is_text(annotation: Annotation) -> bool:
    """Whether a value of that type can be told by one text."""
    schema = inlined(TypeAdapter(annotation).json_schema(schema_generator=ArgumentsSchema))
    waiting: list[JsonValue] = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            choices = [each for key in ("anyOf", "oneOf") if isinstance(each := node.get(key), list)]
            waiting += [each for some in choices for each in some]
            if not choices and node.get("type") not in {"object", "array", "null"}:
                return True
    return False


def _faulty_words(mark: ResourceMark) -> Iterator[MarkFault]:
    """What is wrong beside the URI."""
    if mark.media_type and not _MEDIA_TYPE.fullmatch(mark.media_type):
        yield MarkFault("media_type", f"{mark.media_type!r} is no media type", "such as text/markdown")
    if not are_scopes(mark.scopes):
        yield MarkFault("scopes", "its scopes are none", SCOPES)


class Texts:
    """Makes the values of a function from the texts of a URI."""

    __slots__ = ("_model", "_name", "_names")

    def __init__(self, name: str, signature: Signature) -> None:
        """Args: name: of the resource, for messages. signature: what the function takes."""
        fields: dict[str, Any] = {
            f"p{number}": (each.annotation, ... if each.default is UNSET else each.default)
            for number, each in enumerate(signature.parameters)
        }
        self._name = name
        self._names = {each.name: f"p{number}" for number, each in enumerate(signature.parameters)}
        self._model = create_model("Texts", **fields)

    def decode(self, texts: JsonObject, /) -> dict[str, Any]:
        """The values by parameter name.

        Raises:
            InvalidArgumentsError: a text is no value of its type.
        """
        given = {self._names[name]: text for name, text in texts.items() if name in self._names}
        try:
            values = vars(self._model.model_validate_strings(given))
        except ValidationError as error:
            by_field = {field: name for name, field in self._names.items()}
            wrong = {by_field.get(str(each["loc"][0]), "") for each in error.errors(include_url=False)}
            faults = [f"{name} is no valid value in the URI" for name in sorted(wrong)]
            raise InvalidArgumentsError(tool=self._name, faults=faults) from None
        return {name: values[field] for name, field in self._names.items()}


def content_of(value: object, adapter: TypeAdapter[object] | None) -> str | bytes:
    """What goes out: texts and bytes as they are, everything else as JSON."""
    if isinstance(value, str | bytes):
        return value
    plain = (
        value if adapter is None else adapter.dump_python(value, mode="json", by_alias=True, warnings=False)
    )
    return to_json(plain).decode()
