"""Whether the files that Seawall made around a blueprint still match it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from seawall.blueprint import Blueprint, LoadedBlueprint
from seawall.cli.app import installed_version
from seawall.cli.check import Finding
from seawall.errors import BlueprintError, StartError, UsageError
from seawall.scaffold.existing import Existing
from seawall.scaffold.plan import Maker
from seawall.scaffold.project import BLUEPRINT_NAME, is_inside
from seawall.scaffold.upgrade import Fate
from seawall.toolsets.interface import ToolsetKind

__all__ = ["about_files"]

_SAID = {
    Fate.UPDATED: "is not as the blueprint has it now.",
    Fate.ADDED: "is missing beside the blueprint.",
    Fate.WAITING: "was edited, and is not as Seawall would make it for the blueprint now.",
}


def about_files(loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind]) -> Iterator[Finding]:
    """A warning for each file that `seawall upgrade` would change; nothing where `seawall new` made no project."""
    existing = Existing(loaded.directory, Maker(kinds, installed_version(), os.environ))
    if os.path.basename(loaded.source) != BLUEPRINT_NAME or not existing.made:  # noqa: PTH119  any text
        return
    yield from _outside(loaded.blueprint)
    try:
        stale = existing.upgraded().stale
    except (UsageError, StartError, BlueprintError) as error:
        yield Finding(
            "warning", "stale_files", "files", f"they cannot be compared: {error.message}", error.hint
        )
        return
    for each in stale:
        if each.path == BLUEPRINT_NAME:
            continue  # its format is a finding of its own
        yield Finding(
            "warning",
            "stale_files",
            each.path,
            _SAID[each.fate],
            "`seawall upgrade` shows what differs and updates it.",
        )


def _outside(blueprint: Blueprint) -> Iterator[Finding]:
    """A note for each place of prompts and resources that no image of the project holds."""
    named = [("[prompts]", blueprint.prompts.directory)]
    named += [("[[resource]]", each.directory or each.file) for each in blueprint.resource]
    for table, place in named:
        if place is not None and not is_inside(place):
            message = f"{place} is outside of the project: an image of it has nothing there."
            yield Finding("note", "outside_project", table, message, "Move it below, or mount it there.")
