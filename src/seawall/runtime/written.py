"""Lists whose items were written as JSON before, so that an answer with one need not be encoded item by item, nor copied."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from pydantic_core import to_json

__all__ = ["WrittenList", "response_bytes", "response_pieces"]


class WrittenList(list[Any]):
    """Plain data, and its items as JSON. As a list it is like any other; changed, it is only that."""

    def __init__(self, items: Iterable[tuple[Any, bytes]], *, searched: object = None) -> None:
        """Take the items.

        Args:
            items: each with its JSON.
            searched: the state of the redactor that found no secret in any of them; None when none was asked.
        """
        pairs = tuple(items)
        self._items = tuple(item for item, _ in pairs)
        self._json = [written for _, written in pairs]
        super().__init__(self._items)
        self._searched = searched

    def is_clean(self, state: object) -> bool:
        """Whether a redactor in this state finds no secret in what leaves: nobody changed it since it was searched."""
        return self._searched is state and self._is_as_written()

    def pieces(self) -> list[bytes] | None:
        """What makes up its JSON; None when somebody changed it."""
        if not self._is_as_written():
            return None
        commas = [b","] * (2 * len(self) + 1)
        commas[1::2] = self._json
        commas[0], commas[-1] = b"[", b"]"
        return commas if self else [b"[]"]

    def _is_as_written(self) -> bool:
        return len(self) == len(self._items) and all(map(operator.is_, self, self._items))


def response_bytes(request_id: str | int, result: dict[str, Any]) -> bytes:
    """A JSON-RPC response. NaN and infinities become null.

    Raises:
        PydanticSerializationError, ValueError: UTF-8 cannot carry it.
    """
    return b"".join(response_pieces(request_id, result))


def response_pieces(request_id: str | int, result: dict[str, Any]) -> list[bytes]:
    """The same in pieces, in their order: whoever can send them one by one need not hold megabytes twice.

    Raises:
        PydanticSerializationError, ValueError: UTF-8 cannot carry it.
    """
    if WrittenList not in map(type, result.values()):
        return [to_json({"jsonrpc": "2.0", "id": request_id, "result": result}, inf_nan_mode="null")]
    parts = [b'{"jsonrpc":"2.0","id":', to_json(request_id), b',"result":']
    for number, (name, value) in enumerate(result.items()):
        parts += [b"," if number else b"{", to_json(name), b":"]
        pieces = value.pieces() if isinstance(value, WrittenList) else None
        parts += [to_json(value, inf_nan_mode="null")] if pieces is None else pieces
    parts.append(b"}}")
    return parts
