"""Python functions whose results are read: the machinery of toolsets, with the texts of a URI as arguments."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pydantic import TypeAdapter

from seawall.blueprint.resource import ResourceDeclaration
from seawall.errors import BlueprintError, InvalidArgumentsError, Problem, ResourceNotFoundError
from seawall.resources.uris import Template
from seawall.security.budget import StopSignal
from seawall.toolsets.functions.calling import Calling, Plan
from seawall.toolsets.functions.context import Context
from seawall.toolsets.functions.documentation import read_docstring
from seawall.toolsets.functions.injection import PER_CALL, Resources, source_of
from seawall.toolsets.functions.loading import load_named
from seawall.toolsets.functions.reading import ReadContent, content_encoder, media_type_of
from seawall.toolsets.functions.resources import ResourceMark, Texts, resource_faults
from seawall.toolsets.functions.results import unsupported_result
from seawall.toolsets.functions.signature import Annotation, Signature, read_signature
from seawall.toolsets.functions.source import Function, Place, Sources, problem
from seawall.toolsets.interface import CallContext, Host, Reach
from seawall.toolsets.readables import Content, Readable

__all__ = ["FunctionSource"]

_MOST_CHOICES = 1000


class FunctionSource:
    """One function."""

    def __init__(
        self, declaration: ResourceDeclaration, offer: Readable, host: Host, template: Template | None
    ) -> None:
        """Import the function and see whether it fits.

        Args: declaration: with `function`. offer: the resource without its ways to be read. host: lends threads.
            template: that of the URI; None for one without variables.

        Raises:
            BlueprintError: it cannot be imported or does not fit the URI; every problem.
        """
        name = declaration.function or ""
        function = load_named(name, host.directory, key="function")
        if not inspect.isroutine(function):
            message = f"{name} is no function"
            raise BlueprintError(
                [problem(Place("", found=name), key="function", message=message, allowed="a function")]
            )
        self._declaration = declaration
        self._under_way: set[StopSignal] = set()
        signature = _signature(function, declaration, name)
        documentation = read_docstring(function.__doc__)
        self._choices = {each.name: _choices(each.annotation) for each in signature.parameters}
        plan = Plan(
            name=offer.name,
            function=function,
            asynchronous=signature.asynchronous,
            arguments=Texts(offer.name, signature),
            injected=tuple(
                (each, source_of(wanted, Resources(), read_only=True))
                for each, wanted, _ in signature.injected
            ),
            wants_context=any(issubclass(wanted, Context) for _, wanted, _ in signature.injected),
            encode=content_encoder(signature.result),
        )
        self._handler = Calling(plan, host.workers, self._under_way)
        self.readable = replace(
            offer,
            description=offer.description or documentation.text,
            media_type=offer.media_type or media_type_of(signature.result),
            read=self._read,
            complete=self._complete if template is not None else None,
        )
        self.reach: Sequence[Reach] = (
            Reach("code", name, "run", ("runs with all rights of the server's user",)),
        )

    async def start(self) -> None:
        """Nothing is opened."""

    async def close(self) -> None:
        """Tell the functions under way that nobody waits."""
        for signal in self._under_way:
            signal.cancel()

    def faults(self) -> Sequence[str]:
        """None that would be known without calling it."""
        return ()

    async def _read(self, texts: Mapping[str, str], call: CallContext) -> str | bytes | Content:
        try:
            result = await self._handler(dict(texts), call)
        except InvalidArgumentsError:  # a value that is none of its type: there is no such resource
            raise ResourceNotFoundError(uri=self._declaration.uri) from None
        if not isinstance(result, ReadContent):
            raise TypeError(
                f"{self._declaration.function} gave {type(result).__name__} in place of a content"
            )
        return result.content

    async def _complete(self, variable: str, begun: str, others: Mapping[str, str]) -> Sequence[str]:
        del others
        return [
            each for each in self._choices.get(variable, ()) if each.casefold().startswith(begun.casefold())
        ]


def _signature(function: Function, declaration: ResourceDeclaration, name: str) -> Signature:
    source = Sources().of(function)
    signature, found = read_signature(function, source, name)
    problems: list[Problem] = list(found)
    mark = ResourceMark(declaration.uri.replace("*}", "}"))
    place = source.function(function)
    problems += [
        problem(place, key=name, message=fault.message, allowed=fault.allowed)
        for fault in resource_faults(mark, signature)
    ]
    for parameter, wanted, where in signature.injected:
        if not issubclass(wanted, PER_CALL):
            message = f"the parameter {parameter!r} asks for files or settings, and a resource lends none"
            problems.append(problem(where, key=name, message=message, allowed="a toolset's function"))
    wrong = unsupported_result(signature.result)
    if wrong is not None:
        message = f"the type of the result cannot be used: {wrong.reason}"
        problems.append(problem(signature.result_place, key=name, message=message, allowed=wrong.allowed))
    if problems:
        raise BlueprintError(problems)
    return signature


def _choices(annotation: Annotation) -> tuple[str, ...]:
    """The texts that an enumeration, a Literal or a boolean allows; none for other types."""
    try:
        schema = TypeAdapter(annotation).json_schema()
    except Exception:  # noqa: BLE001  boundary: a type of the author's without a schema has no choices
        return ()
    if schema.get("type") == "boolean":
        return ("true", "false")
    found = schema.get("enum", [schema["const"]] if "const" in schema else [])
    return tuple(str(each) for each in found[:_MOST_CHOICES])
