"""How a new project begins with an API: its description is copied, and the blueprint says where it is and who asks."""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Final

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import SeawallError, UsageError
from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import Host
from seawall.toolsets.lock import LOCK_NAME
from seawall.toolsets.openapi.address import base_url
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.service import Connection
from seawall.toolsets.openapi.source import referred
from seawall.toolsets.openapi.starter_auth import auth_of
from seawall.toolsets.remote import outbound_of
from seawall.toolsets.starter import Needs, Question, Setting, Start

__all__ = ["OpenApiStarter"]

_DIRECTORY: Final = "specs"
_ENDINGS: Final = {".json": ".json", ".yaml": ".yaml", ".yml": ".yaml"}
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 40
_LARGEST: Final = 8 * 1024**2  # bytes, as of any file of a project
_UNKNOWN: Final = "https://api.invalid"  # RFC 6761: nobody ever has it
_SAFE: Final = re.compile(r"[A-Za-z0-9_@{(][A-Za-z0-9._@{}()+,=~-]{0,99}")
"""Names of files that a project takes. Tools that split a description write such as `users@{id}.yaml`."""
_MANY: Final = 40  # operations above which searching is proposed


class OpenApiStarter:
    """Operations of an API."""

    def __init__(self, connection: Connection) -> None:
        """Args: connection: how a description is read."""
        self._connection = connection

    @property
    def summary(self) -> str:
        """What it serves."""
        return "operations of a REST API"

    @property
    def question(self) -> Question:
        """Its description."""
        return Question("Which OpenAPI or Swagger description (a file)", "SPEC")

    def start(self, answer: str) -> Start:
        """A copy of the description, where the API is, and placeholders for its credentials.

        Nothing of the description's text goes into the blueprint but names that were made plain.

        Raises:
            UsageError: there is no such file, or it is no description.
        """
        path = Path(answer).expanduser()
        content = _content(path, answer)
        description = self._description(path)
        beside = _beside(path)
        # Files that refer to each other do so by their names; alone, it gets a plain one.
        name = path.name if beside and _SAFE.fullmatch(path.name) else _named(path)
        place = f"{_DIRECTORY}/{name}"
        base = base_url(OpenApiDeclaration.model_validate({"kind": "openapi", "spec": place}), description)
        count, bad = len(description.operations), len(description.quarantined)
        notes = [f"{place} is a copy of {path.name}, with {count} operations."]
        if bad:
            notes.append(f"{bad} more of its operations cannot be served: `seawall check` says why.")
        if beside:
            notes.append(f"So are {len(beside)} more files of {_DIRECTORY}, to which it refers.")
        auth = auth_of(description)
        if auth is not None and auth.active:
            notes.append("auth names variables that .env.example lists: the server starts when they are set.")
        if base is None:
            notes.append(
                f"base_url is a placeholder: the description names no server at https; {_UNKNOWN} is nowhere."
            )
        return Start(
            settings=(
                Setting("spec", place),
                Setting("base_url", base or _UNKNOWN),
                *((auth,) if auth is not None else ()),
                Setting(
                    "discovery",
                    "search",
                    comment="three tools to search, describe and call",
                    active=len(description.operations) > _MANY,
                ),
                Setting(
                    "operations",
                    ("GET /*",),
                    comment="names, METHOD /path or tag:NAME; all without this line",
                    active=False,
                ),
            ),
            files={place: content, **{f"{_DIRECTORY}/{name}": text for name, text in beside.items()}},
            notes=tuple(notes),
        )

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """The description, the names under which its operations are known, and the way to the API."""
        if not isinstance(declaration, OpenApiDeclaration):
            return Needs()
        places = (declaration.base_url, *declaration.hosts)
        if "://" in declaration.spec:
            return Needs(outbound=outbound_of(declaration, (declaration.spec, *places)))
        path = PurePosixPath(declaration.spec)
        inside = not path.is_absolute() and ".." not in path.parts
        # In a directory of its own, with all files to which it may refer.
        source = path.parent if path.parent.parts else path
        return Needs(
            sources=(*((str(source),) if inside else ()), LOCK_NAME),
            outbound=outbound_of(declaration, places),
            words="the API's description, and the names of its operations (`seawall lock` writes them)",
        )

    def _description(self, path: Path) -> ApiDescription:
        declaration = OpenApiDeclaration.model_validate({"kind": "openapi", "spec": path.name})
        workers = WorkerPool(size=1, queued=1)
        try:
            host = Host(directory=path.parent, workers=workers, response_limit=_LARGEST)
            return self._connection.load(declaration, host)
        except SeawallError as error:
            raise UsageError(
                f"--openapi cannot begin with {path.name}: {error}",
                hint="Give a file with an OpenAPI 3.x or Swagger 2.0 description.",
            ) from error
        finally:
            workers.close()


def _content(path: Path, answer: str) -> str:
    if not answer.strip():
        raise UsageError("--openapi needs a description.", hint="Such as `--openapi petstore.yaml`.")
    try:
        if not path.is_file():
            raise UsageError(f"--openapi: {answer} is no file.", hint="Download the description first.")
        content = path.read_bytes()
        if len(content) > _LARGEST:
            raise UsageError(
                f"--openapi: {answer} has more than {_LARGEST // 1024**2} MiB.",
                hint="Write the blueprint by hand, and let `spec` name the file.",
            )
        return content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--openapi: {answer} cannot be read: {error}.") from error


def _beside(path: Path) -> dict[str, str]:
    """The files to which the description refers, as text, by their paths from its directory.

    Raises:
        UsageError: one cannot be copied.
    """
    files = referred(path)
    if sum(map(len, files.values())) > _LARGEST:
        raise UsageError(
            f"--openapi: the files to which {path.name} refers have more than {_LARGEST // 1024**2} MiB together.",
            hint="Write the blueprint by hand, and let `spec` name the file.",
        )
    texts: dict[str, str] = {}
    for name, content in files.items():
        if not all(map(_SAFE.fullmatch, name.split("/"))):
            raise UsageError(
                f"--openapi: {path.name} refers to a file with a name that no project takes: {name!r}."
            )
        try:
            texts[name] = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            raise UsageError(f"--openapi: {name} cannot be read: {error}.") from error
    return texts


def _named(path: Path) -> str:
    return f"{_plain(path.stem, 'api')}{_ENDINGS.get(path.suffix.lower(), '.yaml')}"


def _plain(text: str, instead: str) -> str:
    return _UNFIT.sub("-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-") or instead
