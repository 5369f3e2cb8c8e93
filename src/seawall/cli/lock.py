"""`seawall lock`: writes down which operations a server offers, and under which names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.text import Text

from seawall.cli.output import plain, show
from seawall.cli.source import Flags, ProfileOption, choose_blueprint
from seawall.errors import StartError

__all__ = ["command", "replace_file"]


def command(
    blueprint: Annotated[Path | None, Parameter(help="The blueprint. Default: ./seawall.toml.")] = None,
    /,
    *,
    profile: ProfileOption = None,
) -> int:
    """Write the lock file; help.py has the words for people."""
    # Each import when it is needed: the help needs none of them (0.5 s).
    from seawall.cli.loading import load_source  # noqa: PLC0415  see above
    from seawall.cli.locking import compare, offered  # noqa: PLC0415  see above
    from seawall.cli.snapshots import taken  # noqa: PLC0415  see above
    from seawall.runtime.assemble import build  # noqa: PLC0415  see above
    from seawall.toolsets.lock import LOCK_NAME, lock_text  # noqa: PLC0415  see above
    from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  see above

    source = choose_blueprint(blueprint, command="lock")
    kinds = installed_kinds()
    loaded = load_source(source, kinds=kinds, flags=Flags(profile=profile), environment=os.environ)
    saved = taken(loaded, kinds)
    for each in saved:
        for line in each.lines:
            show(Text(plain(f"{each.toolset}: {line}")))
        replace_file(each.path, each.text)
        show(Text(plain(f"Wrote {each.place}, sha256 {each.sha256}.")))
    assembly = build(loaded, kinds)
    assembly.workers.close()
    now = offered(assembly)
    if not now:
        if saved:
            return 0
        show("Nothing to lock: the names of these tools are those of their source.")
        return 0
    for name, lines in compare(assembly).changes.items():
        for line in lines:
            show(Text(plain(f"{name}: {line}")))
    replace_file(loaded.directory / LOCK_NAME, lock_text(now))
    show(Text(plain(f"Wrote {LOCK_NAME} with {sum(map(len, now.values()))} operations.")))
    return 0


def replace_file(path: Path, text: str) -> None:
    """Write the file anew, whole or not at all.

    Raises:
        StartError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise StartError(
            f"{path.name} cannot be written: {error.strerror or error}.",
            hint="Look at the directory's rights.",
        ) from error
