"""The input schema of a command, from what the blueprint says of its parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, cast

from seawall.toolsets.command.declaration import CommandSection, ItemSection, ParameterSection
from seawall.toolsets.command.template import Argument, Template
from seawall.types import JsonObject, JsonValue

__all__ = [
    "LIMIT",
    "NEXT",
    "PAGE",
    "declared_output",
    "default_of",
    "directory_slot",
    "input_schema",
    "required_parameters",
]

NEXT: Final = "next"
LIMIT: Final = "limit"
PAGE: Final = 200
"""Lines of a page when the caller does not say how many."""

_MOST_LINES: Final = 10_000
_LONGEST_PATH: Final = 4095


def required_parameters(section: CommandSection, template: Template) -> frozenset[str]:
    """The parameters without which there is nothing to run: all that no optional argument needs alone."""
    needed = set(template.required)
    needed.update(filter(None, (section.stdin, directory_slot(section))))
    repeated = {
        slot.name
        for item in template.items
        if isinstance(item, Argument)
        for slot in item.slots
        if slot.repeated and not (section.params.get(slot.name) or ParameterSection()).min_items
    }
    return frozenset(
        name for name in needed - repeated if name in section.params and section.params[name].default is None
    )


def default_of(section: ParameterSection) -> JsonValue:
    """The value that a call may leave out."""
    return list(section.default) if isinstance(section.default, tuple) else section.default


def declared_output(section: CommandSection) -> JsonObject | None:
    """What the blueprint says of the output; TOML holds JSON, but for dates, which no schema has."""
    return cast("JsonObject | None", section.output_schema)


def directory_slot(section: CommandSection) -> str:
    """The parameter that says where the program runs; empty for none."""
    text = section.directory
    return text[1:-1] if text.startswith("{") and text.endswith("}") and not text.startswith("{{") else ""


def input_schema(section: CommandSection, required: Collection[str]) -> JsonObject:
    """The JSON Schema of the arguments."""
    properties: JsonObject = {name: _parameter(each) for name, each in section.params.items()}
    if section.output == "lines":
        properties |= _PAGING
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in section.params if name in required],
        "additionalProperties": False,
    }


def _parameter(section: ParameterSection) -> JsonObject:
    schema = _item(section)
    if section.type == "array":
        schema["items"] = _item(section.items or ItemSection())
        if section.min_items:
            schema["minItems"] = section.min_items
        schema["maxItems"] = section.max_items
    if section.default is not None:
        schema["default"] = default_of(section)
    return schema


def _item(section: ItemSection) -> JsonObject:
    schema: JsonObject = {"type": "string" if section.type == "path" else section.type}
    said: Mapping[str, JsonValue] = {"title": section.title, "description": _description(section)}
    schema |= {name: text for name, text in said.items() if text}
    if section.enum:
        schema["enum"] = list(section.enum)
    if section.type == "path":
        schema |= {"minLength": 1, "maxLength": min(section.max_length, _LONGEST_PATH)}
    elif section.type == "string" and not section.enum:
        schema |= {"minLength": section.min_length} if section.min_length else {}
        schema["maxLength"] = section.max_length
    if section.pattern:
        schema["pattern"] = f"^(?:{section.pattern})$"
    for name, number in (("minimum", section.minimum), ("maximum", section.maximum)):
        if number is not None:
            schema[name] = number
    return schema


def _description(section: ItemSection) -> str:
    if section.type != "path":
        return section.description
    what = {
        "exist": "a file or directory",
        "file": "a file",
        "directory": "a directory",
        "anything": "a place",
    }
    said = f"Path of {what[section.must]}, relative to the workspace."
    return f"{section.description.rstrip()} {said}".strip()


_PAGING: Final[JsonObject] = {
    LIMIT: {
        "type": "integer",
        "minimum": 1,
        "maximum": _MOST_LINES,
        "default": PAGE,
        "description": "Lines to answer with at most.",
    },
    NEXT: {
        "type": "string",
        "maxLength": 128,
        "description": "Where the last answer ended: what it had as `next`.",
    },
}
