"""What a kind of toolset is: values that it hands over, and the few calls that it answers.

A kind is one folder with `declaration.py` (its section of the blueprint), domain modules (what it does, on
guards handed to it) and a `ToolsetKind` that joins them. It is found through the entry-point group
`seawall.toolsets`; nothing else in the package names a kind.

Nothing here knows FastMCP: `serving.py` turns operations into tools, whatever kind they come from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import OperationError
from seawall.security.budget import Deadline, WorkerPool
from seawall.toolsets.callers import Caller
from seawall.toolsets.starter import Starter
from seawall.types import JsonObject

if TYPE_CHECKING:
    from seawall.toolsets.confining import Sandboxes

__all__ = [
    "AudioBlock",
    "BinaryBlock",
    "Block",
    "CallContext",
    "Caller",
    "ContentResult",
    "DataResult",
    "Degrades",
    "Handler",
    "Hints",
    "Host",
    "ImageBlock",
    "LeavesOut",
    "LeftOut",
    "Operation",
    "OperationResult",
    "Progress",
    "Reach",
    "Reaches",
    "Remark",
    "Remarks",
    "Reports",
    "Snapshot",
    "SourceReport",
    "Starts",
    "TakesSnapshots",
    "TextResult",
    "Toolset",
    "ToolsetKind",
    "content_size",
]


@dataclass(frozen=True, slots=True)
class Hints:
    """The four behaviour hints of an MCP tool (specification 2026-07-28, ToolAnnotations)."""

    read_only: bool
    destructive: bool
    idempotent: bool
    open_world: bool


Progress: TypeAlias = Callable[[float, float | None, str | None], Awaitable[None]]
"""Reports (done, total, message) to the client; does nothing when the client did not ask for it."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """What a handler knows about the call that it serves.

    Attributes:
        request_id: Seawall's own id of the call, as in the log; not the client's JSON-RPC id.
        caller: who calls, and what they may do.
        deadline: when the caller stops waiting.
        response_limit: bytes that the whole result may have, both copies of the data included.
        progress: reports progress to the client.
    """

    request_id: str
    caller: Caller
    deadline: Deadline
    response_limit: int
    progress: Progress

    @property
    def principal(self) -> str:
        """Who calls, in one word."""
        return self.caller.principal


@dataclass(frozen=True, slots=True)
class TextResult:
    """A result that is mostly text: a file, the output of a command.

    The client gets `text`, then `note` as one line (range, encoding, how to go on), and `details` as data.
    """

    text: str
    note: str
    details: JsonObject


@dataclass(frozen=True, slots=True)
class DataResult:
    """A result that is data: it must fit the operation's output schema."""

    data: JsonObject


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """A picture, as its bytes. `media_type` is one that models look at, such as `image/png`."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class AudioBlock:
    """A recording, as its bytes."""

    data: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class BinaryBlock:
    """Any other file, as its bytes. `uri` names it within the result; nobody can fetch it by that."""

    data: bytes = field(repr=False)
    media_type: str
    uri: str


Block: TypeAlias = ImageBlock | AudioBlock | BinaryBlock
"""A part of a result that is no text."""


@dataclass(frozen=True, slots=True)
class ContentResult:
    """A result that is no text: pictures, recordings, files.

    The client gets the blocks in their order, then `note` as one line, and `details` as data. Base64 makes a third
    more bytes of each than `data` has; a handler stays below `CallContext.response_limit` with it (`content_size`).
    """

    blocks: tuple[Block, ...]
    note: str
    details: JsonObject


OperationResult: TypeAlias = TextResult | DataResult | ContentResult


def content_size(data: int) -> int:
    """Bytes of a block of `data` bytes in a result."""
    return 4 * -(-data // 3) + _FRAME


_FRAME = 256  # bytes around the base64 of a block: media type, URI, braces

Handler: TypeAlias = Callable[[JsonObject, CallContext], Awaitable[OperationResult]]
"""Carries an operation out. Arguments were validated against its schema. Raises OperationError only."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a toolset can do; it becomes one tool.

    Attributes:
        name: the tool's name without prefix, `[A-Za-z0-9_-]`, at most 64 characters.
        title: for people.
        description: for the model: what it does, its limits, and how to go on after a partial result.
        parameters: JSON Schema 2020-12 of the arguments, `additionalProperties` false.
        output: JSON Schema of a DataResult; None for an operation that answers with TextResult, or that `varies`.
        hints: what a client may assume.
        handler: carries it out.
        timeout: seconds of its own, or None for `limits.request_timeout`.
        scopes: what a caller must have beside the scopes of the toolset, to see and call it.
        errors: what it may refuse or fail with, beside what any call may; for the documentation.
        examples: arguments of calls that show what it is for, each valid by `parameters`. Clients are not sent them.
        aliases: other names that people know it by, such as `GET /pet/{petId}`: for patterns and for searching.
        tags: as its source groups it: for patterns (`tag:NAME`) and for searching.
        answer: gives the JSON Schema of what it answers, where that is known and `output` does not say it. No list has
            it; whoever asks for it is told.
        varies: whether any of the forms of a result may come, as it does from a service that answers as it likes.
            With an `output`, every form has data that fits it: a text as the member `text` beside its details.
        task: whether a client may have it run as a background task.
        as_seen: gives the operation as a caller sees it whose scopes change what it says of itself, the same one for equal
            scopes; None for a caller for whom it does not exist. All of them answer alike.
    """

    name: str
    title: str
    description: str
    parameters: JsonObject
    output: JsonObject | None
    hints: Hints
    handler: Handler
    timeout: float | None = None
    scopes: tuple[str, ...] = ()
    errors: tuple[type[OperationError], ...] = ()
    examples: tuple[JsonObject, ...] = ()
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    answer: Callable[[], JsonObject | None] | None = None
    varies: bool = False
    task: bool = False
    as_seen: Callable[[Caller], Operation | None] | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Something outside of the server that a toolset can touch, as its declaration says.

    Attributes:
        what: `files`, `network` (connections), `process` (programs that are started), or `code`: functions of the
            operator's own, which run with all of the server's rights.
        subject: which one, as the operator wrote it: a directory, a host, a program, a module.
        access: what it can do there, in a word or two: `read`, `read and write`, `connect`, `run`.
        limits: what narrows that, one clause each.
    """

    what: Literal["files", "network", "process", "code"]
    subject: str
    access: str
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a toolset has and does not offer, for people who wonder where it is.

    Attributes:
        name: of the operation, or of what might have become one.
        reason: why it is not offered and what would change that, one clause.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Host:
    """What the server lends to every toolset.

    Attributes:
        directory: the blueprint's own directory; relative paths of a declaration start here.
        workers: the bounded pool on which every blocking function runs.
        response_limit: bytes that one result may have.
        sandbox: gives the sandbox for programs; None where there is none, such as where nothing is to be run.
    """

    directory: Path
    workers: WorkerPool
    response_limit: int
    sandbox: Sandboxes | None = None


