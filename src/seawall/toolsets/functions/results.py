"""From what a function returns to the result of a call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import NoneType
from typing import Any, Final, NewType, TypeAlias

from pydantic import ConfigDict, PydanticUserError, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import to_json

from seawall.toolsets.functions.injection import bare
from seawall.toolsets.functions.schema import ResultSchema, Unsupported, inlined, unsupported
from seawall.toolsets.functions.signature import UNSET, Annotation
from seawall.toolsets.interface import DataResult, OperationResult, TextResult
from seawall.types import JsonObject

__all__ = ["Encode", "ResultForm", "adapter_of", "result_form", "schema_of", "unsupported_result"]

Encode: TypeAlias = Callable[[object], OperationResult]

_DONE: Final = TextResult(text="Done.", note="", details={})
_RENAMED: Final = partial(NewType, "Result")  # a type that is known at run time alone
_CONFIG: Final = ConfigDict(ser_json_bytes="base64")


@dataclass(frozen=True, slots=True)
class ResultForm:
    """How the results of one function go out.

    Attributes:
        output: JSON Schema of the data, an object; None when the result is text.
        encode: makes the result of a value that the function returned.
    """

    output: JsonObject | None
    encode: Encode


def _promises_data(annotation: Annotation) -> bool:
    """Whether a return annotation says what the data looks like."""
    return annotation is not UNSET and bare(annotation) not in {str, None, NoneType, Any, object}


def unsupported_result(annotation: Annotation) -> Unsupported | None:
    """Why results of a type cannot go out as data; None when they can, or when no data is promised."""
    return unsupported(lambda: schema_of(adapter_of(annotation))) if _promises_data(annotation) else None


def result_form(annotation: Annotation, described: str) -> ResultForm:
    """The form for a return annotation; `described` is what the docstring says of the result.

    Text stays text, nothing becomes a confirmation. An object goes out as it is, every other value as
    `{"result": value}`. Without a promise in the annotation, data goes out as JSON in the text.
    """
    if not _promises_data(annotation):
        return ResultForm(None, _loose)
    adapter: TypeAdapter[object] = adapter_of(annotation)
    schema = inlined(schema_of(adapter))
    if described:
        schema.setdefault("description", described)

    def dump(value: object) -> Any:  # noqa: ANN401  JSON
        return adapter.dump_python(value, mode="json", by_alias=True, warnings=False)

    if schema.get("type") == "object":
        return ResultForm(schema, lambda value: DataResult(dump(value)))
    definitions = schema.pop("$defs", None)
    wrapped: JsonObject = {
        "type": "object",
        "properties": {"result": schema},
        "required": ["result"],
        "additionalProperties": False,
    }
    if definitions is not None:
        wrapped["$defs"] = definitions
    return ResultForm(wrapped, lambda value: DataResult({"result": dump(value)}))


def _loose(value: object) -> OperationResult:
    if value is None:
        return _DONE
    if isinstance(value, str):
        return TextResult(text=str(value), note="", details={})
    return TextResult(text=to_json(value, bytes_mode="base64").decode(), note="", details={})


def schema_of(adapter: TypeAdapter[object]) -> JsonSchemaValue:
    """The schema of what goes out."""
    return adapter.json_schema(mode="serialization", schema_generator=ResultSchema)


def adapter_of(annotation: Annotation) -> TypeAdapter[object]:
    """What makes data of values.

    Pydantic takes no configuration for a class that could have one itself, but does for another name of it. A pydantic
    model keeps its own.
    """
    try:
        return TypeAdapter(annotation, config=_CONFIG)
    except PydanticUserError:
        another_name: Any = _RENAMED(annotation)
        return TypeAdapter(another_name, config=_CONFIG)
