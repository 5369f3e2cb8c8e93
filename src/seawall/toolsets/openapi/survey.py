"""Everything that an API could offer under a declaration: names, hints and words, before any schema is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from seawall.errors import Problem
from seawall.toolsets.discovery import RESERVED
from seawall.toolsets.hinting import overridden
from seawall.toolsets.interface import LeftOut
from seawall.toolsets.openapi.address import operation_url
from seawall.toolsets.openapi.argument_names import Origin, argument_names
from seawall.toolsets.openapi.arguments import ignored_of
from seawall.toolsets.openapi.body_plan import outlined
from seawall.toolsets.openapi.declaration import OpenApiDeclaration, OperationOverride
from seawall.toolsets.openapi.hints import hints_of
from seawall.toolsets.openapi.model import ApiDescription, ApiOperation
from seawall.toolsets.openapi.naming import NAME, named
from seawall.toolsets.openapi.wording import description_of, title_of
from seawall.toolsets.openapi.x_mcp import XMcp, read_x_mcp
from seawall.toolsets.outline import Outline
from seawall.toolsets.overriding import unknown_override
from seawall.toolsets.selection import MAXIMUM_NAME

__all__ = ["Candidate", "Survey", "survey"]

_NO_OVERRIDE = OperationOverride()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One operation that can be offered.

    Attributes:
        operation: as described.
        outline: what is known of the tool.
        override: what the blueprint says of it.
        url: where it is called.
    """

    operation: ApiOperation
    outline: Outline
    override: OperationOverride
    url: str


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found.

    Attributes:
        candidates: by the tool's name without prefix, in the order of the description.
        unservable: what there is and cannot be offered, by `METHOD /path`.
        problems: what is wrong with the declaration; keys begin at the toolset's own table.
        words: how the blueprint calls an operation that it overrides, by `METHOD /path`.
    """

    candidates: Mapping[str, Candidate]
    unservable: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]
    words: Mapping[str, str] = field(default_factory=dict)


def survey(
    description: ApiDescription, declaration: OpenApiDeclaration, *, base: str, locked: Mapping[str, str]
) -> Survey:
    """Look at every operation of the description.

    Args:
        description: the API.
        declaration: its section of the blueprint.
        base: where the API is.
        locked: names that were given before, by `METHOD /path`.
    """
    overrides, problems = _overrides(description, declaration)
    said = {
        each.key: read_x_mcp(each) if declaration.x_mcp == "honour" else XMcp()
        for each in description.operations
    }
    unservable = [LeftOut(each.key, each.reason) for each in description.quarantined]
    unservable += [
        LeftOut(key, "the description takes it out with `x-mcp`")
        for key, each in said.items()
        if not each.enabled
    ]
    names = named(
        description.operations,
        limit=MAXIMUM_NAME - len(declaration.prefix),
        fixed=_decided(
            {key: each for key, (_, each) in overrides.items()}, _usable(locked, description, declaration)
        ),
        wished={key: each.name for key, each in said.items() if each.name},
        reserved=RESERVED if declaration.discovery == "search" else (),
    )
    candidates: dict[str, Candidate] = {}
    for operation in description.operations:
        key = operation.key
        if not said[key].enabled:
            continue
        url = operation_url(operation, description, declaration, base)
        if url is None:
            where = ", ".join(server.url for server in operation.servers)
            unservable.append(LeftOut(key, f"its own server ({where[:200]}) is not among `hosts`"))
            continue
        _, override = overrides.get(key, ("", _NO_OVERRIDE))
        outline = _outline(names[key], operation, said[key], override, description)
        candidates[names[key]] = Candidate(operation, outline, override, url)
    words = {key: word for key, (word, _) in overrides.items()}
    return Survey(candidates, tuple(unservable), tuple(problems), words)


def _outline(
    name: str, operation: ApiOperation, said: XMcp, override: OperationOverride, description: ApiDescription
) -> Outline:
    gone = {*override.hidden, *override.fixed}
    arguments = {name: required for name, required in _arguments(operation, description) if name not in gone}
    return Outline(
        name=name,
        title=override.title or title_of(operation),
        description=description_of(operation, override.description or said.description),
        hints=overridden(said.stricter(hints_of(operation.method)), override.hints),
        aliases=tuple(filter(None, (operation.operation_id, operation.key))),
        tags=operation.tags,
        arguments=tuple(arguments),
        required=tuple(name for name, required in arguments.items() if required),
        scopes=override.scopes,
        key=operation.key,
    )


def _arguments(operation: ApiOperation, description: ApiDescription) -> Iterator[tuple[str, bool]]:
    """The arguments by their names, and whether a call must have each, without a look into every schema."""
    found = list(_origins(operation, description))
    names = argument_names([origin for origin, _ in found])
    return ((names[origin], required) for origin, required in found)


def _origins(operation: ApiOperation, description: ApiDescription) -> Iterator[tuple[Origin, bool]]:
    schemes = description.security_schemes.values()
    ignored = {id(each.parameter) for each in ignored_of(operation.parameters, schemes)}
    for parameter in operation.parameters:
        if id(parameter) not in ignored:
            yield Origin(parameter.place, parameter.name), parameter.required
    body = operation.body
    if body is None or not body.contents:
        return
    members = outlined(body, description.definitions)
    if members is None:
        yield Origin("body", "body"), body.required
        return
    names, demanded = members
    for name in names:
        yield Origin("body", name), body.required and name in demanded


def _overrides(
    description: ApiDescription, declaration: OpenApiDeclaration
) -> tuple[dict[str, tuple[str, OperationOverride]], list[Problem]]:
    """The overrides by the operation's key, each with the word that is written for it; and those that name none."""
    known = {each.key: each.key for each in description.operations}
    known |= {each.operation_id: each.key for each in description.operations if each.operation_id}
    quarantined = {each.key: each.reason for each in description.quarantined}
    found: dict[str, tuple[str, OperationOverride]] = {}
    problems: list[Problem] = []
    for word, override in declaration.override.items():
        method, blank, path = word.partition(" ")
        key = known.get(f"{method.upper()} {path.strip()}" if blank else word)
        if key is None:
            problems.append(_unknown(word, list(known), quarantined))
        elif key in found:
            problems.append(
                _problem(f"override.{word}", word, f"{key} has an override already", allowed="one each")
            )
        else:
            found[key] = word, override
    names = Counter(each.name.casefold() for _, each in found.values() if each.name)
    problems += [
        _problem(
            f"override.{word}.name",
            each.name,
            f"two operations are named {each.name!r}",
            allowed="one name each",
        )
        for word, each in found.values()
        if each.name and names[each.name.casefold()] > 1
    ]
    return found, problems


