"""Calls of every operation of an API, against a service that is made from the same description."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from seawall.errors import InvalidArgumentsError
from seawall.testing.arguments import fitting, wrong
from seawall.testing.upstream import MockUpstream
from seawall.toolsets.openapi.model import ApiDescription, ApiOperation
from support.apis import client_of, served, shaped

__all__ = ["tried"]


def narrow(one: ApiOperation) -> bool:
    """Whether a text may fit the description and still have no place in a request."""
    return any(each.place in {"path", "header", "cookie"} for each in one.parameters)


def tried(description: ApiDescription, operations: list[ApiOperation], *, each: int) -> None:
    """Every operation: arguments that fit are accepted and answered, those that do not never arrive."""
    offer: dict[str, Any] = {
        "schemes": tuple(description.security_schemes.values()),
        "fields": False,
        "next": False,
    }
    made = []
    for one in operations:
        schema = shaped(one, description.definitions, **offer).schema
        good = fitting(schema, each)
        assert good, one.key
        made.append((one, good, list(wrong(schema, good[0]))))

    async def calling(upstream: MockUpstream) -> None:
        async with client_of(upstream.url) as client:
            for one, good, bad in made:
                tool = served(one, client, upstream.url, description.definitions, **offer)
                for arguments in good:
                    try:
                        result = await tool.run(arguments)
                    except InvalidArgumentsError:
                        if not narrow(one):
                            raise
                        continue  # what no path, header or cookie can carry
                    assert upstream.faults == []
                    assert upstream.received[-1].operation is one
                    assert "Warning" not in str(result.content[-1])
                arrived = len(upstream.received)
                for each_bad in bad:
                    with pytest.raises(InvalidArgumentsError):
                        await tool.run(each_bad.arguments)
                assert len(upstream.received) == arrived

    with MockUpstream(description) as upstream:
        asyncio.run(calling(upstream))
        assert len({id(each.operation) for each in upstream.received}) == len(operations)
