"""Which methods of a contract become operations, what is assumed of them, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.toolsets.contract.hints import by_name
from toolsets.contract.studio import Studio, problems_of, said

pytestmark = pytest.mark.anyio


async def test_public_methods_of_a_contract_and_its_bases_are_operations(tmp_path: Path) -> None:
    text = """
    class Base(Protocol):
        def get_first(self) -> int: "Of the base."
        def get_both(self) -> int: "Of the base."

    class Shop(Base, Protocol):
        rate: int
        def get_both(self) -> str: "Of the contract."
        async def change(self) -> None: ...
        @staticmethod
        def get_fixed() -> int: ...
        @property
        def size(self) -> int: ...
        def _own(self) -> int: ...
        @seawall.operation(read_only=True)
        def _marked(self) -> int: ...
        def close(self) -> None: ...

    class Own:
        def get_first(self): return 1
        def get_both(self): return "two"
        def change(self): return None
        def get_fixed(self): return 3
        def close(self): ...
    """
    async with Studio.of(tmp_path, text) as studio:
        assert list(studio.operations) == ["get_first", "get_both", "change", "get_fixed"]
        assert studio.operations["get_both"].description == "Of the contract."
        assert await studio.data("get_fixed") == {"result": 3}
        assert await studio.text("change") == "Done."
        left = {each.name: each.reason for each in studio.left_out}
    assert set(left) == {"size", "_marked", "close"}
    assert left["size"] == "it is a property; a method is called"
    assert left["_marked"].startswith("its name begins with an underscore")
    assert left["close"].startswith("the server calls it when it ends")


@pytest.mark.parametrize("base", ["ABC", "object", "Generic[TypeVar('T')]"])
async def test_abstract_and_plain_classes_are_contracts_too(tmp_path: Path, base: str) -> None:
    text = f"""
    class Shop({base}):
        @abstractmethod
        def get_item(self) -> int: ...
    class Own(Shop):
        def get_item(self) -> int: return 5
    """
    async with Studio.of(tmp_path, text) as studio:
        assert await studio.data("get_item") == {"result": 5}


HOSTILE = [
    ("def get_a(self) -> int: ...\n    def get_a(self) -> str: ...", "'get_a' is defined a second time"),
    ('@seawall.operation(name="get_b")\n    def get_a(self) -> int: ...\n    def get_b(self) -> int: ...',
     "a second operation named 'get_b'"),
    ("@overload\n    def get_a(self, x: int) -> int: ...\n    @overload\n    def get_a(self, x: str) -> str: ...",
     "'get_a' has only overloads"),
    ("def getItem(self) -> int: ...", "'getItem' cannot be the name of a tool"),
    ("def get_a(self, callback: Callable[[], int]) -> int: ...", "the type of the parameter 'callback' cannot be used"),
    ("def get_a(self, value: T) -> int: ...", "the type variable ~T stands for no type"),
    ("def get_a(self) -> threading.Lock: ...", "the type of the result cannot be used"),
    ("def get_a(self, *values: int) -> int: ...", "*values takes whatever comes"),
    ("def get_a(self, value) -> int: ...", "the parameter 'value' has no annotation"),
    ("def get_a(self, value: Missing) -> int: ...", "cannot be resolved: name 'Missing' is not defined"),
    ("def get_a(self, path: Path) -> int: ...", "a Path is one below the `roots`"),
    ("def list_a(self, cursor: str) -> Iterator[int]: ...", "'cursor' is the argument with which callers get the next"),
    ("def list_a(self, d: seawall.Deadline) -> Iterator[int]: ...", "each of its pages has a deadline of its own"),
    ("def get_a(self) -> Model: ...", "bytes of a pydantic model would go out as UTF-8"),
    ("@seawall.operation(raises=[Exception])\n    def get_a(self) -> int: ...", "raises is [<class 'Exception'>]"),
    ('@seawall.resource("stock://{x}")\n    def get_a(self) -> int: ...', "the URI has {x}"),
    ('@seawall.resource("stock://a/../b")\n    def get_a(self) -> int: ...', "has a part that leads elsewhere"),
    ('@seawall.resource("stock://a")\n    def get_a(self) -> int: ...\n    @seawall.resource("stock://a")\n    def get_b(self) -> int: ...',
     "get_a has the same URI"),
    (('@seawall.resource("stock://{x}/b")\n    def get_a(self, x: int) -> int: ...\n'
     '    @seawall.resource("stock://a/{y}")\n    def get_b(self, y: int) -> int: ...'),
     "get_a has stock://{x}/b, which fits URIs of stock://a/{y}, too"),
    ('@seawall.resource("stock://{x}")\n    def get_a(self, x: list[int]) -> int: ...', "no text of a URI is a value of 'x'"),
    ("@seawall.resource(None)\n    def get_a(self) -> int: ...", "None is no URI of a resource"),
    ('@seawall.resource("/etc/passwd")\n    def get_a(self) -> int: ...', "is no URI of a resource"),
    ('@seawall.resource("stock://a")\n    def get_a(self, key: int) -> int: ...', "the URI does not give 'key'"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "words"), HOSTILE, ids=[words for _, words in HOSTILE])
def test_a_method_that_cannot_be_served_is_told_at_its_line(tmp_path: Path, body: str, words: str) -> None:
    head = "T = TypeVar('T')\n\nclass Model(BaseModel):\n    data: bytes\n"
    text = f"{head}\nclass Shop(Protocol):\n    {body}\n\nclass Own:\n    def __getattr__(self, name): return None\n"
    problems = problems_of(tmp_path, text)
    lines = said(
        [each for each in problems if "has no method" not in each.message], tmp_path / "workshop_shop.py"
    )
    assert any(words in line and not line.startswith("blueprint") for line in lines), lines


async def test_overloads_with_a_definition_below_them_are_one_method(tmp_path: Path) -> None:
    text = """
    class Shop(Protocol):
        @overload
        def get_a(self, x: int) -> int: ...
        @overload
        def get_a(self, x: str) -> str: ...
        def get_a(self, x: int | str) -> int | str: ...
    class Own:
        def get_a(self, x): return x
    """
    async with Studio.of(tmp_path, text) as studio:
        assert await studio.data("get_a", x="a") == {"result": "a"}


async def test_what_is_called_as_a_method_and_has_no_signature_is_left_out_with_a_reason(
    tmp_path: Path,
) -> None:
    text = """
    class Shop:
        def get_a(self, x: int) -> int: return x
        get_one = functools.partialmethod(get_a, 1)
        @functools.singledispatchmethod
        def get_any(self, x: int) -> int: return x
    """
    async with Studio.of(tmp_path, text, implementation="") as studio:
        assert list(studio.operations) == ["get_a"]
        assert {each.name for each in studio.left_out} == {"get_one", "get_any"}


def test_a_path_within_another_type_is_refused_since_the_jail_would_not_see_it(tmp_path: Path) -> None:
    text = """
    @dataclass
    class Note:
        file: Path
    class Shop(Protocol):
        def get_size(self, note: Note) -> int: ...
        def get_note(self) -> Note: ...
    class Own:
        def get_size(self, note): ...
        def get_note(self): ...
    """
    (tmp_path / "data").mkdir()
    problems = problems_of(tmp_path, text, roots="./data")
    assert sum("it has a Path within another type" in each.message for each in problems) == 2


@pytest.mark.parametrize(
    ("contract", "words"),
    [
        ("Shop = 5", "workshop_shop:Shop is no class"),
        ("class Shop(Protocol): ...", "Shop has no public methods"),
        ("class Other(Protocol): ...", "workshop_shop has no 'Shop'"),
    ],
)
def test_a_contract_that_is_none_is_told_in_the_blueprint(tmp_path: Path, contract: str, words: str) -> None:
    problems = problems_of(tmp_path, f"{contract}\nclass Own: ...\n")
    assert any(
        each.message.startswith(words) and (each.source, each.key) == ("", "contract") for each in problems
    )


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("get_item", "read"), ("list", "read"), ("find_by_name", "read"), ("delete_item", "destroy"), ("remove", "destroy"),
        ("get_or_create", None), ("find_and_remove", None), ("getaway", None), ("listen", None), ("update_item", None),
        ("get_oranges", "read"), ("list_and", None),
    ],
)  # fmt: skip
def test_a_name_says_what_the_convention_makes_of_it(name: str, meaning: str | None) -> None:
    assert by_name(name) == meaning


async def test_the_blueprint_wins_over_the_decorator_and_that_over_the_name(tmp_path: Path) -> None:
    text = """
    class Shop(Protocol):
        def get_a(self) -> int: ...
        @seawall.operation(read_only=False)
        def get_b(self) -> int: ...
        @seawall.operation(read_only=True)
        def get_c(self) -> int: ...
        @seawall.operation(title="D")
        def get_d(self) -> int: ...
        def change(self) -> int: ...
        def remove_e(self) -> int: ...
    class Own:
        def get_a(self): ...
        get_b = get_c = get_d = change = remove_e = get_a
    """
    hints = {"get_c": {"read_only": False}, "change": {"read_only": True}, "remove_e": {"idempotent": True}}
    async with Studio.of(tmp_path, text, hints=hints) as studio:
        found = {name: operation.hints for name, operation in studio.operations.items()}
        (note,) = studio.own.remarks()
    assert {name for name, said in found.items() if said.read_only} == {"get_a", "get_d", "change"}
    assert {name for name, said in found.items() if said.destructive} == {"get_b", "get_c", "remove_e"}
    assert {name for name, said in found.items() if said.idempotent} == {
        "get_a",
        "get_d",
        "change",
        "remove_e",
    }
    assert note.level == "note"
    assert "`get_a`, `get_d` count as read-only and `remove_e` counts as destructive" in note.message


def test_hints_for_nothing_are_a_problem(tmp_path: Path) -> None:
    text = "class Shop(Protocol):\n    def get_a(self) -> int: ...\nclass Own:\n    def get_a(self): ...\n"
    (problem,) = problems_of(tmp_path, text, hints={"get_b": {"read_only": True}})
    assert (problem.key, problem.allowed) == ("hints.get_b", "one of: get_a")


async def test_what_is_not_offered_may_be_what_cannot_be_served(tmp_path: Path) -> None:
    text = """
    class Shop(Protocol):
        def get_a(self) -> int: ...
        def change(self, way: Callable[[], int]) -> int: ...
    class Own:
        def get_a(self): return 1
        def change(self, way): ...
    """
    async with Studio.of(tmp_path, text, access="read") as studio:
        assert list(studio.operations) == ["get_a"]
        (left,) = studio.left_out
    assert left.name == "change"
    assert 'access = "read"' in left.reason
    assert "the type of the parameter 'way' cannot be used" in left.reason
