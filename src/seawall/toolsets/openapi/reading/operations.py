"""The operations of a description, each read for itself: what is wrong with one costs that one alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from seawall.toolsets.cleaning import clean_line, clean_prose, clean_value, is_clean_name
from seawall.toolsets.openapi.model import ApiOperation, Quarantined, Server
from seawall.toolsets.openapi.reading.bodies import read_body, read_responses
from seawall.toolsets.openapi.reading.context import Context
from seawall.toolsets.openapi.reading.convert import convert_operation, convert_servers
from seawall.toolsets.openapi.reading.faults import Unservable, pointer, shown
from seawall.toolsets.openapi.reading.parameters import read_parameters
from seawall.toolsets.openapi.reading.paths import split_path, with_query
from seawall.toolsets.openapi.reading.schemas import TooMuchError
from seawall.toolsets.openapi.reading.security import read_requirements, read_servers
from seawall.types import JsonObject, JsonValue
from seawall.upstream.methods import METHODS

__all__ = ["OperationReader"]

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_MAX_TAGS: Final = 50
_MAX_EXTENSION_DEPTH: Final = 8  # what an extension of an operation says is a few words
_MAX_EXTENSIONS: Final = 100
_MAX_PATH: Final = 2048
_PARAMETER: Final = re.compile(r"\{[^{}]*\}")
_MAX_KEY: Final = 200  # characters of a path that a report repeats


@dataclass(frozen=True, slots=True)
class _Place:
    """One operation as it stands in the description."""

    method: str
    path: str
    raw: JsonValue
    item: JsonObject
    where: str

    @property
    def key(self) -> str:
        return f"{clean_line(self.method) or '?'} {clean_line(self.path)[:_MAX_KEY] or '/'}"


@dataclass(slots=True)
class OperationReader:
    """Reads all operations of one description, in its order.

    Attributes:
        root: the description.
        context: of this reading.
        limit: operations that are read at most.
        operations: what can be served.
        quarantined: what cannot.
    """

    root: JsonObject
    context: Context
    limit: int
    operations: list[ApiOperation] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)

    def read(self) -> None:
        """Read everything below `paths`.

        Raises:
            TooMuchError: its schemas are more than the bound on them.
        """
        seen: dict[str, str] = {}
        keys: dict[str, str] = {}
        left_out = 0
        for number, place in enumerate(self._places()):
            if number >= self.limit:
                left_out += 1
                continue
            try:
                operation = self._operation(place)
                self._once(operation, place, keys)
            except Unservable as reason:
                self.quarantined.append(Quarantined(place.key, str(reason)))
            except TooMuchError:
                raise
            except Exception as problem:  # noqa: BLE001  boundary: a surprise in one operation leaves the others whole
                reason_text = f"it cannot be understood ({type(problem).__name__})"
                self.quarantined.append(Quarantined(place.key, reason_text))
            else:
                self._tell_twice(operation, place.where, seen)
                self.operations.append(operation)
        if left_out:
            self.context.faults.add(
                "/paths", f"{left_out} operations beyond the first {self.limit} were left out"
            )

    def _tell_twice(self, operation: ApiOperation, where: str, seen: dict[str, str]) -> None:
        name = operation.operation_id
        if name is None:
            return
        if name in seen:
            self.context.faults.add(where, f"the operationId {shown(name)} is also that of {seen[name]}")
        seen.setdefault(name, operation.key)

    def _tell_webhooks(self) -> None:
        hooks = self.root.get("webhooks")
        if isinstance(hooks, dict) and (count := sum(not name.startswith("x-") for name in hooks)):
            self.context.faults.add(
                "/webhooks",
                f"{count} webhook{'' if count == 1 else 's'}: the API sends such, and nobody can call them",
            )

    # --- finding them -----------------------------------------------------------------------------------

    def _places(self) -> Iterator[_Place]:
        self._tell_webhooks()
        paths = self.root.get("paths")
        if not isinstance(paths, dict):
            if paths is not None or "webhooks" not in self.root:
                self.context.faults.add("/paths", "`paths` is no object; there are no operations")
            return
        for path, value in paths.items():
            if path.startswith("x-"):
                continue
            where = pointer("/paths", path)
            try:
                item = self._item(value)
            except Unservable as reason:
                self.quarantined.append(Quarantined(f"* {clean_line(path)[:_MAX_KEY]}", str(reason)))
                continue
            yield from self._of_item(path, item, where)

    def _item(self, value: JsonValue) -> JsonObject:
        if value is None:
            return {}
        item = self.context.needed(value, "its path item")
        if isinstance(value, dict) and item is not value:
            return {**item, **{name: more for name, more in value.items() if name != "$ref"}}
        if isinstance(value, dict) and isinstance(value.get("$ref"), str) and len(value) > 1:
            further = self.context.needed({"$ref": value["$ref"]}, "its path item")
            return {**further, **value}
        return item

    def _of_item(self, path: str, item: JsonObject, where: str) -> Iterator[_Place]:
        for name, raw in item.items():
            if name.lower() in _METHODS:
                yield _Place(name.upper(), path, raw, item, f"{where}/{name}")
        more = item.get("additionalOperations")  # OpenAPI 3.2, 4.9.1
        for name, raw in more.items() if isinstance(more, dict) else ():
            yield _Place(name, path, raw, item, pointer(where, "additionalOperations", name))

    def _once(self, operation: ApiOperation, place: _Place, keys: dict[str, str]) -> None:
        """Two of one key are one operation, the first; two that only name their parameters otherwise are told."""
        if operation.key in keys:
            raise Unservable(f"{shown(place.where)} describes {operation.key} a second time")
        like = _PARAMETER.sub("{}", operation.key)
        keys[operation.key] = operation.key
        if keys.setdefault(like, operation.key) != operation.key:
            self.context.faults.add(place.where, f"a request of it may be taken for one of {keys[like]}")

    # --- reading one ------------------------------------------------------------------------------------

    def _operation(self, place: _Place) -> ApiOperation:
        raw = self.context.needed(place.raw, "it")
        _check_place(place)
        path = split_path(place.path, place.where, self.context)
        item_where = place.where.rsplit("/", 1)[0]
        lists = [
            (place.item.get("parameters"), f"{item_where}/parameters"),
            (raw.get("parameters"), f"{place.where}/parameters"),
        ]
        if self.context.dialect == "2.0":
            raw, lists = convert_operation(lists, raw, self.root, self.context)
        template, parameters = read_parameters(lists, path, self.context)
        return ApiOperation(
            method=place.method,
            path=template,
            operation_id=clean_line(raw.get("operationId")) or None,
            summary=clean_line(raw.get("summary")) or clean_line(place.item.get("summary")),
            description=clean_prose(raw.get("description")) or clean_prose(place.item.get("description")),
            tags=_tags(raw.get("tags")),
            deprecated=self.context.flag(raw, "deprecated", place.where),
            parameters=with_query(parameters, path.fixed),
            body=read_body(raw.get("requestBody"), f"{place.where}/requestBody", self.context),
            responses=read_responses(raw.get("responses"), f"{place.where}/responses", self.context),
            servers=self._servers(raw, place),
            security=self._security(raw, place),
            extensions=self._extensions(raw, place),
            written_path="" if template in {place.path, f"/{place.path}"} else place.path,
        )

    def _servers(self, raw: JsonObject, place: _Place) -> tuple[Server, ...]:
        if self.context.dialect == "2.0":
            _check_schemes(raw.get("schemes"))
            return read_servers({"servers": convert_servers(self.root)}, place.where, self.context)
        return (
            read_servers(raw, place.where, self.context)
            or read_servers(place.item, place.where.rsplit("/", 1)[0], self.context)
            or read_servers(self.root, "", self.context)
        )

    def _security(self, raw: JsonObject, place: _Place) -> tuple[dict[str, tuple[str, ...]], ...]:
        own = read_requirements(raw, f"{place.where}/security", self.context)
        found = own if own is not None else read_requirements(self.root, "/security", self.context)
        return tuple(dict(alternative) for alternative in found or ())

    def _extensions(self, raw: JsonObject, place: _Place) -> dict[str, JsonValue]:
        said: JsonObject = {name: value for name, value in raw.items() if name.startswith("x-")}
        for above in (place.item, self.root):
            if "x-mcp" not in said and "x-mcp" in above:
                said["x-mcp"] = above["x-mcp"]
        kept = [(clean_line(name), value) for name, value in list(said.items())[:_MAX_EXTENSIONS]]
        return {name: clean_value(value, depth=_MAX_EXTENSION_DEPTH) for name, value in kept}


def _check_place(place: _Place) -> None:
    if place.method not in METHODS:
        raise Unservable(f"the method {shown(place.method)} is none that is sent")
    if not is_clean_name(place.path) and place.path:
        raise Unservable("its path holds characters that are not shown, or is too long")


def _check_schemes(schemes: JsonValue) -> None:
    """Of Swagger 2.0: whether it is http or https, host and path are those of all, and the operator says which."""
    named = [name for name in schemes if isinstance(name, str)] if isinstance(schemes, list) else []
    if named and not {"http", "https"} & {name.lower() for name in named}:
        raise Unservable(f"it is asked over {shown(', '.join(named))}, and not over HTTP")


def _tags(value: JsonValue) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(dict.fromkeys(name for tag in values[:_MAX_TAGS] if (name := clean_line(tag))))
