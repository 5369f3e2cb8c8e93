"""What a command works on: a blueprint, `./seawall.toml`, or the built-in workspace server on one directory."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import Parameter
from cyclopts.completion import CompletionContext

from seawall.errors import StartError, UnsafeError, UsageError

__all__ = [
    "DEFAULT_BLUEPRINT",
    "NO_FLAGS",
    "BuiltIn",
    "Flags",
    "ProfileOption",
    "Transport",
    "choose_blueprint",
    "choose_served",
    "profile_names",
    "transport_of",
]

DEFAULT_BLUEPRINT = Path("seawall.toml")
Transport: TypeAlias = Literal["stdio", "http"]
"""How clients reach a server."""

_TRANSPORTS: Final[Mapping[str, Transport]] = {"stdio": "stdio", "http": "http"}
_TRANSPORT_VARIABLE: Final = "SEAWALL_TRANSPORT"
_READ_AT_MOST = 1 << 20  # bytes; the loader refuses more


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The workspace server that needs no blueprint: one root, read-only unless `writable`."""

    root: Path
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags that decide about the blueprint's values; None leaves these alone."""

    profile: str | None = None
    chosen_by: str = "--profile"  # what `profile` was given with
    host: str | None = None
    port: str | None = None

    def settings(self) -> dict[str, tuple[tuple[str, str], str]]:
        """For each given flag that stands for a setting: the setting's path, and the text that was given."""
        given = {"host": self.host, "port": self.port}
        return {f"--{name}": (("http", name), text) for name, text in given.items() if text is not None}

    def blamed(self, error: StartError | UnsafeError) -> StartError | UnsafeError:
        """The error in the words of the call: a setting that a flag stands for is called by the flag's name."""
        message = error.message
        for flag, (setting, _) in self.settings().items():
            message = message.replace(f"{'.'.join(setting)} = ", f"{flag} ")
        return type(error)(message, hint=error.hint)


NO_FLAGS = Flags()


def profile_names(context: CompletionContext) -> list[str]:
    """The profiles of the blueprint that is on the command line, for the shell; none when it cannot be read."""
    given = context.get("blueprint")
    blueprint = given.value if given is not None and isinstance(given.value, Path) else DEFAULT_BLUEPRINT
    try:
        if not blueprint.is_file():  # the shell must not wait for the writer of a FIFO
            return []
        with blueprint.open("rb") as file:
            profiles = tomllib.loads(file.read(_READ_AT_MOST).decode()).get("profile", {})
    except (OSError, ValueError, RecursionError):
        return []
    return list(profiles) if isinstance(profiles, dict) else []


ProfileOption: TypeAlias = Annotated[
    str | None,
    Parameter(
        help="Lay this profile of the blueprint over it (also SEAWALL_PROFILE).",
        metavar="NAME",
        completer=profile_names,
    ),
]
"""`--profile`, as every command that reads a blueprint has it."""


def choose_blueprint(blueprint: Path | None, *, command: str) -> Path:
    """The blueprint that is meant: the one given, or `./seawall.toml`.

    Raises:
        UsageError: none was given and none is here; says what to type for `command`.
    """
    if blueprint is not None:
        return blueprint
    if DEFAULT_BLUEPRINT.exists():
        return DEFAULT_BLUEPRINT
    other = ", or serve one directory (`seawall serve --root DIR`)" if command == "serve" else ""
    raise UsageError(
        "there is no seawall.toml here, and no BLUEPRINT was given.",
        hint=f"Name one (`seawall {command} path/to/seawall.toml`){other}.",
    )


def choose_served(
    blueprint: Path | None, *, root: Path | None, writable: bool, profile: str | None = None
) -> Path | BuiltIn:
    """What is to be served, which is never anything that was not named.

    A `--root` means the built-in server wherever the command is started, so `./seawall.toml` (which only
    stands in for a missing BLUEPRINT) does not hold then.

    Raises:
        UsageError: flags that contradict each other, or nothing to serve.
    """
    if root is None:
        chosen = choose_blueprint(blueprint, command="serve")
        if not writable:
            return chosen
        raise UsageError(
            "--write belongs to --root; a blueprint says itself what may be changed.",
            hint=f'Set `access = "write"` at the toolset in {chosen}.',
        )
    if profile is not None:
        raise UsageError(
            "--profile belongs to a blueprint; --root serves without one.",
            hint="Leave out one of the two.",
        )
    if blueprint is None:
        return BuiltIn(root=root, writable=writable)
    raise UsageError(
        f"--root and a blueprint ({blueprint}) cannot be used together.",
        hint=f"Leave out --root and set `roots` in {blueprint}, or leave out the blueprint.",
    )


def transport_of(environment: Mapping[str, str]) -> Transport | None:
    """The transport that `SEAWALL_TRANSPORT` chooses, as a container's settings do; None when it is unset or empty.

    Raises:
        UsageError: it names no transport.
    """
    text = environment.get(_TRANSPORT_VARIABLE, "")
    if not text:
        return None
    if text not in _TRANSPORTS:
        raise UsageError(
            f"{_TRANSPORT_VARIABLE} names no transport.", hint="Set it to stdio or http, or unset it."
        )
    return _TRANSPORTS[text]
