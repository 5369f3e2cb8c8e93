"""How a new project begins with a contract: a Protocol, and a first implementation of it."""

from __future__ import annotations

from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.toolsets.contract.declaration import ContractDeclaration
from seawall.toolsets.rooted import root_folders
from seawall.toolsets.starter import Needs, Question, Setting, Start

__all__ = ["ContractStarter"]

_CONTRACT = '''\
"""What this server offers: each public method is one tool, its types the schema, its docstring the description."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import seawall


class NoSuchItemError(Exception):
    """Nothing has that name."""


@dataclass(frozen=True)
class Item:
    """Something in stock."""

    name: str
    count: int


class Inventory(Protocol):
    """A small inventory."""

    @seawall.operation(read_only=True, open_world=False)
    def get_item(self, name: str) -> Item:
        """Look one item up.

        Args:
            name: The item's name, as `list_items` gives it.

        Raises:
            NoSuchItemError: No item has that name.
        """
        ...

    @seawall.operation(read_only=True, open_world=False)
    def list_items(self) -> Iterator[Item]:
        """All items, page by page."""
        ...

    @seawall.operation(destructive=True, open_world=False)
    def remove_item(self, name: str) -> None:
        """Take an item out of the inventory.

        Args:
            name: The item's name, as `list_items` gives it.

        Raises:
            NoSuchItemError: No item has that name.
        """
        ...
'''

_SERVICE = '''\
"""The inventory, in memory."""

from collections.abc import Iterator

from contracts import Item, NoSuchItemError


class MemoryInventory:
    """Forgets everything when the server ends. Calls come on several threads."""

    def __init__(self) -> None:
        self._counts = {"rope": 12, "anchor": 2}

    def get_item(self, name: str) -> Item:
        if name not in self._counts:
            raise NoSuchItemError(f"There is no {name}.")
        return Item(name, self._counts[name])

    def list_items(self) -> Iterator[Item]:
        for name, count in sorted(self._counts.items()):
            yield Item(name, count)

    def remove_item(self, name: str) -> None:
        if self._counts.pop(name, None) is None:
            raise NoSuchItemError(f"There is no {name}.")
'''


class ContractStarter:
    """Methods of a contract."""

    @property
    def summary(self) -> str:
        """What it serves."""
        return "the methods of a Python contract"

    @property
    def question(self) -> Question | None:
        """Nothing: contract and implementation are written, and then changed."""
        return None

    def start(self, answer: str) -> Start:
        """The module `contracts` with a Protocol, and the module `service` with a class for it."""
        del answer  # nothing was asked
        return Start(
            settings=(
                Setting("contract", "contracts:Inventory", comment="contracts.py, beside this file"),
                Setting(
                    "implementation", "service:MemoryInventory", comment="a class, an object or a factory"
                ),
            ),
            files={"contracts.py": _CONTRACT, "service.py": _SERVICE},
            notes=(
                'contracts.py says what to offer, service.py does it; remove_item needs --write (access = "write").',
            ),
        )

    def needs(self, declaration: ToolsetDeclaration) -> Needs:
        """Its modules, and its roots."""
        if not isinstance(declaration, ContractDeclaration):
            return Needs()
        named = filter(None, (declaration.contract, declaration.implementation))
        modules = [each.partition(":")[0].partition(".") for each in named]
        sources = [top if inner else f"{top}.py" for top, inner, _ in modules]
        return Needs(folders=root_folders(declaration), sources=tuple(dict.fromkeys(sources)))
