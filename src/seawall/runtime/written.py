"""Lists whose items were written as JSON before, so that an answer with one need not be encoded item by item."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

__all__ = ["WrittenList", "response_bytes"]


class WrittenList(list[Any]):
    """Plain data, and its items as JSON. As a list it is like any other; changed, it is only that."""

    def __init__(self, items: Iterable[tuple[Any, bytes]]) -> None:
        """Args: items: each with its JSON."""
        pairs = tuple(items)
        super().__init__(item for item, _ in pairs)
        self._pairs = pairs

    def pieces(self) -> list[bytes] | None:
        """What makes up its JSON; None when somebody changed it."""
        same = len(self) == len(self._pairs) and all(
            map(operator.is_, self, (item for item, _ in self._pairs))
        )
        if not same:
            return None
        commas = [b","] * (2 * len(self) + 1)
        commas[1::2] = [written for _, written in self._pairs]
        commas[0], commas[-1] = b"[", b"]"
        return commas if self else [b"[]"]


def response_bytes(request_id: str | int, result: dict[str, Any]) -> bytes:
    """A JSON-RPC response. NaN and infinities become null.

    Raises:
        PydanticSerializationError, ValueError: UTF-8 cannot carry it.
    """
    if not any(isinstance(value, WrittenList) for value in result.values()):
        return to_json({"jsonrpc": "2.0", "id": request_id, "result": result}, inf_nan_mode="null")
    parts = [b'{"jsonrpc":"2.0","id":', to_json(request_id), b',"result":']
    for number, (name, value) in enumerate(result.items()):
        parts += [b"," if number else b"{", to_json(name), b":"]
        pieces = value.pieces() if isinstance(value, WrittenList) else None
        parts += [to_json(value, inf_nan_mode="null")] if pieces is None else pieces
    return b"".join((*parts, b"}}"))  # once: megabytes are slow to copy
