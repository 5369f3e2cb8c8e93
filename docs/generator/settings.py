"""The page of the settings: every table of the blueprint, from the models of its sections."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from generator.markdown import bullets, code, page, table
from generator.wording import Node, default_of, in_words, toml
from seawall.blueprint import ToolsetDeclaration
from seawall.blueprint.overrides import PREFIX
from seawall.blueprint.schema import blueprint_schema, section_schema
from seawall.security.jail._secret_names import SECRET_NAMES
from seawall.toolsets.registry import installed_kinds

__all__ = ["Setting", "Table", "settings_page", "tables"]

_INTRODUCTION: Final = """\
Every setting of the blueprint, `seawall.toml`. A key that is not on this page is refused. `seawall check` shows each fault with
its line, `seawall config` the effective values and where each came from, and `seawall schema` prints the same as JSON Schema.

**Which value holds.** The strongest that gives one: default, file, profile, environment variable, flag.

**Environment.** A variable has the name that stands at the setting, in capital letters or small ones; for `<NAME>` a toolset's name
goes (its kind when it has none), for `<KEY>` a key that the file has in that table, with `_` for `-`. Its text is read as TOML writes
numbers, booleans and arrays; everything else is a text.

**Variables in values.** `"${NAME}"` takes a variable, `"${NAME:-default}"` the default when it is unset or empty, `$${` is a
literal `${`. It may stand in any text, and alone in place of a number or a word; not in `kind`.

**Sizes and durations** are a number of bytes or seconds, or a text with a unit: `"512KiB"`, `"10MiB"`, `"1GB"`; `"500ms"`, `"30s"`,
`"2m"`, `"1h"`, `"1d"`.

