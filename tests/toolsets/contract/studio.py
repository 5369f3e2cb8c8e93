"""Contracts, written by a test and built as a server would."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from seawall.errors import BlueprintError, Problem
from seawall.security.budget import WorkerPool
from seawall.toolsets.contract import KIND, ContractDeclaration
from seawall.toolsets.contract.toolset import ContractToolset
from seawall.toolsets.interface import Host
from toolsets.python.workshop import PRELUDE, Workshop

__all__ = ["Studio", "build", "problems_of", "said", "write"]

_MORE = """\
import abc, contextlib, functools
from collections.abc import AsyncIterator, Iterable
from typing import Protocol, overload
from abc import ABC, abstractmethod
"""
_NAME = "workshop_shop"


def write(directory: Path, text: str) -> Path:
    """Write the one module with the contract `Shop` and the implementation `Own`."""
    path = directory / f"{_NAME}.py"
    path.write_text(PRELUDE + _MORE + dedent(text))
    return path


def build(directory: Path, *, workers: WorkerPool | None = None, **declared: Any) -> ContractToolset:
    """The toolset of `Shop`, carried out by `Own`, with write access unless told otherwise."""
    names = {"contract": f"{_NAME}:Shop", "implementation": f"{_NAME}:Own"}
    settings = {"kind": "contract", "access": "write"} | names | declared
    host = Host(directory, workers or WorkerPool(size=4, queued=16), 1024 * 1024)
    toolset = KIND.build(ContractDeclaration.model_validate(settings), host)
    assert isinstance(toolset, ContractToolset)
    return toolset


def problems_of(directory: Path, text: str, **declared: Any) -> Sequence[Problem]:
    """What is wrong with a contract and its implementation before anything is made."""
    write(directory, text)
    with pytest.raises(BlueprintError) as caught:
        build(directory, **declared)
    return caught.value.problems


def said(problems: Sequence[Problem], module: Path) -> list[str]:
    """Each problem as the code on its line and its message, which is all that a person needs."""
    lines = module.read_text().splitlines()
    return [
        f"{lines[each.line - 1].strip() if each.source and each.line else 'blueprint'} => {each.message}"
        for each in problems
    ]


@dataclass
class Studio(Workshop):
    """A started toolset of the contract."""

    @classmethod
    @contextlib.asynccontextmanager
    async def of(
        cls, directory: Path, text: str, *, workers: WorkerPool | None = None, **declared: Any
    ) -> AsyncIterator[Studio]:
        """Write contract and implementation, build their toolset and keep it started."""
        write(directory, text)
        toolset = build(directory, workers=workers, **declared)
        try:
            await toolset.start()
            yield cls(toolset)
        finally:
            await toolset.close()

    @property
    def own(self) -> ContractToolset:
        """The toolset with all that its kind has."""
        assert isinstance(self.toolset, ContractToolset)
        return self.toolset
