"""Whether the files that Seawall made around a blueprint still match it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from seawall.blueprint import LoadedBlueprint
from seawall.cli.app import installed_version
from seawall.cli.check import Finding
from seawall.errors import BlueprintError, StartError, UsageError
from seawall.scaffold.existing import Existing
from seawall.scaffold.plan import Maker
from seawall.scaffold.project import BLUEPRINT_NAME
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
