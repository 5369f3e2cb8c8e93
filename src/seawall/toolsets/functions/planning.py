"""From a function that was looked at to the plan of its calls, and from its operator's settings to what it is lent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from seawall.errors import BlueprintError, Problem
from seawall.toolsets.functions.calling import Decodes, Plan
from seawall.toolsets.functions.context import Context
from seawall.toolsets.functions.injection import Resources, source_of
from seawall.toolsets.functions.raising import Declared
from seawall.toolsets.functions.results import Encode
from seawall.toolsets.functions.settings import Settings, fill
from seawall.toolsets.functions.survey import Found

__all__ = ["filled", "plan_of"]


def plan_of(
    found: Found, arguments: Decodes, encode: Encode, declared: Declared, resources: Resources
) -> Plan:
    """Everything that its calls need; the rights of what it is lent are those of its hints."""
    marks, signature = found.marks, found.signature
    return Plan(
        name=marks.name,
        function=found.function,
        asynchronous=signature.asynchronous,
        arguments=arguments,
        injected=tuple(
            (name, source_of(wanted, resources, read_only=marks.hints.read_only))
            for name, wanted, _place in signature.injected
        ),
        wants_context=any(issubclass(wanted, Context) for _name, wanted, _place in signature.injected),
        encode=encode,
        declared=declared,
    )


def filled(
    wanted: type[Settings] | None, given: Mapping[str, object], problems: Sequence[Problem]
) -> Settings | None:
    """The settings that functions ask for; None when none does.

    Raises:
        BlueprintError: there are problems already, or the settings do not fit; every one.
    """
    settings = None if wanted is None else fill(wanted, given)
    if isinstance(settings, tuple):
        raise BlueprintError([*problems, *settings])
    if problems:
        raise BlueprintError(list(problems))
    return settings
