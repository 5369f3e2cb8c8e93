"""From the arguments of a call, as JSON has them, to the values that a function wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails, to_json

from seawall.errors import InvalidArgumentsError, Problem
from seawall.toolsets.functions.injection import bare
from seawall.toolsets.functions.schema import ArgumentsSchema, inlined, unsupported
from seawall.toolsets.functions.signature import UNSET, Parameter
from seawall.toolsets.functions.source import problem
from seawall.types import JsonObject

__all__ = ["Arguments", "problems"]

_SHOWN_FAULTS: Final = 5
_CONFIG: Final = ConfigDict(
    extra="forbid", hide_input_in_errors=True, val_json_bytes="base64", ser_json_bytes="base64"
)
_WITH_DEFAULTS: Final = ConfigDict(validate_default=True)


class Arguments:
    """The arguments of one function.

    Attributes:
        schema: JSON Schema 2020-12, closed; references only where a type holds itself.
    """

    __slots__ = ("_names", "_tool", "_validate", "schema")

    def __init__(self, tool: str, parameters: Sequence[Parameter], described: Mapping[str, str]) -> None:
        """Make schema and validator; `problems` was asked before, so that nothing can fail here.

        Args:
            tool: the operation's name, for messages.
            parameters: what callers give.
            described: what the docstring says of each parameter.
        """
        self._tool = tool
        self._names = {_own_name(number): each.name for number, each in enumerate(parameters)}
        model = _model(parameters, described)
        self._validate = model.__pydantic_validator__.validate_json
        self.schema: JsonObject = inlined(model.model_json_schema(schema_generator=ArgumentsSchema))
        self.schema.setdefault("properties", {})

    def decode(self, arguments: JsonObject) -> dict[str, Any]:
        """The values by parameter name; what was not given has the function's default.

        The arguments fit the schema already. What a schema cannot say (a date that exists, a validator of the
        author's) is found out here, by pydantic's strict rules for JSON.

        Raises:
            InvalidArgumentsError: names each argument that is not valid.
        """
        text = to_json(arguments)
        try:
            model = self._validate(text, strict=True)
        except ValidationError as error:
            model = self._again(text, error)
        values = vars(model)
        return {name: values[field] for field, name in self._names.items()}

    def _again(self, text: bytes, error: ValidationError) -> object:
        """For JSON Schema 5.0 is an integer, for strict pydantic it is none: then, and only then, it may convert."""
        found = error.errors(include_url=False, include_context=False)
        if not any(item["type"] == "int_type" and isinstance(item["input"], float) for item in found):
            raise InvalidArgumentsError(tool=self._tool, faults=list(_sentences(found))) from None
        try:
            return self._validate(text)
        except ValidationError as second:
            found = second.errors(include_url=False, include_context=False)
            raise InvalidArgumentsError(tool=self._tool, faults=list(_sentences(found))) from None


def problems(parameters: Sequence[Parameter], key: str) -> Iterator[Problem]:
    """What keeps parameters from being arguments: types that JSON cannot carry, defaults that do not fit."""
    if _are_fine(parameters):  # together they cost a fraction of what they cost one by one
        return
    for each in parameters:
        place, own = each.place, f"{key}.{each.name}"
        if _is_foreign_context(each.annotation):
            message = f"the context of the parameter {each.name!r} is another library's"
            yield problem(place, key=own, message=message, allowed="seawall.Context")
        elif wrong := unsupported(partial(_schema_of, [each])):
            message = f"the type of the parameter {each.name!r} cannot be used: {wrong.reason}"
            yield problem(place, key=own, message=message, allowed=wrong.allowed)
        elif not _defaults_fit([each]):
            message = f"the default of the parameter {each.name!r} does not fit its type"
            yield problem(
                place, key=own, message=message, allowed="a value of that type, or `| None` added to it"
            )


def _own_name(number: int) -> str:
    """The name of a field: a parameter called `json` or `_id` could not be one of a pydantic model."""
    return f"p{number}"


def _model(parameters: Sequence[Parameter], described: Mapping[str, str]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        _own_name(number): _field(each, described.get(each.name, ""))
        for number, each in enumerate(parameters)
    }
    return create_model("Arguments", __config__=_CONFIG, **fields)


def _field(parameter: Parameter, described: str) -> Any:  # noqa: ANN401  what create_model takes
    info = _info(parameter)
    more: dict[str, Any] = {}
    if info.alias is None and info.validation_alias is None:
        more["alias"] = parameter.name
    if info.description is None:
        texts = [item for item in info.metadata if isinstance(item, str)]
        if said := texts[0] if texts else described:
            more["description"] = said
    annotation: Any = Annotated[parameter.annotation, Field(**more)]
    return annotation if parameter.default is UNSET else (annotation, parameter.default)


def _info(parameter: Parameter) -> FieldInfo:
    if parameter.default is UNSET:
        return FieldInfo.from_annotation(parameter.annotation)
    return FieldInfo.from_annotated_attribute(parameter.annotation, parameter.default)


def _are_fine(parameters: Sequence[Parameter]) -> bool:
    foreign = any(_is_foreign_context(each.annotation) for each in parameters)
    return not foreign and unsupported(partial(_schema_of, parameters)) is None and _defaults_fit(parameters)


def _schema_of(parameters: Sequence[Parameter]) -> JsonSchemaValue:
    return _model(parameters, {}).model_json_schema(schema_generator=ArgumentsSchema)


def _defaults_fit(parameters: Sequence[Parameter]) -> bool:
    fields: dict[str, Any] = {}
    for number, each in enumerate(parameters):
        info = _info(each)
        if not info.is_required() and info.default_factory is None:
            fields[_own_name(number)] = _field(each, "")
    try:
        create_model("Defaults", __config__=_WITH_DEFAULTS, **fields)()
    except Exception:  # noqa: BLE001  boundary: a validator of the author's may raise anything
        return False
    return True


def _is_foreign_context(annotation: object) -> bool:
    """Whether it is the context class of FastMCP or of the MCP SDK, which people bring along."""
    plain = bare(annotation)
    home = str(getattr(plain, "__module__", "")).partition(".")[0]
    return getattr(plain, "__name__", "") == "Context" and home in {"fastmcp", "mcp"}


def _sentences(errors: Sequence[ErrorDetails]) -> Iterator[str]:
    """One sentence for each argument that is wrong, at most five, without the values."""
    for error in errors[:_SHOWN_FAULTS]:
        yield f"{_path(error['loc'])} {_reason(error['msg'].rstrip('.'))}"
    if len(errors) > _SHOWN_FAULTS:
        yield "and more"


def _reason(message: str) -> str:
    """Pydantic's reason as the rest of a sentence; a validator of the author's has words of its own."""
    if message.startswith("Input should "):
        return message.removeprefix("Input ")
    return f"is refused: {message.removeprefix('Value error, ').removeprefix('Assertion failed, ')}"


def _path(location: Sequence[str | int]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path or "the whole"
