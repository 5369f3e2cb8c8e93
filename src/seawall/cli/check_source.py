"""What the check says of where a toolset's operations come from: what is left out, what is wrong, what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.text import Text

from seawall.cli.output import plain

if TYPE_CHECKING:
    from seawall.cli.check import CheckedToolset
    from seawall.toolsets.interface import LeftOut  # it needs pydantic, and the help does not

__all__ = ["about"]

_SHOWN: Final = 20
"""Lines of one sort; an API with a thousand operations may leave out most of them."""

_COLOURS: Final = {"+": "green", "-": "red", "~": "yellow"}


def about(toolset: CheckedToolset) -> Iterator[Text]:
    """Everything that is to be said of the toolset below its tools."""
    report = toolset.report
    unservable = () if report is None else report.unservable
    if report is not None:
        facts = [f"{report.found} operations", f"{report.found - len(unservable)} can be served"]
        facts += [f"{len(report.faults)} faults"] if report.faults else []
        yield Text(plain(f"  from {report.source}: {', '.join(facts)}"), style="dim")
        yield from _some("cannot be served", unservable)
        yield from _some("fault at", report.faults)
    names = {each.name for each in unservable}
    yield from _some("left out", [each for each in toolset.left_out if each.name not in names])
    yield from _changes(toolset.changes)


def _some(what: str, items: Sequence[LeftOut]) -> Iterator[Text]:
    for each in items[:_SHOWN]:
        text = Text(f"  {what}: ", style="dim")
        text.append(plain(each.name), style="default not dim")
        text.append(plain(f": {each.reason}"), style="dim")
        yield text
    yield from _more(what, len(items) - _SHOWN)


def _changes(changes: Sequence[str]) -> Iterator[Text]:
    for change in changes[:_SHOWN]:
        yield Text(plain(f"  {change}"), style=_COLOURS.get(change[:1], ""))
    yield from _more("changed", len(changes) - _SHOWN)


def _more(what: str, count: int) -> Iterator[Text]:
    if count > 0:
        yield Text(f"  {what}: {count} more (--json has all)", style="dim")
