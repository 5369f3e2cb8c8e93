"""`seawall upgrade`: brings the files that Seawall made up to date, and never loses an edit."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from seawall.cli.app import installed_version
from seawall.cli.output import plain, show, show_json
from seawall.scaffold.existing import Existing
from seawall.scaffold.plan import Maker
from seawall.scaffold.upgrade import SIDE_SUFFIX, Fate, Upgrade
from seawall.toolsets.registry import installed_kinds
from seawall.types import JsonObject

__all__ = ["command", "tell"]

_TOLD = {
    Fate.UPDATED: "updated",
    Fate.ADDED: "added",
    Fate.KEPT: "kept as you have it",
    Fate.REMOVED: "removed by you, and left out",
    Fate.RETIRED: "not made by Seawall any more; it is yours now",
    Fate.WAITING: f"edited by you; the new text is in its {SIDE_SUFFIX} file",
}


def command(
    project: Annotated[Path, Parameter(name="DIR", help="The project. Default: here.")] = Path(),
    /,
    *,
    dry_run: Annotated[bool, Parameter(help="Print what would be done, and write nothing.")] = False,
    json: Annotated[bool, Parameter(help="Print the result as one JSON object.")] = False,
) -> int:
    """Bring a project's managed files up to date; help.py has the words for people."""
    existing = Existing(project, Maker(installed_kinds(), installed_version(), os.environ))
    if not dry_run:
        existing.recover()
    upgrade = existing.upgraded()
    if not dry_run:
        existing.apply(upgrade)
    if json:
        show_json(_as_json(upgrade))
    else:
        tell(upgrade, dry_run=dry_run, diffs=True)
    return 1 if upgrade.waiting else 0


def tell(upgrade: Upgrade, *, dry_run: bool, diffs: bool = False, alone: bool = True) -> None:
    """Say what became of each file, those that are as they should be left out.

    Args:
        upgrade: what became of them.
        dry_run: whether nothing was written.
        diffs: also how the files differ.
        alone: whether nothing else is told that was done.
    """
    show(*(Text(plain(note)) for note in upgrade.notes))
    for each in upgrade.files:
        if each.fate in _TOLD:
            show(
                Text(
                    plain(f"{each.path}: {_TOLD[each.fate]}"),
                    style="bold" if each.fate is Fate.WAITING else "",
                )
            )
        if diffs and each.diff:
            show(*(plain(f"  {line}") for line in each.diff.splitlines()))
    if upgrade.waiting:
        show(
            Text(
                f"{len(upgrade.waiting)} waiting: take over what you want from each {SIDE_SUFFIX} file and remove it;"
                " until then `seawall upgrade` ends with status 1."
            )
        )
    elif not upgrade.stale and alone:
        show(Text("Everything is up to date."))
    elif dry_run:
        show(Text("Nothing was written."))


def _as_json(upgrade: Upgrade) -> JsonObject:
    return {
        "notes": list(upgrade.notes),
        "ok": not upgrade.waiting,
        "files": [{"path": each.path, "state": each.fate.value, "diff": each.diff} for each in upgrade.files],
    }
