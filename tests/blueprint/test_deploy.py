"""The `[deploy]` table: defaults that suit most, and no value that a container cannot have."""

from __future__ import annotations

import jsonschema_rs
import pytest

from blueprint.samples import KINDS, SMALLEST, problem, read
from seawall.blueprint import json_schema
from seawall.blueprint.deploy import place_of

_SCHEMA = jsonschema_rs.Draft202012Validator(json_schema(KINDS))
_MEBIBYTE = 1024**2


def test_without_the_table_a_small_container_is_meant() -> None:
    deploy = read(SMALLEST).blueprint.deploy

    assert (deploy.python, deploy.memory, deploy.cpus, deploy.replicas) == ("3.12", 512 * _MEBIBYTE, 0.5, 1)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.12.7"])
def test_every_setting_is_taken_as_written(python: str) -> None:
    table = f'[deploy]\npython = "{python}"\nmemory = "1GiB"\ncpus = 2\nreplicas = 3\n'
    deploy = read(SMALLEST + table).blueprint.deploy

    assert (deploy.python, deploy.memory, deploy.cpus, deploy.replicas) == (python, 1024 * _MEBIBYTE, 2.0, 3)


def test_places_are_told_apart_from_their_ports() -> None:
    assert [place_of(each) for each in ("db.example:5432", "192.0.2.7:443", "[2001:db8::7]:443")] == [
        ("db.example", 5432),
        ("192.0.2.7", 443),
        ("2001:db8::7", 443),
    ]


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('python = "3.10"', "python"),
        ('python = "3.12-slim"', "python"),
        ('python = "3.12\\nRUN touch /pwned"', "python"),
        ('python = "latest"', "python"),
        ("python = 3.12", "python"),
        ('memory = "64MiB"', "memory"),
        ('memory = "2TiB"', "memory"),
        ("cpus = 0", "cpus"),
        ("cpus = 0.01", "cpus"),
        ("cpus = inf", "cpus"),
        ('cpus = "1"', "cpus"),
        ("replicas = 0", "replicas"),
        ("replicas = 1.5", "replicas"),
        ("replicas = true", "replicas"),
        *(
            (f"outbound = [{place!r}]", "outbound[0]")
            for place in (
                "db.example",
                "db.example:",
                ":5432",
                "db.example:0",
                "db.example:65536",
                "db.example:5_4",
                "db.example:+1",
                "https://db.example:443",
                "db.example:443/x",
                "user@db.example:443",
                "*.example:443",
                "10.0.0.0/8:443",
                "2001:db8::7:443",
                "[db.example]:443",
                "a b:443",
                "db.example:443\\n- to",
                "x" * 64 + ".example:443",
            )
        ),
        ('outbound = "db.example:5432"', "outbound"),
    ],
)
def test_what_no_container_can_have_is_refused_with_its_place(line: str, key: str) -> None:
    found = problem(f"{SMALLEST}[deploy]\n{line}\n")

    assert found.key == f"deploy.{key}"
    assert found.line is not None


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ({"python": "3.13", "memory": "256MiB", "cpus": 1, "replicas": 2}, True),
        ({"python": "2.7"}, False),
        ({"cpus": 0}, False),
        ({"replicas": 0}, False),
        ({"outbound": ["db.example:5432"]}, True),
        ({"gpus": 1}, False),
    ],
)
def test_an_editor_is_told_the_same(value: dict[str, object], *, valid: bool) -> None:
    assert _SCHEMA.is_valid({"server": {"name": "x"}, "deploy": value}) is valid
