"""The openapi toolset: joins what an API has, what the blueprint says of it, and the service behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import BlueprintError, Problem, StartError
from seawall.toolsets.interface import Host, LeftOut, Operation, Reach, Remark, SourceReport, Toolset
from seawall.toolsets.lock import read_lock
from seawall.toolsets.openapi.address import base_url
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiDescription
from seawall.toolsets.openapi.proving import unproven
from seawall.toolsets.openapi.service import Connection, Service
from seawall.toolsets.openapi.starter import OpenApiStarter
from seawall.toolsets.openapi.survey import Survey, survey
from seawall.toolsets.outline import Outline
from seawall.toolsets.starter import Starter

__all__ = ["OpenApiKind", "OpenApiToolset"]


class OpenApiToolset:
    """The operations of one API. Each is made when it is listed, described or called for the first time."""

    def __init__(
        self,
        description: ApiDescription,
        surveyed: Survey,
        service: Service,
        *,
        remarks: Sequence[Remark] = (),
    ) -> None:
        """Args: remarks: what `check` says beside what it finds."""
        self._remarks = remarks
        self._description = description
        self._surveyed = surveyed
        self._service = service
        self._made: dict[str, Operation] = {}

    @property
    def operations(self) -> Sequence[Operation]:
        """All that can be served, whatever `access` says."""
        return tuple(map(self.operation, self._surveyed.candidates))

    def outlines(self) -> Sequence[Outline]:
        """Of all that can be served, in the order of the description."""
        return tuple(each.outline for each in self._surveyed.candidates.values())

    def unservable(self) -> Sequence[LeftOut]:
        """What the description has beside that."""
        return self._surveyed.unservable

    def left_out(self) -> Sequence[LeftOut]:
        """The same: what could never become a tool."""
        return self._surveyed.unservable

    def operation(self, name: str) -> Operation:
        """The operation of that outline.

        Raises:
            KeyError: there is none.
            ValueError: its override does not fit its arguments.
        """
        if name not in self._made:
            self._made[name] = self._operation(name)
        return self._made[name]

    def reach(self) -> Sequence[Reach]:
        """The API."""
        return self._service.reach()

    def remarks(self) -> Sequence[Remark]:
        """What the operator should know of the settings."""
        return self._remarks

    def report(self) -> SourceReport:
        """What was found in the description."""
        about = self._description
        return SourceReport(
            source=f"OpenAPI {about.dialect}: {about.title} {about.version}".rstrip()
            if about.dialect != "2.0"
            else f"Swagger 2.0: {about.title} {about.version}".rstrip(),
            found=len(about.operations) + len(about.quarantined),
            unservable=self._surveyed.unservable,
            faults=tuple(LeftOut(each.pointer, each.message) for each in about.faults),
        )

    async def start(self) -> None:
        """Prepare to call the API; no connection is made yet, so that a server starts while it is down.

        Raises:
            StartError: a secret is missing.
        """
        await self._service.start()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._service.close()

    def faults(self) -> Sequence[str]:
        """Why the API cannot be called at all."""
        return self._service.faults()

    def degraded(self) -> Sequence[str]:
        """What of it does not answer now: its tools stay listed, and say so."""
        return self._service.degraded()

    def problems(self) -> Sequence[Problem]:
        """Overrides that do not fit their operations: those operations are made here to find out."""
        found = []
        for name, candidate in self._surveyed.candidates.items():
            override = candidate.override
            if override.hidden or override.fixed or override.fields:
                try:
                    self.operation(name)
                except ValueError as error:
                    found.append(
                        _problem(f"override.{self._surveyed.words[candidate.outline.key]}", str(error))
                    )
        return found

    def _operation(self, name: str) -> Operation:
        candidate = self._surveyed.candidates[name]
        shaped = self._service.shaped(candidate, tool=name)
        outline = candidate.outline
        return Operation(
            name=name,
            title=outline.title,
            description=outline.description,
            parameters=shaped.parameters,
            output=None,  # no list has them: they would be most of what it costs, and answers that differ are told too
            hints=outline.hints,
            handler=shaped.handler,
            timeout=candidate.override.timeout,
            scopes=outline.scopes,
            errors=shaped.errors,
            varies=True,
            aliases=outline.aliases,
            tags=outline.tags,
            answer=shaped.answer,
        )


class OpenApiKind:
    """The kind `openapi`."""

    def __init__(self, connection: Connection) -> None:
        """Args: connection: how descriptions are read and services called."""
        self._connection = connection

    @property
    def name(self) -> str:
        """The word of the blueprint."""
        return "openapi"

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section."""
        return OpenApiDeclaration

    @property
    def starter(self) -> Starter:
        """How a new project begins with it."""
        return OpenApiStarter(self._connection)

    def description(self, declaration: ToolsetDeclaration, host: Host) -> ApiDescription:
        """What the declaration's API is.

        Raises:
            BlueprintError: it is not the description that is pinned.
            StartError: it cannot be had, or it is the declaration of another kind.
        """
        return self._connection.load(_checked(declaration), host)

    def moved(self, declaration: ToolsetDeclaration, url: str) -> OpenApiDeclaration:
        """The same declaration for a service at this URL on this machine, which asks for no credentials."""
        changed: dict[str, object] = {
            "base_url": url,
            "networks": ("127.0.0.1/32",),
            "hosts": (),
            "auth": None,
            "credentials": {},
        }
        return _checked(declaration).model_copy(update=changed)

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset of an API, whose description is read here. Nothing is called.

        Raises:
            BlueprintError: the description cannot be used, or overrides do not fit it; every problem.
            StartError: the description cannot be had, or it is the declaration of another kind.
        """
        declaration = _checked(declaration)
        description = self._connection.load(declaration, host)
        base = base_url(declaration, description)
        if base is None:
            raise BlueprintError([_no_base(description)])
        if _sends_credentials(declaration) and not (declaration.base_url or declaration.sha256):
            raise BlueprintError([_unpinned(base)])
        surveyed = survey(description, declaration, base=base, locked=_locked(declaration, host))
        service = self._connection.serve(declaration, description, host, base=base)
        operations = [each.operation for each in surveyed.candidates.values()]
        toolset = OpenApiToolset(description, surveyed, service, remarks=unproven(declaration, operations))
        if problems := [*surveyed.problems, *toolset.problems()]:
            raise BlueprintError(problems)
        return toolset


def _checked(declaration: ToolsetDeclaration) -> OpenApiDeclaration:
    if not isinstance(declaration, OpenApiDeclaration):
        raise StartError(f"A declaration of kind {declaration.kind!r} describes no API.")
    return declaration


def _locked(declaration: OpenApiDeclaration, host: Host) -> Mapping[str, str]:
    written = read_lock(host.directory) or {}
    return {key: each.name for key, each in written.get(declaration.name or declaration.kind, {}).items()}


def _no_base(description: ApiDescription) -> Problem:
    named = ", ".join(server.url for server in description.servers)[:200]
    said = f"names only {named!r}" if named else "names none"
    return _problem(
        "base_url",
        f"nothing says where the API is: of servers at https, the description {said}; set `base_url`",
    )


def _sends_credentials(declaration: OpenApiDeclaration) -> bool:
    return declaration.auth is not None or bool(declaration.credentials)


def _unpinned(base: str) -> Problem:
    return _problem(
        "base_url",
        f"a description that changes would take the credentials with it: set `base_url` ({base[:200]!r} is what it "
        "says now), or pin the description with `sha256`",
    )


def _problem(key: str, message: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found="",
        allowed="",
        suggestion=None,
        message=message,
    )
