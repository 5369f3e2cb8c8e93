"""`seawall.lock`: under which names a server offers the operations of its sources, so that a change of them is seen.

Beside the blueprint, and committed with it. `seawall lock` writes it, `seawall check` says what is different since, and a
kind that makes names of a description takes them from it first: so a tool keeps its name when another one arrives.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seawall.errors import StartError
from seawall.toolsets.outline import Outline, risk_of

__all__ = ["LOCK_NAME", "Change", "Locked", "changes", "lock_text", "locked_of", "read_lock"]

LOCK_NAME: Final = "seawall.lock"
"""Its name, beside the blueprint."""

_FORMAT: Final = 1
_LARGEST: Final = 16 * 1024**2  # bytes; a thousand operations have some two hundred thousand
_HEAD: Final = """\
# Which operations the toolsets of the blueprint offer, and under which names (without prefix). Written by `seawall lock`;
# commit it. `seawall check` shows what is different since then.
format = 1
"""


@dataclass(frozen=True, slots=True)
class Locked:
    """One operation, as it was offered.

    Attributes:
        name: of the tool, without prefix.
        risk: what a call may do, as in `risk_of`.
        arguments: by the names that the source has for them; `*` behind those that a call must have.
    """

    name: str
    risk: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What is different in one operation.

    Attributes:
        sign: `+` for one that is offered since, `-` for one that its source has no more, `~` for one that is different.
        key: names the operation.
        text: what, in a few words.
    """

    sign: str
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.sign} {self.key}: {self.text}"


def locked_of(outlines: Iterable[Outline]) -> Mapping[str, Locked]:
    """What a lock file says of operations that are offered now; nothing of those whose names are their own."""
    return {
        each.key: Locked(
            each.name,
            risk_of(each.hints),
            tuple(f"{name}*" if name in each.required else name for name in sorted(each.arguments)),
        )
        for each in outlines
        if each.key
    }


def read_lock(directory: Path) -> Mapping[str, Mapping[str, Locked]] | None:
    """What the lock file in a blueprint's directory says, by toolset and key; None when there is none.

    Raises:
        StartError: it cannot be read, or is no lock file.
    """
    path = directory / LOCK_NAME
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StartError(f"{LOCK_NAME} cannot be read: {error.strerror or error}.") from error
    try:
        data = tomllib.loads(content.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _unusable(str(error)) from error
    if len(content) > _LARGEST or data.get("format") != _FORMAT:
        raise _unusable(f"it is no lock file of format {_FORMAT}")
    return {name: dict(_entries(name, table)) for name, table in data.items() if name != "format"}


def lock_text(toolsets: Mapping[str, Mapping[str, Locked]]) -> str:
    """The file: one line an operation, in the order of their keys, so that a difference of two files reads well."""
    lines = [_HEAD]
    for name, operations in toolsets.items():
        lines.append(f"\n[{_quoted(name)}]\n")
        for key, each in sorted(operations.items()):
            arguments = ", ".join(map(_quoted, each.arguments))
            values = f"name = {_quoted(each.name)}, risk = {_quoted(each.risk)}, arguments = [{arguments}]"
            lines.append(f"{_quoted(key)} = {{ {values} }}\n")
    return "".join(lines)


def changes(
    old: Mapping[str, Locked], now: Mapping[str, Locked], *, known: Iterable[str]
) -> tuple[Change, ...]:
    """What is different, in the order of the keys.

    Args:
        old: as the file says.
        now: what is offered.
        known: what the source has. An operation that is only not offered any more is no change: a profile may offer
            fewer.
    """
    return tuple(_changes(old, now, set(known)))


def _changes(old: Mapping[str, Locked], now: Mapping[str, Locked], known: set[str]) -> Iterator[Change]:
    for key in sorted({*old, *now}):
        before, after = old.get(key), now.get(key)
        if before is None and after is not None:
            yield Change("+", key, f"{after.name} ({after.risk})")
        elif after is None and before is not None and key not in known:
            yield Change("-", key, f"{before.name} ({before.risk})")
        elif before is not None and after is not None and before != after:
            yield Change("~", key, "; ".join(_differences(before, after)))


def _differences(before: Locked, after: Locked) -> Iterator[str]:
    if before.name != after.name:
        yield f"named {after.name}, was {before.name}"
    if before.risk != after.risk:
        yield f"{after.risk}, was: {before.risk}"
    added = [name for name in after.arguments if name not in before.arguments]
    gone = [name for name in before.arguments if name not in after.arguments]
    if added or gone:
        yield f"arguments {' '.join([*(f'+{name}' for name in added), *(f'-{name}' for name in gone)])}"


def _entries(toolset: str, table: object) -> Iterator[tuple[str, Locked]]:
    if not isinstance(table, dict):
        raise _unusable(f"{toolset} is no table")
    for key, each in table.items():
        if not isinstance(each, dict) or not isinstance(each.get("name"), str):
            raise _unusable(f"{key!r} in [{toolset}] has no name")
        arguments = each.get("arguments", [])
        yield (
            key,
            Locked(
                each["name"],
                str(each.get("risk", "")),
                tuple(map(str, arguments)) if isinstance(arguments, list) else (),
            ),
        )


def _unusable(reason: str) -> StartError:
    return StartError(
        f"{LOCK_NAME} cannot be used: {reason}.", hint="Restore it, or write it anew with `seawall lock`."
    )


def _quoted(text: str) -> str:
    """The text as a basic string of TOML 1.0: JSON's, but for one character and lone surrogates."""
    plain = text.encode(errors="replace").decode()
    return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
