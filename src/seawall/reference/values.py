"""An assembled server as plain, frozen data: what its documentation is made of, in whatever form."""

from __future__ import annotations

from dataclasses import dataclass

from seawall.blueprint.variables import Variable
from seawall.toolsets.interface import LeftOut, Reach
from seawall.types import JsonObject, JsonValue

__all__ = [
    "Answer",
    "DeployFiles",
    "Exposure",
    "Field",
    "Metric",
    "PromptArgument",
    "PromptFacts",
    "Reference",
    "ResourceFacts",
    "ServerFacts",
    "SettingFacts",
    "ToolFacts",
    "ToolsetFacts",
]


@dataclass(frozen=True, slots=True)
class Field:
    """One argument of a tool, or one member of its result.

    Attributes:
        name: with its place: `address.street`, `entries[].path`.
        type: in words: `text`, `whole number`, `list of text`.
        required: whether it must be there (an argument), or always is (a result).
        has_default: whether `default` is one.
        default: what it is when left out.
        limits: what narrows it, a few words each.
        description: of its author; may be empty.
    """

    name: str
    type: str
    required: bool
    has_default: bool
    default: JsonValue
    limits: tuple[str, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which a call can be refused or fail.

    Attributes:
        code: stable word, as in `_meta` of the answer.
        meaning: one sentence.
        next_step: what the caller does, one sentence.
        retryable: whether the same call may succeed later.
    """

    code: str
    meaning: str
    next_step: str
    retryable: bool


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """One tool, as clients see it and a little more.

    Attributes:
        name: what a client calls.
        title: for people.
        description: for the model.
        toolset: the toolset that it comes from; None for a tool that code added to the server.
        tokens: estimated cost of its entry in `tools/list`.
        parameters: its arguments, inner ones included.
        extra: whether it takes arguments that are not described.
        examples: arguments of calls, each valid by its input schema.
        output: members of its result; empty when that is no data, or data without a known form.
        form: `text` (text with one line about it), `data`, `content` (blocks of any kind), or `any` (whichever of
            these a service's answer is).
        read_only, destructive, idempotent, open_world: its hints; None where it gives none.
        scopes: what a caller needs to see and call it.
        timeout: seconds of its own, or None for the server's.
        errors: what it may answer beside what any call may.
    """

    name: str
    title: str
    description: str
    toolset: str | None
    tokens: int
    parameters: tuple[Field, ...]
    extra: bool
    examples: tuple[JsonObject, ...]
    output: tuple[Field, ...]
    form: str
    read_only: bool | None
    destructive: bool | None
    idempotent: bool | None
    open_world: bool | None
    scopes: tuple[str, ...]
    timeout: float | None
    errors: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class ToolsetFacts:
    """One toolset.

    Attributes:
        name: in the blueprint.
        kind: as declared.
        access: `read` or `write`.
        scopes: what a caller needs to see its tools.
        timeout: seconds of one call, or None for the server's limit.
        tools: names of its tools.
        reach: what it can touch; None when its kind does not say.
        left_out: what it has and does not offer.
        searched: what is found by search and called through one tool, instead of being listed; the first of them.
        searchable: how many of these there are.
    """

    name: str
    kind: str
    access: str
    scopes: tuple[str, ...]
    timeout: float | None
    tools: tuple[str, ...]
    reach: tuple[Reach, ...] | None
    left_out: tuple[LeftOut, ...]
    searched: tuple[SearchedFacts, ...] = ()
    searchable: int = 0


@dataclass(frozen=True, slots=True)
class SearchedFacts:
    """One operation that no list has, in outline: `required` are those of its arguments that a call must have."""

    name: str
    title: str
    arguments: tuple[str, ...]
    required: tuple[str, ...]
    read_only: bool | None
    destructive: bool | None
    idempotent: bool | None
    open_world: bool | None


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """One resource, or one template of several.

    Attributes:
        uri: its own, or with `template` the form that all of them have (RFC 6570).
        name: a word for it.
        title: for people.
        description: for the model.
        mime_type: of its content; empty when that differs.
        template: whether it stands for several.
        scopes: what a caller must have.
        reach: what it can touch; None when nobody says so, as of one that code added.
        cache: how long clients may keep it, a few words; empty for not at all.
        subscribable: whether clients can have themselves told of changes.
        toolset: where it comes from; None for one of the blueprint itself or of code.
    """

    uri: str
    name: str
    title: str
    description: str
    mime_type: str
    template: bool
    scopes: tuple[str, ...] = ()
    reach: tuple[Reach, ...] | None = None
    cache: str = ""
    subscribable: bool = False
    toolset: str | None = None


@dataclass(frozen=True, slots=True)
class PromptArgument:
    """One argument of a prompt."""

    name: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """One prompt."""

    name: str
    title: str
    description: str
    arguments: tuple[PromptArgument, ...]
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """One setting, safe to show.

    Attributes:
        section: its table as the file has it: `[http]`, `[[toolset]] files`; empty for `format`.
        name: within the table.
        value: effective, as a person writes it; None when unset.
        hidden: whether `value` is not all of it.
        default: None when there is none.
        required: whether something has to set it.
        origin: where the value came from, a few words.
        description: what it is for.
    """

    section: str
    name: str
    value: JsonValue
    hidden: bool
    default: JsonValue
    required: bool
    origin: str
    description: str


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """Who the server is, and what its documentation was made from.

    Attributes:
        name, title, version, purpose: as clients are told them.
        blueprint: name of the file, without its directory.
        profile: the chosen profile, or None.
        profiles: the names of all.
    """

    name: str
    title: str
    version: str
    purpose: str
    blueprint: str
    profile: str | None
    profiles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Who can reach the server, as far as the blueprint decides it.

    Attributes:
        url: where clients reach it over HTTP.
        loopback: whether HTTP listens on this machine alone.
        authentication: `jwt`, `token`, or None.
        principals: names of the bearers of fixed tokens.
        metrics: where `/metrics` is: `main` (this machine alone), `own` (a port of its own) or `none`.
        limits_callers: whether one caller's calls are limited in number.
    """

    url: str
    loopback: bool
    authentication: str | None
    principals: tuple[str, ...]
    metrics: str
    limits_callers: bool


@dataclass(frozen=True, slots=True)
class DeployFiles:
    """Which deployment files stand beside the blueprint: the path of each there, or None.

    `services` are those that the compose file has, of the names that a project of ours gives them.
    """

    container: str | None = None
    compose: str | None = None
    kubernetes: str | None = None
    systemd: str | None = None
    services: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: its name, and what it counts."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Reference:
    """Everything that the documentation of a server says.

    Attributes:
        server: who it is.
        toolsets: in the order of the blueprint.
        tools: in the order in which clients list them.
        resources: resources, then templates.
        prompts: in the order in which clients list them.
        settings: in the order of the blueprint's tables.
        variables: environment variables that decide about it.
        secret_files: files that hold its secrets.
        errors: what any call may be answered.
        exposure: who can reach it.
        deploy: the deployment files that are there.
        metrics: what is counted.
    """

    server: ServerFacts
    toolsets: tuple[ToolsetFacts, ...]
    tools: tuple[ToolFacts, ...]
    resources: tuple[ResourceFacts, ...]
    prompts: tuple[PromptFacts, ...]
    settings: tuple[SettingFacts, ...]
    variables: tuple[Variable, ...]
    secret_files: tuple[str, ...]
    errors: tuple[Answer, ...]
    exposure: Exposure
    deploy: DeployFiles
    metrics: tuple[Metric, ...]

    def setting(self, section: str, name: str) -> JsonValue:
        """The effective value of a setting of one of the fixed tables, as a person writes it; None when unset."""
        found = (each for each in self.settings if (each.section, each.name) == (f"[{section}]", name))
        return next((each.value for each in found), None)
