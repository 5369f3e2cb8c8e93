"""What a template asks for however it goes: known before it is carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from jinja2 import nodes

from seawall.prompts.template import Template, called

__all__ = ["always_called"]


def always_called(template: Template) -> Iterator[tuple[str, str | None]]:
    """The functions that are called whenever the template is carried out, with the first argument where that is a text.

    What stands in a branch, in the body of a loop or behind `and` and `or` may be passed over, and is none of them.
    """
    waiting = list(template.tree.body)
    while waiting:
        node = waiting.pop()
        waiting += _certain(node)
        if isinstance(node, nodes.Call) and (found := called(node)) is not None:
            yield found


def _certain(node: nodes.Node) -> Iterable[nodes.Node]:
    """The parts of it that are carried out with it, whatever they give."""
    match node:
        case nodes.If() | nodes.CondExpr():
            return [node.test]
        case nodes.And() | nodes.Or():
            return [node.left]
        case nodes.For():
            return [node.iter]
        case nodes.Compare():
            return [node.expr, *node.ops[:1]]
        case _:
            return node.iter_child_nodes()
