"""The operator's documents: every named operation in them, validated, with the fragments that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphql import GraphQLError, GraphQLSchema, parse, specified_rules, validate
from graphql import language as ast
from graphql.language import DocumentNode, Source
from graphql.validation import NoUnusedFragmentsRule

from seawall.errors import Problem
from seawall.toolsets.graphql.declaration import WILDCARDS
from seawall.toolsets.graphql.faults import problem, problem_of
from seawall.toolsets.graphql.fragments import fragments_of, needed_fragments
from seawall.toolsets.graphql.limits import form_of
from seawall.toolsets.graphql.private import without_directive
from seawall.toolsets.interface import LeftOut
from seawall.toolsets.selection import MAXIMUM_NAME

__all__ = ["Documents", "PersistedOperation", "read_documents"]

_LARGEST: Final = 1024 * 1024  # bytes of one file
_MOST_FILES: Final = 5000  # of one pattern
_MOST_BYTES: Final = 16 * 1024 * 1024  # of all files together
_MOST_TOKENS: Final = 200_000
_MOST_ERRORS: Final = 50
_RULES: Final = tuple(rule for rule in specified_rules if rule is not NoUnusedFragmentsRule)
"""A fragment may be there for the operations of another file."""


@dataclass(frozen=True, slots=True)
class PersistedOperation:
    """One operation of the operator's.

    Attributes:
        name: its name.
        tool: what the tool is called, without prefix.
        description: what the comment before it says; empty when there is none.
        definition: as written, with `@private`.
        fragments: those that it needs, by name, likewise.
        document: both, as a service takes it.
        operation: the definition in there.
    """

    name: str
    tool: str
    description: str
    definition: ast.OperationDefinitionNode
    fragments: Mapping[str, ast.FragmentDefinitionNode]
    document: DocumentNode
    operation: ast.OperationDefinitionNode

    @property
    def reads(self) -> bool:
        """Whether it is a query."""
        return self.definition.operation is ast.OperationType.QUERY


@dataclass(frozen=True, slots=True)
class Documents:
    """What was found.

    Attributes:
        operations: in the order of files and lines.
        left_out: what cannot be a tool.
        problems: what is wrong, each with file, line and column.
    """

    operations: tuple[PersistedOperation, ...]
    left_out: tuple[LeftOut, ...]
    problems: tuple[Problem, ...]


def read_documents(
    patterns: Sequence[str],
    directory: Path,
    schema: GraphQLSchema,
    *,
    prefix: str = "",
    names: Mapping[str, str] | None = None,
) -> Documents:
    """Read and validate every file that a pattern finds. Blocks.

    Args:
        patterns: relative to `directory`, as `Path.glob` has them; a path without wildcards is one, too.
        directory: the blueprint's.
        schema: what the operations must fit.
        prefix: stands before each tool's name.
        names: of tools, by operations that are to be called otherwise.
    """
    problems: list[Problem] = []
    files = list(_files(patterns, directory, problems))
    parsed = {
        name: document for name, text in files if (document := _parsed(name, text, problems)) is not None
    }
    shared = _fragments(parsed.values(), problems)
    operations: dict[str, PersistedOperation] = {}
    left_out: list[LeftOut] = []
    for name, document in parsed.items():
        found = list(_validated(name, document, shared, schema))
        problems += found
        for each in document.definitions:
            if not isinstance(each, ast.OperationDefinitionNode):
                continue
            if each.name is None:
                problems.append(problem("an operation needs a name: it becomes the tool's", each))
            elif each.operation is ast.OperationType.SUBSCRIPTION:
                left_out.append(LeftOut(each.name.value, "a subscription has no single answer"))
            elif not found:
                _take(operations, _operation(each, shared, names or {}), prefix, problems)
    return Documents(tuple(operations.values()), tuple(left_out), tuple(dict.fromkeys(problems)))


def _take(
    operations: dict[str, PersistedOperation], made: PersistedOperation, prefix: str, problems: list[Problem]
) -> None:
    same = operations.get(made.tool.casefold())
    whole = prefix + made.tool
    if same is not None:
        called = "" if same.tool == same.name else f", whose tool is {same.tool!r}"
        message = f"there is an operation {same.name!r} already{called}; names of tools differ"
        problems.append(problem(message, made.definition, found=made.name))
    elif len(whole) > MAXIMUM_NAME:
        message = f"the tool name {whole!r} has {len(whole)} characters; {MAXIMUM_NAME} is the limit"
        problems.append(problem(message, made.definition, found=made.name))
    else:
        operations[made.tool.casefold()] = made


def _operation(
    node: ast.OperationDefinitionNode,
    shared: Mapping[str, ast.FragmentDefinitionNode],
    names: Mapping[str, str],
) -> PersistedOperation:
    name = "" if node.name is None else node.name.value
    needed = needed_fragments(node, shared)
    document = without_directive(DocumentNode(definitions=(node, *needed.values())))
    operation = document.definitions[0]
    if not isinstance(operation, ast.OperationDefinitionNode):
        raise TypeError("the first definition is the operation")
    return PersistedOperation(name, names.get(name) or name, _said(node), node, needed, document, operation)


def _files(patterns: Sequence[str], directory: Path, problems: list[Problem]) -> Iterator[tuple[str, str]]:
    seen: set[Path] = set()
    left = _MOST_BYTES
    for number, pattern in enumerate(patterns):
        key = f"documents[{number}]"
        try:
            found, outside = _matching(directory, pattern)
        except (OSError, ValueError, NotImplementedError, RuntimeError) as error:
            problems.append(_of_setting(key, pattern, f"{pattern!r} is no pattern of paths: {error}"))
            continue
        if not found and not outside:
            problems.append(_of_setting(key, pattern, f"{pattern!r} finds no file"))
        problems += [
            _of_setting(key, pattern, f"{_shown(each, directory)} is a link that leads out of its folder")
            for each in outside
        ]
        if len(found) > _MOST_FILES:
            problems.append(_of_setting(key, pattern, f"{pattern!r} finds more than {_MOST_FILES} files"))
            continue
        for path in found:
            if path in seen:
                continue
            seen.add(path)
            name = _shown(path, directory)
            try:
                content = _content(path)
                left -= len(content)
                if left < 0:
                    raise ValueError(f"with it, there are more than {_MOST_BYTES} bytes")  # noqa: TRY301  told with the others
                yield name, content.decode("utf-8-sig")
            except (OSError, ValueError) as error:
                problems.append(_of_setting(key, pattern, f"{name} cannot be read: {error}"))
                if left < 0:
                    return


def _content(path: Path) -> bytes:
    """All of the file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is too large.
    """
    with path.open("rb") as file:
        content = file.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise ValueError(f"it has more than {_LARGEST} bytes")
    return content


def _matching(directory: Path, pattern: str) -> tuple[list[Path], list[Path]]:
    """The files that the pattern finds, and the links among them that lead out of the folder that it names."""
    path = Path(pattern).expanduser()
    start = Path(path.anchor) if path.is_absolute() else directory
    relative = path.relative_to(path.anchor) if path.is_absolute() else path
    if not any(sign in pattern for sign in WILDCARDS):
        named = start / relative
        return ([named] if named.is_file() else []), []
    parts = relative.parts
    fixed = next(number for number, part in enumerate(parts) if any(sign in part for sign in WILDCARDS))
    folder = start.joinpath(*parts[:fixed]).resolve()
    found = sorted(each for each in start.glob(str(relative)) if each.is_file())
    inside = [each for each in found if each.resolve().is_relative_to(folder)]
    return inside, [each for each in found if each not in set(inside)]


def _shown(path: Path, directory: Path) -> str:
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else str(path)


def _parsed(name: str, text: str, problems: list[Problem]) -> DocumentNode | None:
    try:
        return parse(Source(text, name), max_tokens=_MOST_TOKENS, allow_empty_selection_sets=False)
    except GraphQLError as error:
        problems.append(problem_of(error, source=name))
    except RecursionError:
        problems.append(_of_setting("documents", name, f"{name} is nested too deeply"))
    return None


def _fragments(
    documents: Iterable[DocumentNode], problems: list[Problem]
) -> Mapping[str, ast.FragmentDefinitionNode]:
    found: dict[str, ast.FragmentDefinitionNode] = {}
    for document in documents:
        for each in document.definitions:
            if isinstance(each, ast.FragmentDefinitionNode):
                if each.name.value in found:
                    problems.append(problem(f"the fragment {each.name.value!r} is defined twice", each))
                found.setdefault(each.name.value, each)
    return found


def _validated(
    name: str, document: DocumentNode, shared: Mapping[str, ast.FragmentDefinitionNode], schema: GraphQLSchema
) -> Iterator[Problem]:
    own = fragments_of(document)
    needed = {
        fragment: node
        for each in document.definitions
        for fragment, node in needed_fragments(each, shared).items()
        if fragment not in own
    }
    whole = without_directive(DocumentNode(definitions=(*document.definitions, *needed.values())))
    try:
        form = form_of(whole)
        if form.introspects:
            node = document.definitions[0]
            yield problem(
                "`__schema` and `__type` cannot be asked for: a model would see all of the schema", node
            )
        errors = validate(schema, whole, rules=_RULES, max_errors=_MOST_ERRORS)
    except RecursionError:
        yield _of_setting("documents", name, f"{name} is nested too deeply")
        return
    for error in errors:
        yield problem_of(error, source=name)


def _said(node: ast.OperationDefinitionNode) -> str:
    """The description of an operation, or else the comment right before it."""
    description = getattr(node, "description", None)
    if description is not None:
        return str(description.value).strip()
    lines: list[str] = []
    token = None if node.loc is None else node.loc.start_token
    line = 0 if token is None else token.line
    while token is not None and token.prev is not None and token.prev.kind is ast.TokenKind.COMMENT:
        token = token.prev
        if token.line < line - 1:
            break
        line = token.line
        lines.append((token.value or "").strip())
    return "\n".join(reversed(lines)).strip()


def _of_setting(key: str, found: str, message: str) -> Problem:
    return Problem(
        source="",
        line=None,
        column=None,
        key=key,
        found=found,
        allowed="files with operations of GraphQL",
        suggestion=None,
        message=message,
    )
