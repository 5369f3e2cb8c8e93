"""What an argument may begin with: its choices, truth values, or paths."""

from __future__ import annotations

from collections.abc import Iterable

from seawall.errors import OperationError
from seawall.prompts.model import Argument
from seawall.prompts.reaching import Reaching

__all__ = ["MOST", "completions", "matching"]

MOST = 100  # values of one answer (specification 2026-07-28, Completion)
_LONGEST = 4096  # characters of what is completed


async def completions(argument: Argument, begun: str, reaching: Reaching) -> tuple[str, ...]:
    """The values of an argument that fit what is there, the best first; not bounded in number."""
    if len(begun) > _LONGEST:
        return ()
    if argument.choices:
        words = (str(each).lower() if isinstance(each, bool) else str(each) for each in argument.choices)
        return matching(words, begun)
    if argument.type == "boolean":
        return matching(("true", "false"), begun)
    if argument.type == "path":
        try:
            return tuple(await reaching.paths(begun))
        except OperationError:  # nothing that this caller may see begins so
            return ()
    return ()


def matching(words: Iterable[str], begun: str) -> tuple[str, ...]:
    """The words that begin so, then those that hold it, each in their own order; case does not matter."""
    wanted = begun.casefold()
    known = [(each, each.casefold()) for each in words]
    first = [each for each, folded in known if folded.startswith(wanted)]
    return (*first, *(each for each, folded in known if wanted in folded and not folded.startswith(wanted)))
