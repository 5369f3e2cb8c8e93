"""How a new project begins with an API: its description is copied, and the blueprint says where it is and who asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import SeawallError, UsageError
from seawall.security.budget import WorkerPool
from seawall.toolsets.interface import Host
from seawall.toolsets.lock import LOCK_NAME
from seawall.toolsets.openapi.address import base_url
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription, SecurityScheme
from seawall.toolsets.openapi.service import Connection
from seawall.toolsets.remote import outbound_of
from seawall.toolsets.starter import Needs, Question, Setting, Start

__all__ = ["OpenApiStarter"]

_DIRECTORY: Final = "specs"
_ENDINGS: Final = {".json": ".json", ".yaml": ".yaml", ".yml": ".yaml"}
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 40
_LARGEST: Final = 8 * 1024**2  # bytes, as of any file of a project
_UNKNOWN: Final = "https://api.invalid"  # RFC 6761: nobody ever has it
_MANY: Final = 40  # operations above which searching is proposed


_FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "api_key": {"scheme": "api_key", "value": "env:{}"},
    "bearer": {"scheme": "bearer", "token": "env:{}"},
    "basic": {"scheme": "basic", "username": "name", "password": "env:{}"},
}
"""How a blueprint says the credentials of a scheme; `{}` is the variable's name."""


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
        place = f"{_DIRECTORY}/{_plain(path.stem, 'api')}{_ENDINGS.get(path.suffix.lower(), '.yaml')}"
        description = self._description(path)
        base = base_url(OpenApiDeclaration.model_validate({"kind": "openapi", "spec": place}), description)
        count, bad = len(description.operations), len(description.quarantined)
        notes = [f"{place} is a copy of {path.name}, with {count} operations."]
        if bad:
            notes.append(f"{bad} more of its operations cannot be served: `seawall check` says why.")
        if base is None:
            notes.append(
                f"base_url is a placeholder: the description names no server at https; {_UNKNOWN} is nowhere."
            )
        return Start(
            settings=(
                Setting("spec", place),
                Setting("base_url", base or _UNKNOWN),
                *_credentials(description),
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
            files={place: content},
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
        return Needs(
            sources=(*((str(path),) if inside else ()), LOCK_NAME),
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
        return content.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--openapi: {answer} cannot be read: {error}.") from error


def _credentials(description: ApiDescription) -> Iterator[Setting]:
    """One line for each way to prove who asks, as a comment: with a reference to a secret that is nowhere yet."""
    for scheme in description.security_schemes.values():
        known = _FORMS.get(scheme.kind)
        if known is not None:
            values = {key: value.format(_variable(scheme)) for key, value in known.items()}
            yield Setting("auth", values, comment="a secret is named here, never written", active=False)


def _plain(text: str, instead: str) -> str:
    return _UNFIT.sub("-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-") or instead


def _variable(scheme: SecurityScheme) -> str:
    """Name of the environment variable that a scheme's secret is read from."""
    return f"API_{_plain(scheme.name, 'secret').replace('-', '_').upper()}"
