"""The python toolset: joins a module's functions, what the server lends them, and the workers."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import StartError, ToolFailedError
from seawall.security.budget import StopSignal
from seawall.toolsets.functions.arguments import Arguments
from seawall.toolsets.functions.calling import Calling, Decodes, Plan
from seawall.toolsets.functions.files import LentFiles
from seawall.toolsets.functions.injection import Resources
from seawall.toolsets.functions.loading import load_module
from seawall.toolsets.functions.planning import filled, plan_of
from seawall.toolsets.functions.raising import Declared
from seawall.toolsets.functions.reading import content_encoder, readable
from seawall.toolsets.functions.resources import ResourceMark, Texts
from seawall.toolsets.functions.results import Encode, result_form
from seawall.toolsets.functions.settings import Settings
from seawall.toolsets.functions.survey import Found
from seawall.toolsets.interface import Host, LeftOut, Operation, Reach, Toolset
from seawall.toolsets.python.declaration import PythonDeclaration
from seawall.toolsets.python.starter import PythonStarter
from seawall.toolsets.python.survey import Survey, survey
from seawall.toolsets.readables import Readable
from seawall.toolsets.rooted import FILE_ERRORS, reach_of_roots
from seawall.toolsets.starter import Starter

__all__ = ["PythonKind", "PythonToolset"]


class PythonToolset:
    """The functions of one module."""

    def __init__(self, declaration: PythonDeclaration, host: Host, surveyed: Survey) -> None:
        self._declaration = declaration
        self._host = host
        self._left_out = surveyed.left_out
        self._resources = Resources()
        self._under_way: set[StopSignal] = set()
        self._files = LentFiles(declaration, host, self._resources)
        self._operations = tuple(self._operation(found) for found in surveyed.found if found.is_tool)
        self._readables = tuple(
            self._readable(found, found.resource) for found in surveyed.found if found.resource is not None
        )

    @property
    def operations(self) -> Sequence[Operation]:
        """One for each function that can be one, whatever `access` says of it."""
        return self._operations

    @property
    def readables(self) -> Sequence[Readable]:
        """One for each function that is marked as a resource."""
        return self._readables

    def left_out(self) -> Sequence[LeftOut]:
        """Functions that cannot be operations, or that `__all__` does not name."""
        return self._left_out

    def reach(self) -> Sequence[Reach]:
        """The module's own code, and the roots that its functions are lent."""
        declaration = self._declaration
        code = Reach(
            "code",
            declaration.module,
            "run",
            ("runs with all rights of the server's user: what it opens by itself is not confined",),
        )
        lent = () if declaration.roots is None else reach_of_roots(declaration, declaration.roots)
        return (code, *lent)

    def lend(self, settings: Settings | None) -> None:
        """Hand the module's settings to the functions that ask for them."""
        self._resources.settings = settings

    async def start(self) -> None:
        """Open the roots, when there are any; remove in the background what a killed server left in them.

        Raises:
            StartError: a root is missing, no directory or unreadable.
        """
        await self._files.open()

    async def close(self) -> None:
        """Tell the functions under way that nobody waits, and let go of the roots."""
        for signal in self._under_way:
            signal.cancel()
        await self._files.close()

    def faults(self) -> Sequence[str]:
        """Why a root cannot be used now."""
        fault = self._files.fault()
        return () if fault is None else (fault,)

    def _plan(self, found: Found, arguments: Decodes, encode: Encode) -> Plan:
        declared = Declared(found.marks.raises, found.documentation.raises)
        return plan_of(found, arguments, encode, declared, self._resources)

    def _calling(self, plan: Plan) -> Calling:
        return Calling(plan, self._host.workers, self._under_way)

    def _readable(self, found: Found, mark: ResourceMark) -> Readable:
        texts = Texts(found.marks.name, found.signature)
        plan = self._plan(found, texts, content_encoder(found.signature.result))
        return readable(found, mark, self._calling(plan))

    def _operation(self, found: Found) -> Operation:
        marks, signature = found.marks, found.signature
        arguments = Arguments(marks.name, signature.parameters, found.documentation.parameters)
        form = result_form(signature.result, found.documentation.returns)
        plan = self._plan(found, arguments, form.encode)
        return Operation(
            name=marks.name,
            title=marks.title,
            description=found.documentation.text,
            parameters=arguments.schema,
            output=form.output,
            hints=marks.hints,
            handler=self._calling(plan),
            timeout=marks.timeout,
            scopes=marks.scopes,
            errors=(
                ToolFailedError,
                *plan.declared.errors,
                *(FILE_ERRORS if self._declaration.roots is not None else ()),
            ),
        )


class PythonKind:
    """The kind `python`."""

    @property
    def name(self) -> str:
        """The word of the blueprint."""
        return "python"

    @property
    def declaration(self) -> type[ToolsetDeclaration]:
        """The model of its section."""
        return PythonDeclaration

    @property
    def starter(self) -> Starter:
        """How a new project begins with it."""
        return PythonStarter()

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        """The toolset of a module, which is imported here.

        Raises:
            BlueprintError: the module cannot be imported, or functions or settings cannot be used; every problem.
            StartError: it is the declaration of another kind, or `deny` has a malformed pattern.
        """
        if not isinstance(declaration, PythonDeclaration):
            raise StartError(f"A declaration of kind {declaration.kind!r} names no module.")
        module = load_module(declaration.module, host.directory, key="module")
        surveyed = survey(module, declaration)
        settings = filled(surveyed.settings, declaration.settings, surveyed.problems)
        toolset = PythonToolset(declaration, host, surveyed)
        toolset.lend(settings)
        return toolset
