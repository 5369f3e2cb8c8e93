"""Standard output belongs to the protocol or to a command's result; what foreign code prints goes beside it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

__all__ = ["output_on_stderr"]

_STDOUT: Final = 1
_STDERR: Final = 2
_diverting: Final = threading.Lock()


@contextmanager
def output_on_stderr() -> Iterator[None]:
    """Send what is written to descriptor 1 meanwhile to standard error, by this process and by its children.

    What waited in the buffer of `sys.stdout` before goes out first, to where it belongs. Descriptors belong to the
    whole process, so this is for its start, not for single calls.
    """
    with _diverting:
        _flush()
        try:
            kept = os.dup(_STDOUT)
        except OSError:  # closed before Python started: there is nothing to protect
            yield
            return
        try:
            with suppress(OSError):  # no standard error either
                os.dup2(_STDERR, _STDOUT)
            yield
        finally:
            _flush()
            os.dup2(kept, _STDOUT)
            os.close(kept)


def _flush() -> None:
    with suppress(AttributeError, OSError, ValueError):  # no standard output, or a closed one
        sys.stdout.flush()
