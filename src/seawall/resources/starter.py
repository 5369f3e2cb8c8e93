"""How a project begins with a resource: a directory, a file, a function or a page, by the form of the answer."""

from __future__ import annotations

import re
import sys
from pathlib import PurePosixPath
from typing import Final

from seawall.blueprint.resource import ResourceDeclaration
from seawall.errors import UsageError
from seawall.toolsets.starter import Needs, Outbound, Question, Setting, Start

__all__ = ["ResourceStarter", "needs_of"]

_FUNCTION: Final = re.compile(r"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):([A-Za-z_]\w*)")
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_PAGE: Final = re.compile(
    r"http(?P<tls>s)?://(?P<host>(?:[^/?#@]*@)?(?:\[[0-9a-fA-F:.]+\]|[^\[\]/:?#@]+))(?::(?P<port>[0-9]{1,5}))?(?:[/?#].*)?",
    re.IGNORECASE,
)
_PORTS: Final = range(1, 65536)
_BEGUN: Final = {".md": "# {}\n", ".txt": "{}\n"}
"""Files that can be begun by what is in them; others have to be there."""
_OURS: Final = frozenset({"conftest", "fastmcp", "mcp", "mcp_types", "seawall", "server", "tests"})
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
            UsageError: it has no form that is known, or names what no project may have of its own.
        """
        if "://" in answer:
            return _page(answer)
        function = _FUNCTION.fullmatch(answer)
        if function:
            return _function(answer, function[1], function[2])
        path = PurePosixPath(answer)
        if not answer.strip() or not path.name or "\0" in answer:
            raise UsageError(
                f"{answer!a} is nothing to read.", hint="Name a directory, a file, a URL or a function."
            )
        if not _is_inside(answer, path):
            raise UsageError(
                f"{answer!a} lies outside of the project, and its container would not have it.",
                hint="Move it into the project, or write the [[resource]] by hand and mount what it names.",
            )
        return _file(answer, path) if path.suffix and not answer.endswith("/") else _directory(answer, path)


def _directory(answer: str, path: PurePosixPath) -> Start:
    return Start(
        settings=(
            Setting(
                "uri", f"{_word(path.name)}://{{page*}}", comment="each file below it has a URI of this form"
            ),
            Setting("directory", answer),
            Setting("description", f"The pages of {path.name}.", comment="the model reads this"),
        ),
        files={f"{path}/start.md": f"# {path.name}\n\nThe first page.\n"},
        notes=(f"Every file in {answer} can be read, but those whose names hold secrets.",),
        place=str(path),
    )


def _file(answer: str, path: PurePosixPath) -> Start:
    begun = _BEGUN.get(path.suffix)
    return Start(
        settings=(
            Setting("uri", f"docs://{_word(path.stem)}"),
            Setting("file", answer),
            Setting("description", f"What {path.name} says.", comment="the model reads this"),
        ),
        files={} if begun is None else {str(path): begun.format(path.stem)},
        place=str(path),
    )


def _function(answer: str, module: str, name: str) -> Start:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top in _OURS:
        raise UsageError(
            f"{top} is a module of Python or of Seawall, which a file of that name would hide.",
            hint="Give your module another name, such as `harbour_data:report`.",
        )
    path = f"{module.replace('.', '/')}.py"
    return Start(
        settings=(
            Setting("uri", f"data://{_word(name)}"),
            Setting("function", answer, comment=f"{path}, beside this file"),
            Setting("description", f"What {name} gives.", comment="the model reads this"),
        ),
        files={path: _MODULE.format(name=name)},
        place=path,
        function=name,
    )


def _page(answer: str) -> Start:
    outbound = _outbound(answer)
    if outbound is None:
        raise UsageError(
            f"{answer!a} is no address of a page.", hint="Such as https://status.example/now.json."
        )
    return Start(
        settings=(
            Setting("uri", f"web://{_word(outbound.host)}"),
            Setting("url", answer, comment="fetched anew for every read"),
            Setting("description", f"A page of {outbound.host}.", comment="the model reads this"),
        ),
    )


def _outbound(url: str) -> Outbound | None:
    """Where a page is fetched; None when that is no URL of http."""
    parts = _PAGE.fullmatch(url)
    if parts is None or int(parts["port"] or 1) not in _PORTS:
        return None
    port = int(parts["port"]) if parts["port"] else 443 if parts["tls"] else 80
    return Outbound(parts["host"].rpartition("@")[2].strip("[]"), port)


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
    if declaration.url is not None and (outbound := _outbound(declaration.url)):
        return Needs(outbound=(outbound,))
    place = declaration.file or declaration.directory
    if place is not None and _is_inside(place, PurePosixPath(place)):
        return Needs(sources=(str(PurePosixPath(place)),), words="what clients can read")
    return Needs()
