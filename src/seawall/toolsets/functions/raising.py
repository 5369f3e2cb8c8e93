"""Exceptions that a function declares: they reach the caller with a code and in their own words, all others are masked."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Final

from seawall.errors import OperationError, ToolFailedError

__all__ = ["NOTHING_DECLARED", "Declared", "code_of"]

_CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LONGEST: Final = 500  # characters of a message


class Declared:
    """The exceptions that a function declares, as a context around its call.

    A class of the operator's own stands for those derived from it, too. One that Python itself brings stands for itself
    alone: a `UnicodeDecodeError` is a `ValueError`, and nobody who declared the latter meant its words.
    """

    __slots__ = ("_kinds",)

    def __init__(self, kinds: Mapping[type[Exception], str], meanings: Mapping[str, str]) -> None:
        """Take them in.

        Args:
            kinds: each with its code, or with "" for one that is made of its name.
            meanings: what the documentation says of each, by the name of its class.
        """
        self._kinds = {
            kind: _error(code or code_of(kind), meanings.get(kind.__name__, ""))
            for kind, code in kinds.items()
        }

    @property
    def errors(self) -> tuple[type[OperationError], ...]:
        """What callers get, for the documentation."""
        return tuple(self._kinds.values())

    def __enter__(self) -> None:
        """Nothing to do yet."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put a declared exception into the form that callers get.

        Raises:
            OperationError: in place of the exception.
            RuntimeError: in place of what would end the server or a coroutine, raised on a thread, where it is no signal.
        """
        del kind, trace
        if isinstance(error, KeyboardInterrupt | GeneratorExit) and not _on_main_thread():
            raise RuntimeError(f"the function raised {type(error).__name__}") from error
        if isinstance(error, Exception) and not isinstance(error, OperationError):
            told = self._told(error)
            if told is not None:
                raise told from error

    def _told(self, error: Exception) -> OperationError | None:
        for kind in type(error).__mro__:
            made = self._kinds.get(kind)
            if made is not None and (kind is type(error) or not _is_pythons(kind)):
                hint = getattr(error, "hint", None)
                words = (
                    _words(error) or (made.__doc__ or "").strip() or made.code.replace("_", " ").capitalize()
                )
                return made(words, hint=_line(hint) if isinstance(hint, str) and hint else None)
        return None


NOTHING_DECLARED: Final = Declared({}, {})


def code_of(kind: type[Exception]) -> str:
    """The code of an exception class: its own `code`, or its name without `Error`, as `out_of_stock`."""
    own = getattr(kind, "code", None)
    if isinstance(own, str) and _CODE.fullmatch(own):
        return own
    name = re.sub(r"(Error|Exception)$", "", kind.__name__) or kind.__name__
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_0123456789")[:64]
    return plain or ToolFailedError.code


def _error(code: str, meaning: str) -> type[OperationError]:
    """A class of its own, since a code belongs to a class."""
    own: type[OperationError] = type("DeclaredError", (ToolFailedError,), {"code": code, "__doc__": meaning})
    return own


def _on_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _is_pythons(kind: type[BaseException]) -> bool:
    return kind.__module__ == "builtins"


def _words(error: Exception) -> str:
    """What the exception says; of an error of the system without the path, which is none of the caller's business."""
    if isinstance(error, OSError):
        return "" if error.filename is not None or error.strerror is None else _line(error.strerror)
    if isinstance(error, KeyError) and len(error.args) == 1:  # its text would be a repr
        return _line(str(error.args[0]))
    return _line(str(error))


def _line(text: str) -> str:
    line = " ".join(text.split())
    line = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
    return line if not line or line.endswith((".", "!", "?", "…")) else f"{line}."
