"""`seawall docs`: the server's own documentation, from the server itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from rich.console import RenderableType
from rich.text import Text

from seawall.cli.docs_files import Change, changes, write
from seawall.cli.output import plain, show, show_json
from seawall.cli.source import Flags, ProfileOption, choose_blueprint
from seawall.cli.startup import output_kept
from seawall.errors import UsageError
from seawall.types import JsonObject

__all__ = ["DocsResult", "command", "documents", "render", "result_as_json"]

_STATES = {(False, True): "made", (True, True): "changed", (True, False): "removed"}


@dataclass(frozen=True, slots=True)
class DocsResult:
    """What was written, or with `checked` what would have to be.

    Attributes:
        directory: where the files belong.
        files: how many there are.
        changes: those that were, or are, not as they should be.
        checked: whether nothing was written.
    """

    directory: Path
    files: int
    changes: tuple[Change, ...]
    checked: bool

    @property
    def stale(self) -> bool:
        """Whether a check found something."""
        return self.checked and bool(self.changes)


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class DocsOptions:
    """The flags of `docs`."""

    output: Annotated[
        Path | None,
        Parameter(alias="-o", help="Where to. Default: docs beside the blueprint.", metavar="DIR"),
    ] = None
    format: Annotated[
        Literal["markdown", "html"],
        Parameter(
            help="markdown (the default), or html: one page.", metavar="markdown|html", show_choices=False
        ),
    ] = "markdown"
    check: Annotated[bool, Parameter(help="Write nothing; show what is stale, and fail if anything is.")] = (
        False
    )
    force: Annotated[bool, Parameter(help="Replace files that this command did not write.")] = False
    profile: ProfileOption = None
    json: Annotated[bool, Parameter(help="Print the result as one JSON object.")] = False


def command(
    blueprint: Annotated[Path | None, Parameter(help="The blueprint. Default: ./seawall.toml.")] = None,
    /,
    *,
    options: DocsOptions | None = None,
) -> int:
    """Write or check the documentation; help.py has the words for people."""
    options = options or DocsOptions()
    if options.check and options.force:
        raise UsageError(
            "--check writes nothing, so --force has no meaning.", hint="Leave out one of the two."
        )
    chosen = choose_blueprint(blueprint, command="docs")
    with output_kept():
        mark, files = documents(chosen, options, environment=os.environ)
    directory = options.output or _beside(chosen)
    found = changes(directory, files, mark=mark)
    if not options.check:
        write(directory, found, force=options.force)
    result = DocsResult(directory, len(files), tuple(found), options.check)
    if options.json:
        show_json(result_as_json(result))
    else:
        show(*render(result))
    return int(result.stale)


def _beside(blueprint: Path) -> Path:
    """The directory of the pages when none is named; a project of somebody else may have put a link there."""
    directory = blueprint.parent / "docs"
    if directory.is_symlink():
        raise UsageError(
            f"{directory} is a symbolic link, which is not followed.",
            hint="Name the directory that it leads to: --output DIR.",
        )
    return directory


def documents(
    blueprint: Path, options: DocsOptions, *, environment: Mapping[str, str]
) -> tuple[str, Mapping[str, str]]:
    """The mark of such files, and each of them by its name.

    Raises:
        BlueprintError, StartError: the server cannot be put together.
    """
    # Each import when it is needed: the help needs none.
    from seawall.cli.loading import load_source  # noqa: PLC0415  see above
    from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  see above

    kinds = installed_kinds()
    loaded = load_source(
        blueprint, kinds=kinds, flags=Flags(profile=options.profile), environment=environment
    )
    from seawall import reference  # noqa: PLC0415  see above
    from seawall.runtime.assemble import build  # noqa: PLC0415  see above

    assembly = build(loaded, kinds)
    try:
        collected = asyncio.run(reference.collect(assembly, environment=environment))
    finally:
        assembly.workers.close()
    form = reference.html if options.format == "html" else reference.markdown
    return reference.MARK, form(collected)


def result_as_json(result: DocsResult) -> JsonObject:
    """The stable form for programs: ok, directory, files, changes."""
    return {
        "ok": not result.stale,
        "directory": str(result.directory),
        "files": result.files,
        "changes": [{"path": str(change.path), "change": _state(change)} for change in result.changes],
    }


def render(result: DocsResult) -> Iterator[RenderableType]:
    """The result for a person."""
    for change in result.changes:
        if result.checked:
            if change.foreign:
                yield plain(f"{change.path} was not written by this command")
            yield from (_coloured(line) for line in change.diff())
        else:
            yield plain(f"{_state(change):8} {change.path}")
    count = f"{result.files} file{'' if result.files == 1 else 's'}"
    if result.stale:
        yield f"Stale: {len(result.changes)} of {count}. `seawall docs` brings them up to date."
    else:
        state = "as they should be" if not result.changes else "up to date now"
        yield plain(f"{result.directory}: {count}, {state}.")


def _state(change: Change) -> str:
    return _STATES[change.old is not None or change.foreign, change.new is not None]


def _coloured(line: str) -> Text:
    style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
    return Text(plain(line), style=style)
