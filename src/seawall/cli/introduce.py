"""What a new project's server offers, asked of the server itself: it is assembled once, and not started.

So nothing that it works on has to be there yet: a root that is made later, or that a blueprint names beside the project.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from seawall.blueprint import load
from seawall.scaffold.plan import Introduction, Plan
from seawall.scaffold.project import BLUEPRINT_NAME
from seawall.scaffold.staging import create
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.registry import declarations

__all__ = ["introduce"]


def introduce(
    plan: Plan, kinds: Mapping[str, ToolsetKind], environment: Mapping[str, str], *, blueprint: Path | None
) -> Introduction:
    """The README's part and the recorded tools of the planned server; of `blueprint` itself when there is one.

    A server that cannot be put together yet, for want of what its blueprint names, is introduced by the reason.
    """
    try:
        if blueprint is not None:
            return _introduced(blueprint, kinds, environment)
        with tempfile.TemporaryDirectory(prefix="seawall-") as apart:
            project = Path(apart) / "project"
            create(project, plan.files)
            return _introduced(project / BLUEPRINT_NAME, kinds, environment)
    except Exception as error:  # noqa: BLE001  boundary: a project is made also where its server cannot run yet
        return Introduction(missing=str(error))


def _introduced(
    blueprint: Path, kinds: Mapping[str, ToolsetKind], environment: Mapping[str, str]
) -> Introduction:
    # Here, since the questions and most refusals come before and need no FastMCP (0.5 s).
    from seawall.cli.locking import offered  # noqa: PLC0415  see above
    from seawall.reference import collect, summary  # noqa: PLC0415  see above
    from seawall.runtime.assemble import build  # noqa: PLC0415  see above
    from seawall.testing.surface import surface_of  # noqa: PLC0415  see above
    from seawall.toolsets.lock import lock_text  # noqa: PLC0415  see above

    assembly = build(load(blueprint, kinds=declarations(kinds), environment=environment), kinds)

    async def described() -> Introduction:
        collected = await collect(assembly, environment=environment)
        locked = offered(assembly)
        return Introduction(
            summary(collected, directory=""),
            await surface_of(assembly.mcp),
            lock_text(locked) if locked else "",
        )

    try:
        return asyncio.run(described())
    finally:
        assembly.workers.close()
