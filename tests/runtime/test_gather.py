"""All toolsets are built, and all of their problems told, before anything is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.toy import ToyDeclaration, ToyKind
from seawall.blueprint import ToolsetDeclaration, parse
from seawall.errors import BlueprintError, Problem
from seawall.runtime.assemble import build
from seawall.toolsets.interface import Host, LeftOut, Toolset

TEXT = """\
[server]
name = "x"

[[toolset]]
kind = "toy"
root = "bad"

[[toolset]]
kind = "toy"
name = "other"
operations = ["gret"]

[[toolset]]
kind = "toy"
name = "third"
operations = ["greet"]

[[toolset]]
kind = "toy"
name = "fourth"
operations = ["greet"]
"""


class FaultyKind(ToyKind):
    """Finds faults in what a declaration names: one of the declaration, one in a file of its own."""

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        if isinstance(declaration, ToyDeclaration) and declaration.root == "bad":
            own = Problem("", None, None, "root", "bad", "a good one", None, "the root is bad")
            there = Problem("bad.txt", 3, 1, "bad", "", "", None, "the file is bad")
            raise BlueprintError([own, there])
        return super().build(declaration, host)


class TellingKind(ToyKind):
    """Its toolsets know of something that never became an operation."""

    def build(self, declaration: ToolsetDeclaration, host: Host) -> Toolset:
        toolset = super().build(declaration, host)
        vars(toolset)["left_out"] = lambda: [LeftOut("ghost", "it is gone")]
        return toolset


def test_problems_of_every_toolset_come_together_each_with_its_place() -> None:
    kind = FaultyKind()
    loaded = parse(
        TEXT, source="seawall.toml", directory=Path(), kinds={"toy": kind.declaration}, environment={}
    )
    with pytest.raises(BlueprintError) as caught:
        build(loaded, {"toy": kind})
    assert [(each.source, each.line, each.key) for each in caught.value.problems] == [
        ("seawall.toml", 6, "toolset[0].root"),
        ("bad.txt", 3, "bad"),
        ("seawall.toml", 11, "toolset[1].operations[0]"),
        ("seawall.toml", 18, "toolset[3].prefix"),
    ]


def test_what_a_toolset_leaves_out_is_known_to_the_assembly() -> None:
    kind = TellingKind()
    text = '[server]\nname = "x"\n\n[[toolset]]\nkind = "toy"\noperations = ["!letters"]\n'
    loaded = parse(
        text, source="seawall.toml", directory=Path(), kinds={"toy": kind.declaration}, environment={}
    )
    left_out = build(loaded, {"toy": kind}).left_out["toy"]
    assert [each.name for each in left_out] == ["letters", "change", "ghost"]
