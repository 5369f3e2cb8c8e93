"""The contract toolset: joins a contract's methods, the object that carries them out, and what the server lends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import BlueprintError, StartError, ToolFailedError
from seawall.security.budget import StopSignal
from seawall.toolsets.contract.declaration import ContractDeclaration
from seawall.toolsets.contract.fitting import misfits
from seawall.toolsets.contract.life import Life
from seawall.toolsets.contract.method import MethodHandler, Paged
from seawall.toolsets.contract.pages import OpenPages
from seawall.toolsets.contract.paging import page_form, with_cursor
from seawall.toolsets.contract.starter import ContractStarter
from seawall.toolsets.contract.survey import Offer, Survey, survey
from seawall.toolsets.functions.arguments import Arguments
from seawall.toolsets.functions.calling import Decodes
from seawall.toolsets.functions.files import LentFiles
from seawall.toolsets.functions.injection import PER_CALL, Resources, lent
from seawall.toolsets.functions.planning import filled, plan_of
from seawall.toolsets.functions.reading import content_encoder, readable
from seawall.toolsets.functions.resources import ResourceMark, Texts
from seawall.toolsets.functions.results import Encode, result_form
from seawall.toolsets.functions.signature import UNSET
from seawall.toolsets.interface import Host, LeftOut, Operation, Reach, Remark, Toolset
from seawall.toolsets.readables import Readable
from seawall.toolsets.rooted import FILE_ERRORS, reach_of_roots
from seawall.toolsets.starter import Starter

__all__ = ["ContractKind", "ContractToolset"]


class ContractToolset:
    """The methods of one contract."""

    def __init__(
        self, declaration: ContractDeclaration, host: Host, surveyed: Survey, resources: Resources
    ) -> None:
        self._declaration = declaration
        self._surveyed = surveyed
        self._resources = resources
        self._host = host
        self._under_way: set[StopSignal] = set()
        self._files = LentFiles(declaration, host, resources)
        self._pages = OpenPages(per_caller=declaration.open_pages, seconds=declaration.page_timeout)
        self._life = Life(
            surveyed.implementation, host.workers, host.directory, seconds=declaration.start_timeout
        )
        self._handlers: list[tuple[str, MethodHandler]] = []
        self._operations = tuple(self._operation(offer) for offer in surveyed.offers if offer.found.is_tool)
        self._readables = tuple(
            self._readable(offer, offer.found.resource)
            for offer in surveyed.offers
            if offer.found.resource is not None
        )

    @property
    def operations(self) -> Sequence[Operation]:
        """One for each method that can be one, whatever `access` says of it."""
        return self._operations

    @property
    def readables(self) -> Sequence[Readable]:
        """One for each method that is marked as a resource."""
        return self._readables

    def left_out(self) -> Sequence[LeftOut]:
        """What of the contract is no operation."""
        return self._surveyed.left_out

    def remarks(self) -> Sequence[Remark]:
        """What was taken from names alone, and what the implementation left behind when it was closed."""
        left = self._life.left_behind
        hint = "End all that it began in `aclose` or `close`, or behind the `yield` of the factory."
        return (
            *self._surveyed.remarks,
            *([Remark("warning", "left_behind", f"{left}.", hint)] if left else []),
        )

    def reach(self) -> Sequence[Reach]:
        """The implementation's own code, and the roots that are lent to it."""
        declaration = self._declaration
        code = Reach(
            "code",
            self._surveyed.implementation.name,
            "run",
            ("runs with all rights of the server's user: what it opens by itself is not confined",),
        )
        lent = () if declaration.roots is None else reach_of_roots(declaration, declaration.roots)
        return (code, *lent)

    async def start(self) -> None:
        """Open the roots, make the implementation, and hold it against the contract.

        Raises:
            StartError: a root is missing, or the implementation could not be made in time.
            BlueprintError: what was made does not fit the contract; every problem, with file and line.
        """
        await self._files.open()
        writing = self._declaration.access == "write"
        made = await self._life.begin(
            {
                name: lent(wanted, self._resources, read_only=not writing)
                for name, wanted, _optional in self._surveyed.implementation.parameters
                if wanted is not None and not issubclass(wanted, PER_CALL)
            },
            operations=[offer.method for offer in self._surveyed.offers],
        )
        methods = [(offer.method, offer.found) for offer in self._surveyed.offers]
        wrong = list(misfits(methods, made, self._surveyed.implementation, self._surveyed.sources))
        if wrong:
            raise BlueprintError(wrong)
        for name, handler in self._handlers:
            handler.bind(getattr(made, name), self._resources)

    async def close(self) -> None:
        """Tell the methods under way that nobody waits; end iterators, the implementation and the files, in this order."""
        for signal in self._under_way:
            signal.cancel()
        await self._pages.close()
        await self._life.end()
        await self._files.close()

    def faults(self) -> Sequence[str]:
        """Why a root cannot be used now."""
        fault = self._files.fault()
        return () if fault is None else (fault,)

    def _handler(
        self, offer: Offer, arguments: Decodes, encode: Encode, paged: Paged | None
    ) -> MethodHandler:
        read_only = offer.found.marks.hints.read_only
        plan = replace(
            plan_of(offer.found, arguments, encode, offer.declared, self._resources),
            asynchronous=False,  # until the implementation is known
            on_workers=offer.has_paths,
        )
        handler = MethodHandler(plan, paged, self._host.workers, self._under_way, read_only=read_only)
        self._handlers.append((offer.method, handler))
        return handler

    def _readable(self, offer: Offer, mark: ResourceMark) -> Readable:
        texts = Texts(offer.found.marks.name, offer.found.signature)
        encode = content_encoder(offer.found.signature.result)
        return readable(offer.found, mark, self._handler(offer, texts, encode, None))

    def _operation(self, offer: Offer) -> Operation:
        marks, signature, documentation = offer.found.marks, offer.found.signature, offer.found.documentation
        arguments = Arguments(marks.name, signature.parameters, documentation.parameters)
        parameters = arguments.schema
        if signature.item is UNSET:
            form = result_form(signature.result, documentation.returns)
            output, encode, paged = form.output, form.encode, None
        else:
            pages = page_form(signature.item, documentation.returns)
            parameters, output, encode = with_cursor(parameters), pages.output, result_form(UNSET, "").encode
            paged = Paged(pages, self._pages, self._declaration.page_size)
        files = FILE_ERRORS if self._declaration.roots is not None else ()
        return Operation(
            name=marks.name,
            title=marks.title,
            description=documentation.text,
            parameters=parameters,
            output=output,
            hints=marks.hints,
            handler=self._handler(offer, arguments, encode, paged),
            timeout=marks.timeout,
            scopes=marks.scopes,
            errors=(ToolFailedError, *offer.declared.errors, *files),
        )


class ContractKind:
    """The kind `contract`."""

    @property
    def name(self) -> str:
        """The word of the blueprint."""
        return "contract"

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section."""
        return ContractDeclaration

    @property
    def starter(self) -> Starter:
        """How a new project begins with it."""
        return ContractStarter()

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset of a contract, which is imported here together with its implementation.

        Raises:
            BlueprintError: one of the two cannot be imported, or they cannot be used together; every problem.
            StartError: it is the declaration of another kind, or `deny` has a malformed pattern.
        """
        if not isinstance(declaration, ContractDeclaration):
            raise StartError(f"A declaration of kind {declaration.kind!r} names no contract.")
        resources = Resources()
        surveyed = survey(declaration, host.directory, resources)
        resources.settings = filled(surveyed.settings, declaration.settings, surveyed.problems)
        return ContractToolset(declaration, host, surveyed, resources)