class Toolset(Protocol):
    """The operations that come from one source, and that source's life."""

    @property
    def operations(self) -> Sequence[Operation]:
        """All operations that the declaration's `access` allows, before `operations` patterns and `prefix`."""

    async def start(self) -> None:
        """Acquire what the operations need and clean up what a killed run left.

        Raises:
            StartError: the source is not there; names it and the setting.
            BlueprintError: what is there now is not what the declaration says; problems have places of their own.
        """

    async def close(self) -> None:
        """Release everything. Called once, also after a failed start."""

    def faults(self) -> Sequence[str]:
        """Why the source cannot be used at this moment, one sentence each; empty when all is well.

        Called for every readiness probe on the event loop: quick, and never blocking on the network.
        """


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What was found in the source of a toolset, for those who have to trust it.

    Attributes:
        source: what it is, a few words: `OpenAPI 3.0: Petstore 1.0.27`.
        found: operations that it has.
        unservable: those of them that cannot be served, with the reason.
        faults: what else is wrong with it and was lived with: the place, and what was made of it.
    """

    source: str
    found: int
    unservable: tuple[LeftOut, ...] = ()
    faults: tuple[LeftOut, ...] = ()


@runtime_checkable
class Reports(Protocol):
    """What a toolset may have beside `Toolset`: it was made of a description that may be faulty."""

    def report(self) -> SourceReport:
        """What was found in it."""


@runtime_checkable
class Degrades(Protocol):
    """What a toolset may have beside `Toolset`: it knows when a part of it does not work, and the rest does."""

    def degraded(self) -> Sequence[str]:
        """What does not work at this moment, one sentence each, for the operator; empty when all is well.

        The server stays ready meanwhile, and the tools stay listed: they answer `upstream_unavailable`. Called as
        `Toolset.faults` is: quick, and never blocking on the network.
        """


@runtime_checkable
class LeavesOut(Protocol):
    """What a toolset may have beside `Toolset`: it knows of things that never became operations."""

    def left_out(self) -> Sequence[LeftOut]:
        """Each of them, once. What `access` and `operations` leave out is found by others."""


@runtime_checkable
class Reaches(Protocol):
    """What a toolset may have beside `Toolset`: it says what it can touch.

    Of a toolset without this the documentation says that nothing is known, never that it reaches nothing.
    """

    def reach(self) -> Sequence[Reach]:
        """All of it. Declared facts alone: asked for before `start`, and nothing is opened for it."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a toolset that its operator should know, and that keeps nothing from being served.

    Attributes:
        level: a `warning` fails a strict check; a `note` only says what follows from what is there.
        code: stable word.
        message: one sentence, with file and line where it is about code.
        hint: the next step, or None.
    """

    level: Literal["warning", "note"]
    code: str
    message: str
    hint: str | None = None


@runtime_checkable
class Remarks(Protocol):
    """What a toolset may have beside `Toolset`: it has something to say about itself."""

    def remarks(self) -> Sequence[Remark]:
        """All of it. `check` asks after it has started and closed the toolset once."""


class ToolsetKind(Protocol):
    """One kind of toolset: the object that an entry point of `seawall.toolsets` names."""

    @property
    def name(self) -> str:
        """The word that stands as `kind` in the blueprint."""

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section in the blueprint."""

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset that a valid declaration describes. Opens nothing: that is `start`'s.

        Raises:
            BlueprintError: every fault that lies in what the declaration names. A problem without a source is
                one of the declaration itself; its key, such as `module`, is completed with the place there.
            StartError: something that the declaration names cannot be used.
        """


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a service says of itself now, to be saved in a file.

    Attributes:
        path: of the file, as the declaration names it.
        text: what it is to hold.
        pinned: the sha256 that the declaration demands of it; empty for none.
    """

    path: str
    text: str = field(repr=False)
    pinned: str = ""


@runtime_checkable
class TakesSnapshots(Protocol):
    """What a kind may have beside `ToolsetKind`: it asks a service what it offers, when the operator says so."""

    def snapshot(self, declaration: ToolsetDeclaration) -> Snapshot | None:
        """What the service says now; None where the declaration does not want it asked. Blocks; no loop runs.

        Raises:
            SeawallError: the service does not say.
        """

    def differences(self, old: str, new: str) -> Sequence[str]:
        """What callers may feel of a change from one to the other, one line each."""


@runtime_checkable
class Starts(Protocol):
    """What a kind may have beside `ToolsetKind`: it knows how a new project begins with it."""

    @property
    def starter(self) -> Starter:
        """Its part of `seawall new` and `seawall add toolset`."""
