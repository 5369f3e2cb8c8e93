"""What the check says of where a toolset's operations come from: what is left out, what is wrong, what has changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from rich.text import Text

from seawall.cli.output import plain

if TYPE_CHECKING:
    from seawall.cli.check import CheckedToolset
    from seawall.toolsets.interface import LeftOut  # it needs pydantic, and the help does not

__all__ = ["about", "counted"]

_SHOWN: Final = 20
"""Lines of one sort; an API with a thousand operations may leave out most of them."""

_COLOURS: Final = {"+": "green", "-": "red", "~": "yellow"}


def about(toolset: CheckedToolset) -> Iterator[Text]:
    """Everything that is to be said of the toolset below its tools."""
    report = toolset.report
    unservable = () if report is None else report.unservable
    if report is not None:
        facts = [counted(report.found, "operation"), f"{report.found - len(unservable)} can be served"]
        facts += [counted(len(report.faults), "fault")] if report.faults else []
        yield Text(plain(f"  from {report.source}: {', '.join(facts)}"), style="dim")
        yield from _some("cannot be served", unservable)
        yield from _some("fault at", report.faults)
    names = {each.name for each in unservable}
    yield from _left_out([each for each in toolset.left_out if each.name not in names])
    yield from _changes(toolset.changes)


def _some(what: str, items: Sequence[LeftOut]) -> Iterator[Text]:
    for each in items[:_SHOWN]:
        text = Text(f"  {what}: ", style="dim")
        text.append(plain(each.name), style="default not dim")
        text.append(plain(f": {each.reason}"), style="dim")
        yield text
    yield from _more(what, len(items) - _SHOWN)


def _left_out(items: Sequence[LeftOut]) -> Iterator[Text]:
    """One line for each reason, with what it holds for: it is mostly one for hundreds."""
    by_reason: dict[str, list[str]] = {}
    for each in items:
        by_reason.setdefault(each.reason, []).append(each.name)
    for reason, names in list(by_reason.items())[:_SHOWN]:
        more = f", and {len(names) - _SHOWN} more (--json has all)" if len(names) > _SHOWN else ""
        text = Text("  left out: ", style="dim")
        text.append(plain(", ".join(names[:_SHOWN])) + more, style="default not dim")
        text.append(plain(f": {reason}"), style="dim")
        yield text
    yield from _more("left out for other reasons", sum(map(len, list(by_reason.values())[_SHOWN:])))


def counted(number: int, noun: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _changes(changes: Sequence[str]) -> Iterator[Text]:
    for change in changes[:_SHOWN]:
        yield Text(plain(f"  {change}"), style=_COLOURS.get(change[:1], ""))
    yield from _more("changed", len(changes) - _SHOWN)


def _more(what: str, count: int) -> Iterator[Text]:
    if count > 0:
        yield Text(f"  {what}: {count} more (--json has all)", style="dim")
