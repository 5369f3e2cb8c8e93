"""How a project begins with a resource: a directory, a file, a function or a page, by the form of the answer."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from seawall.blueprint.resource import ResourceDeclaration
from seawall.errors import UsageError
from seawall.toolsets.starter import Needs, Outbound, Question, Setting, Start

__all__ = ["ResourceStarter", "needs_of"]

_FUNCTION: Final = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")
_PAGE: Final = re.compile(r"https?://(?P<host>[^/:?#]+)(?::(?P<port>[0-9]+))?.*")
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{0,31}")

_MODULE: Final = '''\
"""What this server offers to read."""


def {name}() -> dict[str, str]:
    """What clients get under its URI: text, bytes, or data that goes out as JSON."""
    return {{"state": "fine"}}
'''


class ResourceStarter:
    """Something to read."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "something to read: a directory or file, a web page, or what a function gives"

    @property
    def question(self) -> Question | None:
        """What it is."""
        return Question("Which directory, file, URL or module:function can be read", "WHAT", "handbook")

    def start(self, answer: str) -> Start:
        """What the answer becomes, by its form.

        Raises:
            UsageError: it has no form that is known.
        """
        if _PAGE.fullmatch(answer):
            return _page(answer)
        function = _FUNCTION.fullmatch(answer)
        if function:
            return _function(answer, function[1], function[2])
        path = PurePosixPath(answer)
        if not answer.strip() or not path.name or "\0" in answer:
            raise UsageError(
                f"{answer!a} is nothing to read.", hint="Name a directory, a file, a URL or a function."
            )
        return _file(answer, path) if path.suffix and not answer.endswith("/") else _directory(answer, path)


def _directory(answer: str, path: PurePosixPath) -> Start:
    scheme = _word(path.name)
    files = {f"{path}/start.md": f"# {path.name}\n\nThe first page.\n"} if _is_inside(answer, path) else {}
    return Start(
        settings=(
            Setting("uri", f"{scheme}://{{page*}}", comment="each file below it has a URI of this form"),
            Setting("directory", answer),
            Setting("description", f"The pages of {path.name}.", comment="the model reads this"),
        ),
        files=files,
        notes=(f"Every file in {answer} can be read, but those whose names hold secrets.",),
    )


def _file(answer: str, path: PurePosixPath) -> Start:
    files = {str(path): f"# {path.stem}\n"} if _is_inside(answer, path) and path.suffix == ".md" else {}
    return Start(
        settings=(
            Setting("uri", f"docs://{_word(path.stem)}"),
            Setting("file", answer),
            Setting("description", f"What {path.name} says.", comment="the model reads this"),
        ),
        files=files,
    )


def _function(answer: str, module: str, name: str) -> Start:
    files = {} if "." in module else {f"{module}.py": _MODULE.format(name=name)}
    return Start(
        settings=(
            Setting("uri", f"data://{_word(name)}"),
            Setting("function", answer, comment=f"{module.replace('.', '/')}.py, beside this file"),
            Setting("description", f"What {name} gives.", comment="the model reads this"),
        ),
        files=files,
    )


def _page(answer: str) -> Start:
    host = str(_PAGE.sub(r"\g<host>", answer))
    return Start(
        settings=(
            Setting("uri", f"web://{_word(host)}"),
            Setting("url", answer, comment="fetched anew for every read"),
            Setting("description", f"A page of {host}.", comment="the model reads this"),
        ),
    )


def _word(text: str) -> str:
    word = _UNFIT.sub("-", text.lower()).strip("-")[:32]
    return word if _SCHEME.fullmatch(word) else "docs"


def _is_inside(text: str, path: PurePosixPath) -> bool:
    return bool(path.parts) and not text.startswith(("/", "~")) and ".." not in path.parts


def needs_of(declaration: ResourceDeclaration) -> Needs:
    """What a deployment must give to the resource. Opens nothing."""
    if declaration.function is not None:
        top, inner, _ = declaration.function.partition(":")[0].partition(".")
        return Needs(sources=(top if inner else f"{top}.py",), words="your functions behind resources")
    if declaration.url is not None and (page := _PAGE.fullmatch(declaration.url)):
        port = int(page["port"]) if page["port"] else 443 if declaration.url.startswith("https") else 80
        return Needs(outbound=(Outbound(page["host"], port),))
    place = declaration.file or declaration.directory
    if place is not None and _is_inside(place, PurePosixPath(place)):
        return Needs(sources=(str(PurePosixPath(place)),), words="what clients can read")
    return Needs()
