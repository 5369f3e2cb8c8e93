"""Kinds of toolset of the tests' own, so that no test of the loader depends on a real one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from pydantic import Field, field_validator

from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration, parse
from seawall.blueprint.quantities import ByteSize
from seawall.blueprint.secret import SecretReference
from seawall.blueprint.section import Section
from seawall.errors import BlueprintError, Problem

__all__ = ["KINDS", "SMALLEST", "Case", "Files", "Tickets", "check", "problem", "problems", "read"]


class Files(ToolsetDeclaration):
    """A kind with a union, a size and defaults."""

    kind: Literal["files"] = Field(description="Files of a directory.")
    roots: str | dict[str, str] = Field(description="Where they are.")
    max_file_size: ByteSize = Field(default=10 * 1024**2, description="Largest file.")


class Auth(Section):
    """A table within a toolset, with a secret."""

    scheme: Literal["api_key", "bearer"] = Field(description="How.")
    value: SecretReference = Field(description="The key.")


class Column(Section):
    """An entry of an array of tables."""

    title: str = Field(min_length=1, description="Heading.")
    width: int = Field(default=10, ge=1, le=200, description="Characters.")


class Tickets(ToolsetDeclaration):
    """A kind with nested tables, secrets, and a validator of its own."""

    kind: Literal["tickets"] = Field(description="Tickets of a tracker.")
    url: str = Field(description="Where the tracker is.")
    auth: Auth | None = Field(default=None, description="How to sign in.")
    tokens: tuple[SecretReference, ...] = Field(default=(), description="More keys.")
    column: tuple[Column, ...] = Field(default=(), description="What to show.")
    strict: bool = Field(default=False, description="Refuse what is unknown.")
    ratio: float = Field(default=0.5, gt=0, le=1, description="How much.")
    labels: dict[str, int] = Field(default={}, description="Numbers by name.")
    extra: dict[str, object] = Field(default={}, description="Anything.")

    @field_validator("url")
    @classmethod
    def _needs_https(cls, url: str) -> str:
        if not url.startswith("https://"):
            raise ValueError("an address that begins with https://")
        return url


KINDS: Mapping[str, type[ToolsetDeclaration]] = {"files": Files, "tickets": Tickets}

SMALLEST = """\
[server]
name = "workspace"

[[toolset]]
kind = "files"
roots = "./workspace"
"""


def read(text: str, **environment: str) -> LoadedBlueprint:
    """The blueprint that a text and the environment give."""
    return parse(text, source="seawall.toml", directory=Path("/srv"), kinds=KINDS, environment=environment)


def problems(text: str, **environment: str) -> tuple[Problem, ...]:
    """All problems of a text that is no blueprint."""
    with pytest.raises(BlueprintError) as caught:
        read(text, **environment)
    assert caught.value.exit_code == 2
    return caught.value.problems


def problem(text: str, **environment: str) -> Problem:
    """The one problem of a text that is no blueprint."""
    found = problems(text, **environment)
    assert len(found) == 1, found
    return found[0]


class Case(NamedTuple):
    """A wrong text, and the one problem that it must give."""

    text: str
    line: int
    column: int
    key: str
    found: str
    allowed: str
    suggestion: str | None = None


def check(case: Case) -> None:
    """The text gives exactly that problem, as a printable sentence that names what was meant."""
    found = problem(case.text)
    place = (found.line, found.column)
    assert (*place, found.key, found.found, found.allowed, found.suggestion) == case[1:]
    assert found.source == "seawall.toml"
    assert found.message[-1] in ".?"
    assert found.message.isprintable()
    assert case.suggestion is None or case.suggestion in found.message
