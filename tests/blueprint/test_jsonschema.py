"""The JSON Schema lets an editor accept what the loader accepts, and mark what it refuses."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from blueprint.samples import KINDS, SMALLEST, read
from blueprint.test_hostile_files import NO_BLUEPRINT
from blueprint.test_load import FULL
from blueprint.test_profiles import BASE, HOSTILE
from seawall.blueprint import json_schema
from seawall.toolsets.registry import installed_kinds

_SCHEMA = json_schema(KINDS)
_VALIDATOR = jsonschema_rs.Draft202012Validator(_SCHEMA)

# What only the loader can know: names given twice, what a kind's own validator asks, and references to variables.
_LOADER_ONLY = {
    "two toolsets of one kind",
    "a name that is another's kind",
    "what the kind's own validator refuses",
    "a variable that is not set",
    "an open reference",
    "an empty reference",
    "another shell's form",
    "a reference in a reference",
    "a fraction for the format",  # 1.0 is the same number as 1 in JSON
    "a port with a fraction",
    "half a byte",  # a number with a fraction and a unit is right in most cases
    "an absurd size",  # a text cannot be compared with a limit
}

# Of profiles also of which kind a toolset is, and what the file has already.
_LOADER_ONLY_OF_PROFILES = {
    "an unknown toolset",
    "a toolset by its kind, although it has a name",
    "a setting of another kind",
    "what the kind's own validator refuses",
    "a part of a table that is not there",
    "an open reference",
}
_PROFILES = """\
[profile.dev]
[profile.prod.server]
title = "x"
[profile.prod.http]
port = "${PORT}"
allowed_hosts = ["a"]
[profile.prod.limits]
response_size = "2MiB"
[profile.prod.toolset.files]
access = "write"
[profile.prod.toolset.bugs]
column = [{ title = "a" }]
auth.value = "env:OTHER"
"""


def _is_valid(text: str) -> bool:
    return _VALIDATOR.is_valid(_json(tomllib.loads(text)))


def _json(value: Any) -> Any:
    """TOML's values as JSON's, for a validator that knows neither dates nor integers of any size."""
    if isinstance(value, dict):
        return {key: _json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, int):
        return value if value.bit_length() < 64 else 1 << 63
    return value if isinstance(value, str | float) else [str(value)]


def test_the_schema_is_a_valid_schema() -> None:
    assert _SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(_SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        SMALLEST,
        FULL,
        '[server]\nname = "w"\n',
        BASE.replace("labels", 'auth = { scheme = "bearer", value = "env:KEY" }\nlabels') + _PROFILES,
    ],
)
def test_good_blueprints_are_valid(text: str) -> None:
    read(text)
    assert _is_valid(text)


@pytest.mark.parametrize("name", NO_BLUEPRINT)
def test_bad_blueprints_are_not(name: str) -> None:
    text = NO_BLUEPRINT[name].text.removeprefix("\ufeff")
    assert _is_valid(text) is (name in _LOADER_ONLY)


@pytest.mark.parametrize("name", HOSTILE)
def test_bad_profiles_are_not(name: str) -> None:
    assert _is_valid(BASE + HOSTILE[name].text) is (name in _LOADER_ONLY_OF_PROFILES)


@pytest.mark.parametrize(
    "setting",
    [
        '[http]\nport = "${PORT:-8000}"',
        '[limits]\nworkers = "${WORKERS}"\nresponse_size = "${SIZE}"\nrequest_timeout = "${TIME}s"',
        '[log]\nlevel = "${LEVEL:-info}"',
        '[http]\nhost = "${HOST}"\nallowed_hosts = ["${HOST}"]',
    ],
)
def test_a_variable_may_stand_where_a_number_or_word_does(setting: str) -> None:
    assert _is_valid(f'[server]\nname = "${{NAME}}"\n{setting}\n')


def test_a_toolset_is_told_apart_by_its_kind() -> None:
    toolsets = _properties(_SCHEMA)["toolset"]["items"]["oneOf"]
    assert [each["properties"]["kind"]["const"] for each in toolsets] == ["files", "tickets"]
    assert all("kind" in each["required"] for each in toolsets)


def test_every_table_is_closed_and_every_setting_is_described() -> None:
    for schema in (
        _SCHEMA,
        json_schema({name: kind.declaration for name, kind in installed_kinds().items()}),
    ):
        for place, node in _nodes(schema, "blueprint"):
            if "properties" in node:
                assert node["additionalProperties"] is False, place
                for name, setting in node["properties"].items():
                    assert setting.get("description", "").endswith("."), f"{place}.{name}"


def test_every_default_and_example_fits_its_own_setting() -> None:
    for place, node in _nodes(_SCHEMA, "blueprint"):
        for name, setting in node.get("properties", {}).items():
            values = [*setting.get("examples", []), *([setting["default"]] if "default" in setting else [])]
            for value in values:
                assert jsonschema_rs.is_valid(setting, value), f"{place}.{name}: {value}"


def test_defaults_are_written_as_people_do() -> None:
    limits = _properties(_SCHEMA)["limits"]["properties"]
    assert (limits["request_timeout"]["default"], limits["response_size"]["default"]) == ("30s", "1MiB")


def test_nothing_internal_is_left_in_the_schema() -> None:
    text = json.dumps(_SCHEMA)
    assert "x-seawall" not in text
    assert '"null"' not in text
    assert "$ref" not in text


def _properties(schema: Any) -> dict[str, Any]:
    properties: dict[str, Any] = schema["properties"]
    return properties


def _nodes(node: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield place, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, inner in items:
        yield from _nodes(inner, f"{place}/{name}")
