"""What a command works on: a blueprint, `./seawall.toml`, or the built-in workspace server on one directory."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seawall.errors import StartError, UnsafeError, UsageError

__all__ = ["DEFAULT_BLUEPRINT", "BuiltIn", "Flags", "choose_blueprint", "choose_served"]

DEFAULT_BLUEPRINT = Path("seawall.toml")


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """The workspace server that needs no blueprint: one root, read-only unless `writable`."""

    root: Path
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of `serve` that stand for a setting; None leaves the blueprint's value alone."""

    host: str | None = None
    port: str | None = None

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """The environment in which the loader finds the flags: a flag overrides a variable of that name."""
        given = {
            _VARIABLES[name]: value for name, value in dataclasses.asdict(self).items() if value is not None
        }
        kept = {name: value for name, value in base.items() if name.upper() not in given}
        return kept | given

    def blamed(self, error: StartError | UnsafeError) -> StartError | UnsafeError:
        """The error in the words of the call: a setting that a flag stands for is called by the flag's name."""
        message = error.message
        for variable, flag in self.names().items():
            setting = variable.removeprefix("SEAWALL_").lower().replace("__", ".")
            message = message.replace(f"{setting} = ", f"{flag} ")
        return type(error)(message, hint=error.hint)

    def names(self) -> dict[str, str]:
        """How each given flag's variable is called by the person who typed the flag."""
        given = {name for name, value in dataclasses.asdict(self).items() if value is not None}
        return {_VARIABLES[name]: f"--{name}" for name in sorted(given)}


_VARIABLES = {"host": "SEAWALL_HTTP__HOST", "port": "SEAWALL_HTTP__PORT"}


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


def choose_served(blueprint: Path | None, *, root: str | None, writable: bool) -> Path | BuiltIn:
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
    if not root:
        raise UsageError("--root is empty.", hint="Name the directory; `.` is the current one.")
    if blueprint is None:
        return BuiltIn(root=Path(root), writable=writable)
    raise UsageError(
        f"--root and a blueprint ({blueprint}) cannot be used together.",
        hint=f"Leave out --root and set `roots` in {blueprint}, or leave out the blueprint.",
    )