**Secrets** are references, `env:NAME` or `file:/absolute/path`; a literal where a secret belongs is refused."""

_TOOLSET: Final = """\
Where tools come from, one `[[toolset]]` each. These settings mean the same for every kind; those of
each kind follow."""

_PROFILES: Final = """\
A profile is laid over the file when `--profile NAME` or the variable `SEAWALL_PROFILE` chooses it. Its tables have the settings of
this page: `[profile.NAME.http]` changes `[http]`, `[profile.NAME.toolset.TOOLSET]` the toolset of that name (its kind when it has
none). Tables merge, everything else replaces. `format`, and a toolset's `kind` and `name`, cannot be changed. All profiles of
a file are checked, whichever is chosen; there may be 32."""

_NAMES: Final = """\
What these patterns match is denied in every root: not read, listed, searched or written. They have the syntax of `.gitignore`, match
at any depth and in either case; those with `!` are exceptions. `deny` adds to them, and `!pattern` there takes one back."""


@dataclass(frozen=True)
class Setting:
    """One setting as the page shows it.

    Attributes:
        place: its whole name, such as `http.port`.
        variable: the environment variable that sets it; empty when none does.
        node: its schema.
        required: whether it must be there.
    """

    place: str
    variable: str
    node: Node
    required: bool

    @property
    def name(self) -> str:
        """The setting within its table."""
        return self.place.rpartition(".")[2]

    @property
    def examples(self) -> list[object]:
        """Values that its model gives as examples."""
        forms = [self.node, *self.node.get("anyOf", [])]
        return next((form["examples"] for form in forms if "examples" in form), [])

    @property
    def description(self) -> str:
        """What it means; empty when its model does not say."""
        return str(self.node.get("description", ""))


@dataclass(frozen=True)
class Table:
    """One table of the blueprint.

    Attributes:
        title: of its part of the page, `[http]`.
        words: what it is for.
        settings: its settings, without those that are tables with a part of their own.
    """

    title: str
    words: str
    settings: list[Setting] = field(default_factory=list)


def settings_page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, *map(_part, tables())]
    names = "\n".join(f"- {code(pattern)}" for pattern in SECRET_NAMES)
    return page(
        "Settings", *parts, "## `[profile.NAME]`", _PROFILES, "## Names that are denied", _NAMES, names
    )


def tables(kinds: Mapping[str, type[ToolsetDeclaration]] | None = None) -> Iterator[Table]:
    """Every table in the order of the page; toolsets of the given kinds, of the installed ones when None."""
    declared = kinds or {name: kind.declaration for name, kind in installed_kinds().items()}
    root = blueprint_schema()
    sections: Node = root["properties"]
    several = {name: item for name, node in sections.items() if (item := _entry_of(name, node))}
    alone = {
        name: node
        for name, node in sections.items()
        if not _forms_of_table(node) and name != "toolset" and name not in several
    }
    yield Table("Top level", "", [_setting(name, node, root) for name, node in alone.items()])
    for name, node in sections.items():
        if name == "toolset":
            yield from _toolsets(declared)
        elif name in several:
            yield _array(name, node, several[name])
        elif name not in alone:
            yield from _section((name,), node)


def _entry_of(name: str, node: Node) -> Node | None:
    """The tables that an array of tables holds; toolsets have a part of their own."""
    items = node.get("items")
    return items if name != "toolset" and isinstance(items, dict) and "properties" in items else None


def _array(name: str, node: Node, entry: Node) -> Table:
    """An array of tables, whose entries have no names: no variable sets anything in them."""
    settings = [
        replace(_setting(f"{name}.{key}", member, entry), variable="")
        for key, member in entry["properties"].items()
    ]
    settings.sort(key=lambda item: not item.required)
    return Table(
        code(f"[[{name}]]"), f"{entry.get('description', '')} {node.get('description', '')}".strip(), settings
    )


def _toolsets(kinds: Mapping[str, type[ToolsetDeclaration]]) -> Iterator[Table]:
    shared = section_schema(ToolsetDeclaration)
    shared["properties"]["kind"] |= {"enum": sorted(kinds)}
    first, *_ = _section(("toolset", "<NAME>"), shared)
    yield Table(code("[[toolset]]"), _TOOLSET, first.settings)
    for kind in sorted(kinds):
        node = section_schema(kinds[kind])
        own = {
            name: inner
            for name, inner in node["properties"].items()
            if name not in shared["properties"] or _says_more(inner, shared["properties"][name])
        }
        own.pop("kind", None)
        words = node.get("description", "")
        yield from _section(
            ("toolset", "<NAME>"),
            {**node, "properties": own},
            f"{code('[[toolset]]')} of kind {code(kind)}",
            words,
        )


def _says_more(node: Node, shared: Node) -> bool:
    return {**node, "default": None} != {**shared, "default": None}


def _section(
    path: tuple[str, ...], node: Node, title: str = "", words: str | None = None, *, listed: bool = False
) -> Iterator[Table]:
    """The table at `path`, and after it those within. One that is `listed` in an array has no variables of its own."""
    own = Table(
        title or code(f"[{'.'.join(path)}]"), str(node.get("description", "")) if words is None else words, []
    )
    inner: list[Table] = []
    for name, member in node.get("properties", {}).items():
        below = (*path, name)
        if forms := _forms_of_table(member):
            inner += _forms(below, forms, member, listed=listed)
        else:
            own.settings.append(_setting(".".join(below), member, node, listed=listed))
            for item, array in _tables_within(member):
                name_of_it = code(f"[[{'.'.join(below)}]]") if array else ""
                place = below if array else (*below, "<KEY>")
                inner += _section(place, item, name_of_it, listed=listed or array)
    own.settings.sort(key=lambda item: not item.required)
    yield own
    yield from inner


def _forms(
    path: tuple[str, ...], forms: list[Node], member: Node, *, listed: bool = False
) -> Iterator[Table]:
    """A table, or one for each of the forms that it may have."""
    if len(forms) == 1:
        yield from _section(path, {**forms[0], "description": member.get("description", "")}, listed=listed)
        return
    for form in forms:
        title = f"{code(f'[{chr(46).join(path)}]')} {_told_apart(form)}"
        yield from _section(path, form, title, form.get("description"))


def _told_apart(form: Node) -> str:
    """By which value of which setting a reader sees that a table has this form."""
    name, value = next((name, node["const"]) for name, node in form["properties"].items() if "const" in node)
    return f"of kind {code(value)}" if name == "kind" else f"with {code(f'{name} = {json.dumps(value)}')}"


def _forms_of_table(node: Node) -> list[Node]:
    """The forms of a node that is a table with settings of its own, or of one among several such."""
    if "properties" in node:
        return [node]
    forms = [form for form in (*node.get("anyOf", []), *node.get("oneOf", [])) if form.get("type") != "null"]
    found = [inner for form in forms for inner in _forms_of_table(form)]
    return found if len(found) >= len(forms) else []


def _tables_within(node: Node) -> Iterator[tuple[Node, bool]]:
    """The tables that an array or a table of free names holds, and whether it is an array."""
    for form in (node, *node.get("anyOf", []), *node.get("oneOf", [])):
        for keyword in ("additionalProperties", "items"):
            holder = form.get(keyword)
            if not isinstance(holder, dict):
                continue
            options = [holder, *holder.get("anyOf", []), *holder.get("oneOf", [])]
            yield from ((option, keyword == "items") for option in options if "properties" in option)


def _setting(place: str, node: Node, owner: Node, *, listed: bool = False) -> Setting:
    name = place.rpartition(".")[2]
    variable = PREFIX + place.replace(".", "__").upper() if "." in place and not listed else ""
    return Setting(place, variable, node, required=name in owner.get("required", []))


def _part(each: Table) -> str:
    lines = [f"## {each.title}", each.words]
    if len(each.settings) > 1:
        rows = [(code(item.name), _shown_default(item)) for item in each.settings]
        lines.append(table(("setting", "default"), rows))
    lines += [_entry(item) for item in each.settings]
    return "\n\n".join(line for line in lines if line)


def _entry(item: Setting) -> str:
    facts = [
        ("Value", in_words(item.node)),
        ("Default", _shown_default(item)),
        ("Example", " or ".join(code(f"{item.name} = {toml(each)}") for each in item.examples)),
        ("Environment", code(item.variable) if item.variable else "none"),
    ]
    return f"### {code(item.place)}\n\n{item.description}\n\n{bullets(facts)}"


def _shown_default(item: Setting) -> str:
    if item.required:
        return "none: it must be there"
    default = default_of(item.node)
    return "unset" if default is None else code(default)
