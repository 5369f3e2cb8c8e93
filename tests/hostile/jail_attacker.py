"""A process that swaps pairs of names as fast as the kernel allows, until it is killed.

Arguments: name and name, once or more. Each pair is exchanged in one step (renameat2 with RENAME_EXCHANGE), so both
names exist at every moment, and a reader that checks first and opens later sees one thing and then the other.
"""

from __future__ import annotations

import ctypes
import sys

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def main() -> None:
    """Swap for ever."""
    swap = ctypes.CDLL(None).renameat2
    swap.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint)
    names = [name.encode() for name in sys.argv[1:]]
    pairs = list(zip(names[::2], names[1::2], strict=True))
    sys.stdout.write("swapping\n")
    sys.stdout.flush()
    while True:
        for first, second in pairs:
            swap(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)


if __name__ == "__main__":
    main()
