"""What a kind of toolset adds to a new project, and what a deployment must give it: plain values.

A kind that has a `Starter` gets a flag of its own in `seawall new` (`--filesystem ROOT`) and its word in
`seawall add toolset`; nothing else has to change for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from seawall.blueprint.toolset import ToolsetDeclaration

__all__ = [
    "Begins",
    "Folder",
    "Needs",
    "Outbound",
    "Question",
    "Setting",
    "Start",
    "Starter",
    "Table",
    "Value",
]

Value: TypeAlias = str | int | float | bool | tuple["Value", ...] | Mapping[str, "Value"]
"""What a setting may be: TOML without dates."""


@dataclass(frozen=True, slots=True)
class Question:
    """The one thing that must be known to begin with a toolset of this kind.

    Attributes:
        text: the question for a person, without a question mark's default.
        metavar: the word for the value in the help, such as `ROOT`.
        default: the answer that is right for most; empty when there is none.
    """

    text: str
    metavar: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of the toolset's section in a new blueprint.

    Attributes:
        name: the key.
        value: text, which is escaped where the blueprint's `${…}` would read it, or another plain value.
        comment: why, or what else could stand there; a few words behind the line.
        active: False writes the line as a comment, for the reader to take in.
    """

    name: str
    value: Value
    comment: str = ""
    active: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One entry of an array of tables within the toolset's section, such as `[[toolset.command]]`."""

    name: str
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True)
class Start:
    """What the answer becomes.

    Attributes:
        settings: the section's lines beside `kind`, `name`, `prefix` and `access`, which every kind shares.
        files: new files by their path in the project, with `/`; from then on the user's own.
        directories: paths in the project that must exist.
        notes: what was inferred without asking, one sentence each.
        tables: what follows the settings.
        place: the file or directory of the project that is offered: one that is there already is taken as it is.
        function: the name in `place` that must be there, when that is a module.
    """

    settings: tuple[Setting, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    directories: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    place: str = ""
    function: str = ""


@dataclass(frozen=True, slots=True)
class Folder:
    """A directory that the toolset works on and that lives outside of a container's image.

    Attributes:
        setting: where it stands in the toolset's section, such as `("roots",)` or `("roots", "docs")`.
        path: its value: relative to the blueprint, absolute, or with `~`.
        name: a word for it, from which its place in a container is made.
        writable: whether the toolset may change it.
    """

    setting: tuple[str, ...]
    path: str
    name: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Outbound:
    """A place that the toolset calls, in the words of `Reach` one of the `network`.

    Attributes:
        host: a name or an address, without brackets; empty when it is not known before a call: any public host.
        port: of TCP.
    """

    host: str = ""
    port: int = 443


@dataclass(frozen=True, slots=True)
class Needs:
    """What a deployment must give to a declared toolset.

    Attributes:
        folders: directories to mount.
        sources: files and directories beside the blueprint that belong to the server, such as `tools.py`; or a pattern
            of files right beside it, such as `*.graphql`.
        dependencies: further Python packages, as requirements.
        outbound: what it calls; with none of any toolset, a deployment closes the way out.
        words: what the sources are, for the project's README, one clause.
        packages: Debian packages, for programs that it runs.
    """

    folders: tuple[Folder, ...] = ()
    sources: tuple[str, ...] = ()
    dependencies: tuple[str, ...] = ()
    outbound: tuple[Outbound, ...] = ()
    words: str = "your functions; each public one is a tool"
    packages: tuple[str, ...] = ()


class Begins(Protocol):
    """How something of a blueprint begins in a new project."""

    @property
    def summary(self) -> str:
        """What it serves, a few words for the help and the choice: `files of a directory`."""

    @property
    def question(self) -> Question | None:
        """What to ask; None makes the flag one without a value."""

    def start(self, answer: str) -> Start:
        """What the answer becomes; empty when nothing was asked. May read what the answer names, and changes nothing.

        Raises:
            UsageError: the answer cannot be used; says why and what could stand there.
        """


class Starter(Begins, Protocol):
    """How a kind of toolset begins."""

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """What a deployment must give to the toolset that the declaration describes. Opens nothing."""
