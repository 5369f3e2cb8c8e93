"""An implementation is held against its contract: what is missing or does not fit is told with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.errors import BlueprintError
from toolsets.contract.studio import Studio, build, problems_of, said, write

pytestmark = pytest.mark.anyio

SHOP = """
class Shop(Protocol):
    def get_item(self, name: str, count: int = 1) -> int: ...
"""


LATER = """
class Maker:
    def __getattr__(self, name):
        if name != "get_item":
            raise AttributeError(name)
        return lambda name, count: 5

Own = Maker()
"""


@pytest.mark.parametrize(
    ("own", "line", "words"),
    [
        ("class Own: ...", "class Own: ...", "workshop_shop:Own has no method 'get_item', which the contract has"),
        ("class Own(Shop): ...", "class Own(Shop): ...", "has no method 'get_item'"),
        ("class Own:\n    get_item = 5", "class Own:", "has no method 'get_item'"),
        (
            "class Own:\n    def get_item(self, name: str) -> int: ...",
            "def get_item(self, name: str) -> int: ...",
            "it does not take 'count', which the contract gives it",
        ),
        (
            "class Own:\n    def get_item(self, name: str, count: int, more: str) -> int: ...",
            "def get_item(self, name: str, count: int, more: str) -> int: ...",
            "it asks for 'more', which the contract does not have",
        ),
        (
            "class Own:\n    def get_item(self, name: bytes, count: int = 1) -> int: ...",
            "def get_item(self, name: bytes, count: int = 1) -> int: ...",
            "it takes 'name' as bytes, and the contract gives str",
        ),
        (
            "class Own:\n    def get_item(self, name: str, /, count: int = 1) -> int: ...",
            "def get_item(self, name: str, /, count: int = 1) -> int: ...",
            "it takes 'name' by position alone",
        ),
        (
            "class Own:\n    def get_item(self, name: str, count: int = 1) -> str: ...",
            "def get_item(self, name: str, count: int = 1) -> str: ...",
            "it gives str, and the contract promises int",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_where_it_stands(tmp_path: Path, own: str, line: str, words: str) -> None:
    (told,) = said(problems_of(tmp_path, f"{SHOP}\n{own}\n"), tmp_path / "workshop_shop.py")
    assert told.startswith(f"{line} => ")
    assert words in told


@pytest.mark.parametrize(
    "own",
    [
        "class Own:\n    def get_item(self, name, count): return 5",
        "class Own:\n    def get_item(self, **given): return 5",
        "class Own:\n    async def get_item(self, count: float, name: object, more: int = 0) -> bool: return 5",
        "class Own:\n    @staticmethod\n    def get_item(name: str, count: int) -> int: return 5",
        "class Own:\n    @classmethod\n    def get_item(cls, name: str, count: int) -> int: return 5",
        "class Own:\n    def get_item(self, name: str, count: int, caller: seawall.Caller) -> int: return 5",
        "class Base:\n    def get_item(self, name: str, count: int) -> int: return 5\nclass Own(Base): ...",
        "class Maker:\n    def get_item(self, name: str, count: int) -> int: return 5\nOwn = Maker()",
        LATER,
        "import types\nOwn = types.SimpleNamespace(get_item=lambda name, count: 5)",
        "class Maker:\n    def get_item(self, name: str, count: int) -> int: return 5\ndef Own() -> Shop: return Maker()",
    ],
)
async def test_what_can_be_called_as_the_contract_says_fits(tmp_path: Path, own: str) -> None:
    async with Studio.of(tmp_path, f"{SHOP}\n{own}\n") as studio:
        assert (await studio.data("get_item", name="a"))["result"] == 5


async def test_what_a_factory_makes_is_held_against_the_contract_at_start(tmp_path: Path) -> None:
    write(tmp_path, f"{SHOP}\nclass Wrong: ...\n\ndef Own(): return Wrong()\n")
    toolset = build(tmp_path)
    with pytest.raises(BlueprintError) as caught:
        await toolset.start()
    await toolset.close()
    (told,) = said(caught.value.problems, tmp_path / "workshop_shop.py")
    assert told.startswith("def Own(): return Wrong() => workshop_shop:Own has no method 'get_item'")


def test_a_factory_that_names_its_class_is_looked_at_before_anything_runs(tmp_path: Path) -> None:
    text = f"{SHOP}\nclass Wrong: ...\n\ndef Own() -> Wrong: raise SystemExit\n"
    assert "has no method 'get_item'" in problems_of(tmp_path, text)[0].message


async def test_a_class_that_can_be_made_needs_no_implementation_beside_it(tmp_path: Path) -> None:
    text = "class Shop:\n    def get_item(self) -> int:\n        return 5\n"
    async with Studio.of(tmp_path, text, implementation="") as studio:
        assert await studio.data("get_item") == {"result": 5}


def test_a_protocol_alone_does_nothing(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, SHOP, implementation="")
    assert (problem.source, problem.key) == ("", "implementation")
    assert "Shop only says what there is to do" in problem.message


async def test_the_implementation_may_ask_for_more_of_the_server_than_the_contract(tmp_path: Path) -> None:
    text = """
    class Shop(Protocol):
        def get_caller(self, deadline: seawall.Deadline) -> str: ...

    class Conf(seawall.Settings):
        word: str

    class Own:
        def __init__(self, conf: Conf) -> None:
            self.conf = conf

        def get_caller(self, deadline: seawall.Deadline, caller: seawall.Caller, context: seawall.Context) -> str:
            assert context.caller is caller and context.deadline is deadline
            return f"{caller.principal} {self.conf.word}"
    """
    async with Studio.of(tmp_path, text, settings={"word": "hello"}) as studio:
        assert await studio.text("get_caller") == "local hello"
        assert studio.operations["get_caller"].parameters["properties"] == {}