def _unknown(word: str, known: list[str], quarantined: Mapping[str, str]) -> Problem:
    if word in quarantined:
        message = f"{word} cannot be served: {quarantined[word]}"
        return _problem(f"override.{word}", word, message, allowed="an operation that can be served")
    return unknown_override(
        word, known, source="the description", allowed="`METHOD /path` or operationId of the description"
    )


def _problem(key: str, found: str, message: str, *, allowed: str, suggestion: str | None = None) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found=found,
        allowed=allowed,
        suggestion=suggestion,
        message=message,
    )


def _usable(
    locked: Mapping[str, str], description: ApiDescription, declaration: OpenApiDeclaration
) -> dict[str, str]:
    """The names of the lock file that can still be given."""
    known = {each.key for each in description.operations}
    longest = MAXIMUM_NAME - len(declaration.prefix)
    taken = RESERVED if declaration.discovery == "search" else ()
    return {
        key: name
        for key, name in sorted(locked.items())
        if key in known and NAME.fullmatch(name) and len(name) <= longest and name.casefold() not in taken
    }


def _decided(overrides: Mapping[str, OperationOverride], locked: Mapping[str, str]) -> dict[str, str]:
    """The names that are no question any more: those of the blueprint, then those of the lock file that are free."""
    decided = {key: each.name for key, each in overrides.items() if each.name}
    taken = {name.casefold() for name in decided.values()}
    for key, name in locked.items():
        if key not in decided and name.casefold() not in taken:
            decided[key] = name
            taken.add(name.casefold())
    return decided
