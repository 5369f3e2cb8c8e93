"""`seawall schema` prints what editors need, and nothing else."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema_rs

from cli.processes import Seawall
from seawall.cli.schema import schema

SOUND = '[server]\nname = "a"\n[[toolset]]\nkind = "filesystem"\nroots = "."\n'


def test_the_output_is_a_valid_json_schema(seawall: Seawall) -> None:
    ended = seawall("schema")
    assert (ended.status, ended.err) == (0, "")
    told = json.loads(ended.out)
    jsonschema_rs.meta.validate(told)
    assert told == schema()


def test_the_schema_tells_a_sound_blueprint_from_an_unsound_one() -> None:
    validator = jsonschema_rs.validator_for(schema())
    assert validator.is_valid(tomllib.loads(SOUND))
    assert not validator.is_valid(tomllib.loads(SOUND.replace("name", "nmae")))


def test_the_schema_can_be_written_to_a_file(called: Seawall, tmp_path: Path) -> None:
    ended = called("schema", "--output", "seawall.schema.json")
    assert (ended.status, ended.out, ended.err) == (0, "", "")
    assert json.loads((tmp_path / "seawall.schema.json").read_text(encoding="utf-8")) == schema()


def test_a_file_that_cannot_be_written_is_one_line(called: Seawall, tmp_path: Path) -> None:
    ended = called("schema", "--output", "absent/schema.json")
    assert ended.status == 1
    (line,) = ended.err.splitlines()
    assert "absent/schema.json" in line
    assert "--output" in line
