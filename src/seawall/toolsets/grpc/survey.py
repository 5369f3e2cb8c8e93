"""Everything that a service could offer under a declaration: names, hints and words, before any schema is made."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from seawall.errors import Problem
from seawall.toolsets.grpc.declaration import GrpcDeclaration, MethodOverride
from seawall.toolsets.grpc.model import Api, Method
from seawall.toolsets.grpc.schemas import VALUE, argument_name, has_members, is_required, offered
from seawall.toolsets.hinting import overridden
from seawall.toolsets.interface import Hints, LeftOut
from seawall.toolsets.outline import Outline
from seawall.toolsets.selection import MAXIMUM_NAME

__all__ = ["Candidate", "Survey", "hints_of", "page_names", "survey", "words_of"]

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_READS: Final = frozenset(
    {"count", "describe", "find", "get", "list", "lookup", "query", "read", "search", "watch"}
)
# A name with one of these does more than its first word says: GetOrCreateUser, ReadAndClear.
_CHANGES: Final = frozenset(
    {
        "acknowledge", "and", "clear", "consume", "create", "delete", "insert", "or", "pop", "purge", "remove", "reset",
        "then", "update", "upsert", "write",
    }
)  # fmt: skip
_NO_OVERRIDE: Final = MethodOverride()
_HASH: Final = 8
_CLIENT_STREAM: Final = "it takes a stream of messages, and a call of a tool has only one"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One method that can be served: its outline, and what the blueprint says of it."""

    method: Method
    outline: Outline
    override: MethodOverride

    @property
    def repeatable(self) -> bool:
        """Whether it may be sent again."""
        return self.outline.hints.idempotent


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is: by the name of the tool; what cannot be served; and what is wrong with the declaration."""

    candidates: Mapping[str, Candidate]
    unservable: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]


def survey(api: Api, declaration: GrpcDeclaration, *, locked: Mapping[str, str]) -> Survey:
    """Look at every method. `locked`: names that methods had before, by their keys."""
    methods = [
        each for each in api.methods if not declaration.services or each.service in declaration.services
    ]
    able = [each for each in methods if not each.client_streaming]
    wished = {key: said.name for key, said in declaration.override.items() if said.name}
    names = _named(able, {**locked, **wished})
    candidates = {
        names[each.key]: _candidate(
            api, each, names[each.key], declaration.override.get(each.key, _NO_OVERRIDE)
        )
        for each in able
    }
    return Survey(
        candidates,
        tuple(LeftOut(each.key, _CLIENT_STREAM) for each in methods if each.client_streaming),
        tuple(_problems(api, declaration, able, names)),
    )


def hints_of(method: Method) -> Hints:
    """The hints of a method: what its author says (`idempotency_level`), or else what its name does.

    Only a name that begins as one that reads, and has no word of a change in it, counts as reading.
    """
    words = words_of(method.name)
    reads = method.level == "NO_SIDE_EFFECTS" or (
        not method.level and _reads(words) and not _CHANGES.intersection(words)
    )
    return Hints(
        read_only=reads,
        destructive=not reads,
        idempotent=reads or method.level == "IDEMPOTENT",
        open_world=True,
    )


def page_names(api: Api, method: Method) -> tuple[str, str]:
    """The arguments of a stream that go on and say how many; longer names where fields of the request have these."""
    fields = {VALUE} | {argument_name(each) for each in offered(api, method.request)}
    names = []
    for name in ("next", "limit"):
        while name in fields:
            name = f"page_{name}"  # noqa: PLW2901  until it is free
        names.append(name)
    return names[0], names[1]


def words_of(name: str) -> tuple[str, ...]:
    """`BatchGetPets` in small words: batch, get, pets."""
    return tuple(word.lower() for word in _WORD.findall(name))


def _reads(words: Sequence[str]) -> bool:
    rest = words[1:] if words[:1] == ("batch",) else words
    return bool(rest) and rest[0] in _READS


def _candidate(api: Api, method: Method, name: str, override: MethodOverride) -> Candidate:
    fields = list(offered(api, method.request)) if has_members(method.request) else []
    alone = not has_members(method.request)
    outline = Outline(
        name=name,
        title=override.title or " ".join(words_of(method.name)).capitalize(),
        description=override.description or _description(api, method),
        hints=overridden(hints_of(method), override.hints),
        aliases=(method.key, method.name),
        tags=tuple(dict.fromkeys((method.service, method.service.rpartition(".")[2]))),
        arguments=(VALUE,) if alone else tuple(map(argument_name, fields)),
        required=(VALUE,)
        if alone
        else tuple(argument_name(each) for each in fields if is_required(api, each)),
        scopes=override.scopes,
        key=method.key,
    )
    return Candidate(method, outline, override)


def _description(api: Api, method: Method) -> str:
    text = method.comment or f"{' '.join(words_of(method.name)).capitalize()} ({method.service})."
    if method.server_streaming:
        text += (
            f" Answers in pages: as long as an answer has `{page_names(api, method)[0]}`, there may be more."
        )
    return f"Deprecated. {text}" if method.deprecated else text


def _named(methods: Sequence[Method], decided: Mapping[str, str]) -> dict[str, str]:
    """A name for each method: its own, with its service's where two are alike, and with a hash where that is not enough."""
    found = {each.key: decided[each.key] for each in methods if each.key in decided}
    rest = [each for each in methods if each.key not in found]
    taken = {name.casefold() for name in found.values()}
    for name_of in (_short, _long, _hashed):
        names = {each.key: name_of(each) for each in rest}
        counts = Counter(name.casefold() for name in names.values())
        good = {
            key: name
            for key, name in names.items()
            if name_of is _hashed
            or (len(name) <= MAXIMUM_NAME and counts[name.casefold()] == 1 and name.casefold() not in taken)
        }
        found |= good
        taken |= {name.casefold() for name in good.values()}
        rest = [each for each in rest if each.key not in found]
    return found


def _short(method: Method) -> str:
    return "_".join(words_of(method.name)) or method.name


def _long(method: Method) -> str:
    return f"{'_'.join(words_of(method.service.rpartition('.')[2]))}_{_short(method)}"


def _hashed(method: Method) -> str:
    digest = hashlib.sha256(method.key.encode()).hexdigest()[:_HASH]
    return f"{_long(method)[: MAXIMUM_NAME - _HASH - 1].rstrip('_')}_{digest}"


def _problems(
    api: Api, declaration: GrpcDeclaration, able: Sequence[Method], names: Mapping[str, str]
) -> Iterator[Problem]:
    known = {each.service for each in api.methods}
    for index, name in enumerate(declaration.services):
        if name not in known:
            yield _unknown(f"services[{index}]", name, known, "service")
    keys = {each.key for each in able}
    for key in declaration.override:
        if key not in keys:
            yield _unknown(f"override.{key}", key, keys, "method that can be served")
    counts = Counter(name.casefold() for name in names.values())
    for key, said in declaration.override.items():
        if said.name and counts[said.name.casefold()] > 1:
            message = f"two methods would be named {said.name!r}"
            yield _problem(f"override.{key}.name", said.name, "a name of its own", message)


def _unknown(key: str, name: str, known: set[str], what: str) -> Problem:
    close = difflib.get_close_matches(name, sorted(known), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    shown = ", ".join(sorted(known)[:20]) or "none"
    return _problem(key, name, f"one of: {shown}", f"the description has no {what} {name!r}{hint}")


def _problem(key: str, found: str, allowed: str, message: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found=found,
        allowed=allowed,
        suggestion=None,
        message=message,
    )
