"""Tool names for the operations of an API: the same ones whatever the order of the description.

A name is what the blueprint says, or the lock file, or the operation's id, or method and path. One that does not fit,
or that two operations share, ends with a hash of the operation's method and path, which nothing else in the
description can change.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from seawall.toolsets.openapi.model import ApiOperation

__all__ = ["NAME", "name_of", "named"]

NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What hosts in wide use take for a tool's name; the specification would allow dots and twice the length."""

_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]+")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_HASH: Final = 8  # hexadecimal digits: among a thousand operations, two are alike once in ten thousand APIs
_ROUNDS: Final = 8  # after so many the hash is whole, and no two keys have the same one


def named(
    operations: Sequence[ApiOperation],
    *,
    limit: int = 64,
    fixed: Mapping[str, str] | None = None,
    wished: Mapping[str, str] | None = None,
    reserved: Iterable[str] = (),
) -> Mapping[str, str]:
    """The tool's name of each operation, by the operation's key.

    Args:
        operations: of one description; no two have the same key.
        limit: characters that a name may have.
        fixed: names that are decided already, by the operation's key; they are not changed, and no other operation
            gets one of them.
        wished: what to call operations instead of by their ids, where that is free.
        reserved: names that none gets which is not decided.

    Raises:
        ValueError: two operations have the same key.
    """
    decided = {key: name for key, name in (fixed or {}).items() if name}
    names = {each.key: decided[each.key] for each in operations if each.key in decided}
    asked = wished or {}
    open_ones = {
        each.key: asked.get(each.key) or name_of(each) for each in operations if each.key not in decided
    }
    digits = dict.fromkeys((key for key, name in open_ones.items() if len(name) > limit), _HASH)
    for _ in range(_ROUNDS + 1):
        candidates = {
            key: _hashed(name, key, digits[key], limit) if key in digits else name
            for key, name in open_ones.items()
        }
        alike = _alike(candidates, taken=(*names.values(), *reserved))
        if not alike:
            return {each.key: names.get(each.key) or candidates[each.key] for each in operations}
        for key in alike:
            digits[key] = digits[key] + _HASH if key in digits else _HASH
    raise ValueError("two operations cannot be told apart by name")


def name_of(operation: ApiOperation) -> str:
    """The name that an operation has by itself, of whatever length."""
    if operation.operation_id and (name := _fit(operation.operation_id)):
        return name
    path = _PLACEHOLDER.sub(r" by \1 ", operation.path)
    return _fit(f"{operation.method.lower()} {path.replace('/', ' ').strip() or 'root'}") or "operation"


def _fit(text: str) -> str:
    return _UNFIT.sub("_", text).strip("_")


def _alike(names: Mapping[str, str], *, taken: Iterable[str]) -> list[str]:
    """The keys whose names somebody else has too; capital and small letters are one, since some hosts fold them."""
    counts = Counter(name.casefold() for name in (*names.values(), *taken))
    return [key for key, name in names.items() if counts[name.casefold()] > 1]


def _hashed(name: str, key: str, digits: int, limit: int) -> str:
    digest = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[: min(digits, limit)]
    head = name[: max(0, limit - len(digest) - 1)].rstrip("_-")
    return f"{head}_{digest}" if head else digest
