"""The page of the errors: the classes of `seawall.errors`, by their codes."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fastmcp import FastMCP

from generator.http_answers import answers_table
from generator.markdown import bullets, code, fence, page
from generator.world import answer, client, workspace
from seawall.errors import (
    OperationError,
    PathError,
    SandboxError,
    SeawallError,
    UpstreamError,
    base,
    calls,
    command,
    paths,
    programs,
    services,
)

__all__ = ["Entry", "entries", "errors_page"]

_META: Final = "io.github.seawall/error"
_REMEDY: Final = "Remedy:"
_MODULES: Final = tuple(each.__name__ for each in (command, base, calls, paths, services, programs))
"""The families, in the order of the page."""
_ABSTRACT: Final = (SeawallError, PathError, UpstreamError, SandboxError)  # never raised themselves

_INTRODUCTION: Final = """\
Every error has a code that stays the same between releases, a message that names the object and the reason, and mostly a hint with
the next step.

**A tool** that refuses answers with `isError: true`. The text has message, hint and code, since many hosts show a model nothing else;
the same is in `_meta`, for programs. There is no structured content. This is what `read_file` answers for a file that is not there:"""

_REST: Final = """\
`retryable` says whether the same call may succeed later without any change. Of resources and prompts, which have no error results,
the same text is an error of JSON-RPC with the same data.

**The command** writes `seawall: ` with message and hint to standard error, and ends with the exit status. With `--json` the code is in
its output. **From Python** it is an exception of `seawall.errors` with `code`, `message`, `hint` and `exit_code`; `OperationError` and
`ToolFailedError` are also in `seawall`, for functions of your own."""

_HTTP: Final = """\
A request that never becomes a call is answered by its status alone, with a sentence for whoever reads the client's log. The reason
is a label of the [metric](metrics.md#seawall_http_refused_total) `seawall_http_refused_total`."""

_GROUPS: Final = {
    "Ends the command": "Raised before anything is served: by the command, or by `seawall.assemble`, `harden` and `run`.",
    "Any tool": "What a caller of any tool may be answered.",
    "Tools that work on files": "Each names one path, relative to its root; never a path of the machine.",
    "Tools that ask a service": "Each names the service by its host. What the service says is cut and cleaned, and is data, not advice.",
    "Tools that run programs": "Each names the command or its program. What a program wrote is cut and cleaned, and is data, not advice.",
}


@dataclass(frozen=True)
class Entry:
    """One error.

    Attributes:
        error: its class.
        meaning: when it arises; empty when its docstring does not say.
        remedy: what whoever gets it can do; empty likewise.
    """

    error: type[SeawallError]
    meaning: str
    remedy: str

    @property
    def group(self) -> str:
        """Its part of the page."""
        command, tool, files, services, programs = _GROUPS
        if issubclass(self.error, UpstreamError):
            return services
        if issubclass(self.error, PathError):
            return files
        if issubclass(self.error, SandboxError):
            return programs
        return tool if issubclass(self.error, OperationError) else command


def entries() -> list[Entry]:
    """Every error that is raised, family by family, each in the order of its source."""
    found = [each for each in _below(SeawallError) if each not in _ABSTRACT]
    return [_entry(each) for each in sorted(found, key=_place)]


def errors_page() -> str:
    """The whole page."""
    known = entries()
    parts = []
    for group, words in _GROUPS.items():
        own = [each for each in known if each.group == group]
        index = " · ".join(f"[{code(each.error.code)}](#{each.error.code})" for each in own)
        parts += [f"## {group}", words, index, *map(_part, own)]
    http = ["## Before a call, over HTTP", _HTTP, answers_table()]
    return page("Errors", _INTRODUCTION, fence("json", _example()), _REST, *parts, *http)


def _below(error: type[SeawallError]) -> Iterator[type[SeawallError]]:
    if error.__module__ in _MODULES:
        yield error
        for each in error.__subclasses__():
            yield from _below(each)


def _place(error: type[SeawallError]) -> tuple[int, int]:
    return _MODULES.index(error.__module__), inspect.getsourcelines(error)[1]


def _entry(error: type[SeawallError]) -> Entry:
    # Not inspect.getdoc: a class without a docstring would get that of its base.
    words = inspect.cleandoc(vars(error).get("__doc__") or "")
    meaning, _, remedy = words.partition(_REMEDY)
    return Entry(error, " ".join(meaning.split()), " ".join(remedy.split()))


def _part(entry: Entry) -> str:
    error = entry.error
    facts = [("What to do", entry.remedy), ("Class", code(f"seawall.errors.{error.__name__}"))]
    if issubclass(error, OperationError):
        facts.append(("Retryable", "yes" if error.retryable else "no"))
    else:
        facts.append(("Exit status", str(error.exit_code)))
    return f"### {code(error.code)}\n\n{entry.meaning}\n\n{bullets(facts)}"


def _example() -> str:
    with workspace() as server:
        result = asyncio.run(_refused(server))
    shown = {"isError": True, "content": result["content"], "_meta": {_META: result["_meta"][_META]}}
    return json.dumps(shown, indent=2, ensure_ascii=False)


async def _refused(server: FastMCP) -> dict[str, Any]:
    async with client(server) as opened:
        return await answer(opened, "read_file", {"path": "notes/none.txt"})
