"""The grpc toolset: joins what a service has, what the blueprint says of it, and the client that asks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.errors import BlueprintError
from seawall.toolsets.grpc.calling import MOST_MESSAGES, USUAL_MESSAGES, Paging, Streaming, Unary, Work
from seawall.toolsets.grpc.client import GrpcClient
from seawall.toolsets.grpc.connecting import client_of, egress_policy
from seawall.toolsets.grpc.declaration import GrpcDeclaration
from seawall.toolsets.grpc.model import Api, Method
from seawall.toolsets.grpc.schemas import answer_schema, argument_schema
from seawall.toolsets.grpc.source import load
from seawall.toolsets.grpc.streams import HeldStreams
from seawall.toolsets.grpc.survey import Candidate, Survey, page_names, survey
from seawall.toolsets.interface import Handler, Host, LeftOut, Operation, Reach, SourceReport
from seawall.toolsets.lock import read_lock
from seawall.toolsets.outline import Outline
from seawall.toolsets.remote import UPSTREAM_ERRORS
from seawall.types import JsonObject

__all__ = ["GrpcToolset", "grpc_toolset"]


def grpc_toolset(declaration: GrpcDeclaration, host: Host) -> GrpcToolset:
    """The toolset of a service, whose description is read here.

    Raises:
        BlueprintError: the description cannot be used, or the declaration does not fit it; every problem.
        StartError: the description cannot be had.
    """
    client = client_of(declaration, host)
    api = load(declaration, host)
    surveyed = survey(api, declaration, locked=_locked(declaration, host))
    if surveyed.problems:
        raise BlueprintError(surveyed.problems)
    return GrpcToolset(declaration, host, api=api, surveyed=surveyed, client=client)


class GrpcToolset:
    """The methods of one service. Each is made when it is listed, described or called for the first time."""

    def __init__(
        self, declaration: GrpcDeclaration, host: Host, *, api: Api, surveyed: Survey, client: GrpcClient
    ) -> None:
        self._declaration = declaration
        self._host = host
        self._api = api
        self._surveyed = surveyed
        self._client = client
        self._held = HeldStreams(most=declaration.streams, idle=declaration.stream_idle)
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
        """The same: methods that take a stream."""
        return self._surveyed.unservable

    def operation(self, name: str) -> Operation:
        """The operation of that outline.

        Raises:
            KeyError: there is none.
        """
        if name not in self._made:
            self._made[name] = self._operation(self._surveyed.candidates[name])
        return self._made[name]

    def reach(self) -> Sequence[Reach]:
        """The service."""
        policy = egress_policy(self._declaration, self._host)
        limits = (*policy.clauses(), "gRPC is given checked addresses alone, never a name")
        return tuple(Reach("network", str(rule), "connect", limits) for rule in policy.hosts)

    def report(self) -> SourceReport:
        """What was found in the description."""
        services = tuple(dict.fromkeys(each.service for each in self._api.methods))
        more = f" and {len(services) - 3} more" if len(services) > 3 else ""  # noqa: PLR2004  that a line holds
        return SourceReport(
            source=f"gRPC: {', '.join(services[:3]) or 'no service'}{more}",
            found=len(self._api.methods),
            unservable=self._surveyed.unservable,
        )

    async def start(self) -> None:
        """Prepare to ask the service; no connection is made yet, so that a server starts while it is down.

        Raises:
            StartError: a secret or certificate cannot be used.
        """
        await self._client.start()

    async def close(self) -> None:
        """End every stream and connection."""
        self._held.close()
        await self._client.close()

    def faults(self) -> Sequence[str]:
        """Why the service cannot be asked at all."""
        return self._client.faults()

    def degraded(self) -> Sequence[str]:
        """Whether it does not answer now: its tools stay listed, and say so."""
        return self._client.degraded()

    def _operation(self, candidate: Candidate) -> Operation:
        outline, method = candidate.outline, candidate.method
        handler, parameters = self._handled(candidate)
        return Operation(
            name=outline.name,
            title=outline.title,
            description=outline.description,
            parameters=parameters,
            output=None,  # no list has them: they would be most of what it costs
            hints=outline.hints,
            handler=handler,
            timeout=candidate.override.timeout,
            scopes=outline.scopes,
            errors=UPSTREAM_ERRORS,
            aliases=outline.aliases,
            tags=outline.tags,
            answer=lambda: _answer(self._api, method),
            varies=True,
        )

    def _handled(self, candidate: Candidate) -> tuple[Handler, JsonObject]:
        method, declaration = candidate.method, self._declaration
        schema = argument_schema(self._api, method.request)
        work = Work(
            candidate.outline.name, self._host.workers, declaration.message_size, candidate.repeatable
        )
        if not method.server_streaming:
            return Unary(self._api, method, self._client, work), schema
        following, limit = page_names(self._api, method)
        paging = Paging(
            next=following,
            limit=limit,
            wait=declaration.page_wait,
            lifetime=declaration.stream_lifetime,
            held=self._held,
        )
        return Streaming(self._api, method, self._client, work, paging), _paged(schema, paging)


def _paged(schema: JsonObject, paging: Paging) -> JsonObject:
    properties = schema.get("properties")
    return {
        **schema,
        "properties": {
            **(properties if isinstance(properties, dict) else {}),
            paging.limit: {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_MESSAGES,
                "default": USUAL_MESSAGES,
                "description": "Messages of one answer at most.",
            },
            paging.next: {
                "type": "string",
                "minLength": 1,
                "maxLength": 64,
                "description": "What the answer before has here: gives the messages after it, once and within a while. "
                "All other arguments are as they were then.",
            },
        },
    }


def _answer(api: Api, method: Method) -> JsonObject:
    schema = answer_schema(api, method.response)
    if not method.server_streaming:
        return schema
    definitions = schema.pop("$defs", None)
    page: JsonObject = {
        "type": "object",
        "properties": {
            "messages": {"type": "array", "items": schema},
            page_names(api, method)[0]: {"type": "string"},
            "error": {"type": "string"},
        },
        "required": ["messages"],
    }
    return page if definitions is None else {**page, "$defs": definitions}


def _locked(declaration: GrpcDeclaration, host: Host) -> Mapping[str, str]:
    written = read_lock(host.directory) or {}
    return {key: each.name for key, each in written.get(declaration.name or declaration.kind, {}).items()}
