"""Declared exceptions reach the caller with a code and their own words; all others stay what they are, to be masked."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.errors import OperationError, ToolFailedError
from seawall.toolsets.functions.raising import Declared, code_of
from toolsets.contract.studio import Studio
from toolsets.python.workshop import Workshop

pytestmark = pytest.mark.anyio


class OutOfStockError(Exception):
    hint = "Order more."


class SoldOutError(OutOfStockError):
    pass


class HTTPGoneException(Exception):  # noqa: N818  a name as people write them
    pass


class Coded(Exception):  # noqa: N818  a name as people write them
    code = "own_code"


def told(declared: Declared, error: BaseException) -> OperationError | None:
    """What a caller gets; None for an exception that passes as it is."""
    with pytest.raises(BaseException) as caught, declared:  # noqa: PT011  the test looks at it
        raise error
    if isinstance(caught.value, OperationError):
        return caught.value
    assert caught.value is error
    return None


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (OutOfStockError, "out_of_stock"),
        (HTTPGoneException, "http_gone"),
        (Coded, "own_code"),
        (KeyError, "key"),
    ],
)
def test_a_code_is_made_of_the_name(kind: type[Exception], code: str) -> None:
    assert code_of(kind) == code


def test_a_declared_exception_and_those_derived_from_it_are_told() -> None:
    declared = Declared({OutOfStockError: "", Coded: "chosen"}, {"OutOfStockError": "There is none left."})
    for error in (OutOfStockError("No rope"), SoldOutError("No rope")):
        caught = told(declared, error)
        assert isinstance(caught, ToolFailedError)
        assert (caught.code, caught.message, caught.hint) == ("out_of_stock", "No rope.", "Order more.")
    chosen = told(declared, Coded())
    assert chosen is not None
    assert (chosen.code, chosen.message) == ("chosen", "Chosen")
    silent = told(declared, OutOfStockError())
    assert silent is not None
    assert silent.message == "There is none left."


def test_a_class_of_pythons_own_stands_for_itself_alone() -> None:
    declared = Declared({ValueError: "", OSError: "", LookupError: ""}, {})
    assert told(declared, ValueError("wrong")) is not None
    for error in (
        UnicodeDecodeError("utf-8", b"secret", 0, 1, "x"),
        FileNotFoundError(2, "No such file", "/srv/key"),
        KeyError("k"),
    ):
        assert told(declared, error) is None


def test_an_error_of_the_system_never_tells_its_path() -> None:
    declared = Declared({FileNotFoundError: ""}, {"FileNotFoundError": "No such note."})
    caught = told(declared, FileNotFoundError(2, "No such file or directory", "/srv/secret/key"))
    assert caught is not None
    assert (caught.code, caught.message) == ("file_not_found", "No such note.")


def test_what_is_not_declared_passes_as_it_is() -> None:
    declared = Declared({OutOfStockError: ""}, {})
    for error in (RuntimeError("x"), SystemExit(1), KeyboardInterrupt()):
        assert told(declared, error) is None
    own = ToolFailedError("As meant.")
    assert told(declared, own) is own


def test_a_message_is_one_line_and_bounded() -> None:
    caught = told(Declared({OutOfStockError: ""}, {}), OutOfStockError("a\n" * 5000))
    assert caught is not None
    assert len(caught.message) <= 501
    assert "\n" not in caught.message


DECLARING = """
class GoneError(Exception): ...

class Shop(Protocol):
    def get_a(self) -> str:
        '''It.

        Raises:
            GoneError: It is gone.
            Nonsense: Never.
            Exception: Anything.
        '''
    @seawall.operation(raises={KeyError: "no_such_key"})
    async def get_b(self) -> str: ...
    def get_c(self) -> str: ...

class Own:
    def get_a(self): raise GoneError
    async def get_b(self): raise KeyError("blue")
    def get_c(self): raise GoneError("not declared there")
"""


async def test_docstrings_and_decorators_of_a_contract_declare(tmp_path: Path) -> None:
    async with Studio.of(tmp_path, DECLARING) as studio:
        for name, code, message in (("get_a", "gone", "It is gone."), ("get_b", "no_such_key", "blue.")):
            with pytest.raises(ToolFailedError) as caught:
                await studio.call(name)
            assert (caught.value.code, caught.value.message) == (code, message)
            assert code in {each.code for each in studio.operations[name].errors}
        with pytest.raises(Exception, match="not declared there") as foreign:
            await studio.call("get_c")
        assert not isinstance(foreign.value, OperationError)
        warnings = [each.message for each in studio.own.remarks() if each.level == "warning"]
    assert len(warnings) == 2
    assert "workshop_shop.py:" in warnings[0]
    assert "says that it raises Nonsense, which is no exception class there" in warnings[0]


async def test_functions_of_a_module_declare_by_their_decorator_alone(tmp_path: Path) -> None:
    text = """
    class GoneError(Exception): ...
    @seawall.operation(raises=[GoneError])
    def first() -> str: raise GoneError("It is gone")
    def second() -> str:
        '''It.

        Raises:
            GoneError: It is gone.
        '''
        raise GoneError("It is gone")
    """
    async with Workshop.of(tmp_path, text) as shop:
        with pytest.raises(ToolFailedError, match=r"It is gone\."):
            await shop.call("first")
        with pytest.raises(Exception, match="It is gone") as caught:
            await shop.call("second")
        assert not isinstance(caught.value, OperationError)
