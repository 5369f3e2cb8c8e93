"""What `check` says of operations for which the blueprint has no credentials."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seawall.toolsets.interface import Remark
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.model import ApiOperation

__all__ = ["unproven"]

_SHOWN: Final = 5  # schemes that a remark names


def unproven(declaration: OpenApiDeclaration, operations: Iterable[ApiOperation]) -> tuple[Remark, ...]:
    """A note where operations need security schemes for which nothing is set: their requests go without.

    `auth` goes with every request, whatever its operation says that it needs.
    """
    if declaration.auth is not None:
        return ()
    count = 0
    schemes: dict[str, None] = {}
    for operation in operations:
        lacking = [
            [each for each in one if each not in declaration.credentials] for one in operation.security
        ]
        if lacking and all(lacking):
            count += 1
            schemes |= dict.fromkeys(lacking[0])
    if not count:
        return ()
    named = ", ".join([*list(schemes)[:_SHOWN], *(["…"] if len(schemes) > _SHOWN else [])])
    return (
        Remark(
            "note",
            "no_credentials",
            f"{count} of the API's operations need{'s' * (count == 1)} credentials that are not set: {named}.",
            "Set `auth`, or `credentials` by these names, unless the service answers without.",
        ),
    )
