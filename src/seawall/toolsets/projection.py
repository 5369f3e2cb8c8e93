"""The argument `fields`: a JMESPath expression that says what to return of an answer.

The expression comes from a model and the answer from a service: either may be meant to cost as much as possible. The
language has no loops, but lists can be doubled and texts joined or quoted again and again, so that what is made is
counted, step by step, and ends at a limit.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Final, cast

from jmespath import functions, visitor  # type: ignore[import-untyped]
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]
from jmespath.parser import Parser  # type: ignore[import-untyped]

from seawall.types import JsonValue

__all__ = ["Projection", "ProjectionError"]

_LONGEST: Final = 1000  # characters of an expression
_MOST_STEPS: Final = 2_000_000
_MOST_MADE: Final = 64 * 1024 * 1024  # bytes, about, that come into being on the way
_VALUE: Final = 32  # of them, that one value takes beside its characters
_SECONDS: Final = 5.0
_CLOCK: Final = 4096  # steps between two looks at the clock
_UNREADABLE: Final = (
    JMESPathError,
    RecursionError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    Warning,
)
"""What the parser of jmespath raises for what is no expression."""

_GROWS: Final = frozenset({"join", "to_string"})


class ProjectionError(Exception):
    """The expression cannot be used. `fault` is one clause for the model."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class _CostError(Exception):
    """The limit is reached."""


@dataclass(frozen=True, slots=True)
class Projection:
    """An expression that is known to be one."""

    tree: dict[str, Any]

    @classmethod
    def of(cls, expression: str) -> Projection:
        """Read the expression.

        Raises:
            ProjectionError: it is no JMESPath, or longer than 1,000 characters.
        """
        if len(expression) > _LONGEST:
            raise ProjectionError(f"it has more than {_LONGEST} characters")
        try:
            return cls(Parser().parse(expression).parsed)
        except _UNREADABLE as error:
            raise ProjectionError(f"it is no JMESPath: {_told(error)}") from None

    def select(self, value: JsonValue, *, seconds: float = _SECONDS) -> JsonValue:
        """What the expression selects of the value. Blocking: runs on a worker.

        Args:
            value: the whole answer.
            seconds: that it may take; never more than five.

        Raises:
            ProjectionError: it gives nothing that JSON can say, or costs too much.
        """
        try:
            bounded = _Bounded(time.monotonic() + min(seconds, _SECONDS))
            result = bounded.charge(bounded.visit(self.tree, value))
        except _CostError:
            raise ProjectionError("it costs too much; select less") from None
        except RecursionError:
            raise ProjectionError("it goes too deep") from None
        except (JMESPathError, ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            raise ProjectionError(f"it does not work on this answer: {_told(error)}") from None
        if isinstance(result, visitor._Expression):  # noqa: SLF001  what `&name` is
            raise ProjectionError("it gives nothing that JSON can say")
        return cast("JsonValue", result)


class _Bounded(visitor.TreeInterpreter):  # type: ignore[misc]
    """The interpreter of jmespath, which counts what it does and what it makes."""

    def __init__(self, ends_at: float) -> None:
        super().__init__()
        self._ends_at = ends_at
        self._steps = 0
        self._made = 0

    def visit(self, node: dict[str, Any], *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  jmespath's own form
        self._steps += 1
        if self._steps > _MOST_STEPS or (self._steps % _CLOCK == 0 and time.monotonic() > self._ends_at):
            raise _CostError
        return super().visit(node, *args, **kwargs)

    def visit_multi_select_list(self, node: dict[str, Any], value: JsonValue) -> Any:  # noqa: ANN401
        return self.charge(super().visit_multi_select_list(node, value))

    def visit_multi_select_dict(self, node: dict[str, Any], value: JsonValue) -> Any:  # noqa: ANN401
        return self.charge(super().visit_multi_select_dict(node, value))

    def visit_function_expression(self, node: dict[str, Any], value: JsonValue) -> Any:  # noqa: ANN401
        arguments = [self.visit(child, value) for child in node["children"]]
        if node["value"] in _GROWS:
            self._charge_ahead(arguments)
        return self.charge(functions.Functions().call_function(node["value"], arguments))

    def charge(self, value: Any) -> Any:  # noqa: ANN401  whatever an expression makes
        """Count every value and character of it, as often as it stands there."""
        values = [value]
        while values:
            one = values.pop()
            self._made += _VALUE
            if isinstance(one, str):
                self._made += len(one)
            elif isinstance(one, list):
                values.extend(one)
            elif isinstance(one, dict):
                values.extend(one.values())
                self._made += sum(map(len, one))
            if self._made > _MOST_MADE:
                raise _CostError
        return value

    def _charge_ahead(self, arguments: list[Any]) -> None:
        """What these functions make may be far larger than what they are given: count it before it exists."""
        for one in arguments:
            self.charge(one)
        if len(arguments) > 1 and isinstance(arguments[0], str) and isinstance(arguments[1], list):
            self._made += len(arguments[0]) * len(arguments[1])
            self.charge(None)


def _told(error: Exception) -> str:
    """The error in one line, short, and without what it points at with signs of its own."""
    return " ".join(str(error).split())[:200] or type(error).__name__
