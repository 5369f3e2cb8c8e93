"""Where the effective value of a setting came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Default", "EnvironmentOrigin", "FileOrigin", "FlagOrigin", "Origin", "Override", "ProfileOrigin"]


@dataclass(frozen=True, slots=True)
class Default:
    """Nothing set it: the value is the one that the setting's model gives."""


@dataclass(frozen=True, slots=True)
class FileOrigin:
    """The blueprint's file, outside of any profile; 1-based place of the setting's name."""

    source: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class ProfileOrigin:
    """The chosen profile of the blueprint; 1-based place of the setting's name."""

    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class EnvironmentOrigin:
    """A variable such as `SEAWALL_HTTP__PORT`."""

    variable: str

    @property
    def label(self) -> str:
        """What a problem names as its source."""
        return self.variable


@dataclass(frozen=True, slots=True)
class FlagOrigin:
    """A flag of the call, such as `--port`."""

    flag: str

    @property
    def label(self) -> str:
        """What a problem names as its source."""
        return self.flag


Override: TypeAlias = EnvironmentOrigin | FlagOrigin
"""What stands above the file."""

Origin: TypeAlias = Default | FileOrigin | ProfileOrigin | Override
"""Weakest first: default < file < profile < environment < flag."""
