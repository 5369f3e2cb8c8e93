"""How a new project begins with a GraphQL service: its schema is saved and pinned, and a first operation is written."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Any, Final

from graphql import (
    GraphQLField,
    GraphQLInputType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    is_leaf_type,
    is_non_null_type,
    is_object_type,
)
from graphql.type import get_named_type

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.errors import BlueprintError, SeawallError, UsageError
from seawall.toolsets.graphql.asking import ask_for_schema
from seawall.toolsets.graphql.declaration import WILDCARDS, GraphQLDeclaration
from seawall.toolsets.graphql.faults import SchemaError
from seawall.toolsets.graphql.schema import ServiceSchema, read_schema
from seawall.toolsets.remote import outbound_of
from seawall.toolsets.starter import Needs, Setting, Start

__all__ = ["needs_of", "started"]

_CREDENTIALS: Final = re.compile(r"//[^/]*@")
_UNFIT: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME: Final = 40
_LARGEST: Final = 8 * 1024**2  # bytes, as of any file of a project
_UNKNOWN: Final = "https://api.invalid/graphql"  # RFC 6761: nobody ever has it
_MOST_FIELDS: Final = 8


def started(answer: str) -> Start:
    """What a schema becomes: a file, or the URL of a service that is asked for its own.

    Raises:
        UsageError: there is no such file, it is no schema, or the service does not give its own.
    """
    if not answer.strip():
        raise UsageError(
            "--graphql needs a schema.", hint="Such as `--graphql shop.graphql`, or a service's URL."
        )
    remote = "://" in answer
    content = _asked(answer) if remote else _content(Path(answer).expanduser(), answer)
    name = _plain(answer.partition("://")[2].partition("/")[0] if remote else Path(answer).stem, "schema")
    ending = ".json" if content.lstrip()[:1] == b"{" else ".graphql"
    place = f"specs/{name}{ending}"
    try:
        schema = read_schema(content, name=place)
    except SchemaError as error:
        raise UsageError(
            f"--graphql cannot begin with {answer}: {error}.",
            hint="Give a file with SDL, or with the JSON answer to an introspection query.",
        ) from error
    operations = _operations(schema.schema)
    return Start(
        settings=(
            Setting("endpoint", answer if remote else _UNKNOWN),
            Setting("schema", place),
            *([Setting("sha256", hashlib.sha256(content).hexdigest())] if remote else []),
            *([Setting("documents", ("operations/*.graphql",))] if operations else []),
            Setting(
                "explore",
                value=True,
                comment="also tools to search the schema and run any query",
                active=not operations,
            ),
            Setting(
                "auth",
                {"scheme": "bearer", "token": "env:API_TOKEN"},
                comment="a secret is named here, never written",
                active=False,
            ),
        ),
        files={place: content.decode("utf-8-sig"), **operations},
        notes=tuple(_notes(place, schema, remote=remote, began=bool(operations))),
    )


def needs_of(declaration: ToolsetDeclaration) -> Needs:
    """The schema, the documents, and the way to the service."""
    if not isinstance(declaration, GraphQLDeclaration):
        return Needs()
    places = [] if "://" in declaration.schema_ else [declaration.schema_]
    places += [_fixed_part(each) for each in declaration.documents]
    return Needs(
        sources=tuple(dict.fromkeys(each for each in places if _is_inside(each))),
        outbound=outbound_of(
            declaration,
            (declaration.endpoint, *([declaration.schema_] if "://" in declaration.schema_ else [])),
        ),
        words="the service's schema, and your operations; each named one is a tool",
    )


def _notes(place: str, schema: ServiceSchema, *, remote: bool, began: bool) -> Iterator[str]:
    yield f"{place} is {'what the service answered' if remote else 'a copy'}: {schema.counts}."
    if began:
        yield "operations/first.graphql has a first operation: write yours beside it."
    if not remote:
        yield f"endpoint is a placeholder: a schema does not say where its service is; {_UNKNOWN} is nowhere."


def _content(path: Path, answer: str) -> bytes:
    try:
        if not path.is_file():
            raise UsageError(
                f"--graphql: {answer} is no file.", hint="Download the schema first, or give a URL."
            )
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--graphql: {answer} cannot be read: {error}.") from error
    return _small_enough(content, answer)


def _small_enough(content: bytes, answer: str) -> bytes:
    if len(content) > _LARGEST:
        raise UsageError(
            f"--graphql: {answer} has more than {_LARGEST // 1024**2} MiB.",
            hint="Write the blueprint by hand, and let `schema` name the file.",
        )
    return content


def _asked(url: str) -> bytes:
    try:
        declaration = GraphQLDeclaration.model_validate(
            {"kind": "graphql", "endpoint": url, "schema": "unknown", "explore": True}
        )
        with ThreadPoolExecutor(1, thread_name_prefix="seawall-schema") as apart:
            content = apart.submit(asyncio.run, ask_for_schema(declaration)).result().encode()
    except (SeawallError, ValueError) as error:
        raise UsageError(
            f"--graphql: {_CREDENTIALS.sub('//', url.partition('?')[0])} does not give its schema: {_told(error)}",
            hint="Give a file; or write the blueprint by hand, with `auth` and `introspect`, and run `seawall lock`.",
        ) from error
    return _small_enough(content, url)


def _told(error: SeawallError | ValueError) -> str:
    if isinstance(error, BlueprintError):
        return "; ".join(each.message for each in error.problems)
    return error.message if isinstance(error, SeawallError) else "it is no URL of a service, or has a query."


def _operations(schema: GraphQLSchema) -> dict[str, str]:
    """A first query that needs little: the file, or nothing where there is no simple one."""
    query = schema.query_type
    if query is None:
        return {}
    fields = sorted(
        query.fields.items(), key=lambda item: (_needed_arguments(item[1]), not _members(item[1]))
    )
    for name, field in fields:
        inner = get_named_type(field.type)
        members = _members(field)
        if not (members or is_leaf_type(inner)) or not all(
            is_leaf_type(get_named_type(each.type))
            for each in field.args.values()
            if is_non_null_type(each.type)
        ):
            continue
        text = _document(name, field, members)
        return {"operations/first.graphql": text}
    return {}


def _needed_arguments(field: GraphQLField) -> int:
    return sum(isinstance(each.type, GraphQLNonNull) for each in field.args.values())


def _members(field: GraphQLField) -> list[str]:
    """Plain members of what the field gives; for a connection, of its nodes."""
    inner = get_named_type(field.type)
    if not is_object_type(inner):
        return []
    found = _leaves(inner)
    if "pageInfo" in inner.fields:
        for path in (("nodes",), ("edges", "node")):
            if leaves := _leaves_at(inner, path):
                return [" { ".join((*path, " ".join(leaves))) + " }" * len(path)]
    return found


def _leaves_at(type_: GraphQLObjectType, path: tuple[str, ...]) -> list[str]:
    """Plain members of what lies there; none where nothing does."""
    here: Any = type_
    for name in path:
        if not is_object_type(here) or name not in here.fields:
            return []
        here = get_named_type(here.fields[name].type)
    return _leaves(here) if is_object_type(here) else []


def _leaves(type_: GraphQLObjectType) -> list[str]:
    return [
        name
        for name, each in type_.fields.items()
        if is_leaf_type(get_named_type(each.type)) and not _needed_arguments(each)
    ][:_MOST_FIELDS]


def _document(name: str, field: GraphQLField, members: list[str]) -> str:
    given: dict[str, GraphQLInputType] = {
        key: each.type for key, each in field.args.items() if is_non_null_type(each.type) or key == "first"
    }
    variables = ", ".join(f"${key}: {type_}" for key, type_ in given.items())
    arguments = ", ".join(f"{key}: ${key}" for key in given)
    said = " ".join((field.description or f"The field {name} of the service.").split())[:200]
    head = f"query {name}{f'({variables})' if variables else ''}"
    call = f"{name}{f'({arguments})' if arguments else ''}"
    body = "" if not members else " {\n" + "".join(f"    {each}\n" for each in members) + "  }"
    return (
        "# Each named operation of this folder is a tool. The comment right before it is what the model is told of it;\n"
        "# its variables are the arguments.\n\n"
        f"# {said}\n{head} {{\n  {call}{body}\n}}\n"
    )


def _plain(text: str, instead: str) -> str:
    return _UNFIT.sub("-", text.lower()).strip("-")[:_LONGEST_NAME].strip("-") or instead


def _fixed_part(pattern: str) -> str:
    """The folder or file that a pattern cannot leave; of one for files beside the blueprint, the pattern itself."""
    parts = []
    for part in PurePosixPath(pattern).parts:
        if any(sign in part for sign in WILDCARDS):
            break
        parts.append(part)
    return str(PurePosixPath(*parts)) if parts else pattern


def _is_inside(place: str) -> bool:
    path = PurePosixPath(place)
    return place != "." and not path.is_absolute() and ".." not in path.parts and not place.startswith("~")
