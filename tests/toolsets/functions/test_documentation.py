"""Docstrings in every style, and what becomes of each part."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from seawall.toolsets.functions.documentation import Documentation, read_docstring
from toolsets.python.workshop import Workshop

GOOGLE = """
    Find orders.

    Newest first:
      - at most 100
      - closed ones too

    Note:
        Archived orders are left out.

    Args:
        words (list[str], optional): What to look for, e.g. ``a: b``,
            in any order.
        limit: How many: 1 to 100.
        **rest: Ignored.

    Returns:
        list[Order]: The orders, with
        their lines.

    Raises:
        ValueError: Never.

    Example:
        >>> find("a")
        [1]
"""
NUMPY = """
    Find orders.

    Newest first:
      - at most 100
      - closed ones too

    Parameters
    ----------
    words : list of str
        What to look for, e.g. ``a: b``,

        in any order.
    limit, rest : int, optional
        How many.

    Returns
    -------
    list[Order]
        The orders, with
        their lines.

    Raises
    ------
    ValueError
        Never.

    Notes
    -----
    Archived orders are left out.

    Examples
    --------
    >>> find("a")
    [1]
"""
REST = """
    Find orders.

    Newest first:
      - at most 100
      - closed ones too

    :param words: What to look for, e.g. ``a: b``,
        in any order.
    :param int limit: How many.
    :type words: list[str]
    :returns: The orders, with
        their lines.
    :rtype: list[Order]
    :raises ValueError: Never.

    Archived orders are left out.
"""
LEAD = "Find orders.\n\nNewest first:\n  - at most 100\n  - closed ones too"
WORDS = "What to look for, e.g. ``a: b``, in any order."
RETURNS = "The orders, with their lines."
RAISES = {"ValueError": "Never."}


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (
            GOOGLE,
            Documentation(
                LEAD + "\n\nNote:\n    Archived orders are left out.",
                {"words": WORDS, "limit": "How many: 1 to 100.", "rest": "Ignored."},
                RETURNS,
                RAISES,
            ),
        ),
        (
            NUMPY,
            Documentation(
                LEAD + "\n\nNotes:\nArchived orders are left out.",
                {"words": WORDS, "limit": "How many.", "rest": "How many."},
                RETURNS,
                RAISES,
            ),
        ),
        (
            REST,
            Documentation(
                LEAD + "\n\nArchived orders are left out.",
                {"words": WORDS, "limit": "How many."},
                RETURNS,
                RAISES,
            ),
        ),
    ],
    ids=["google", "numpy", "rest"],
)
def test_each_style_is_taken_apart_and_the_rest_of_the_text_stays(
    docstring: str, expected: Documentation
) -> None:
    assert read_docstring(docstring) == expected
    assert read_docstring(dedent(docstring).replace("\n", "\n\t\t")) == expected


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        (None, Documentation()),
        ("", Documentation()),
        ("One line.", Documentation("One line.")),
        ("Mind: a colon.", Documentation("Mind: a colon.")),
        ("Plain.\n\nArgs: none at all.", Documentation("Plain.\n\nArgs: none at all.")),
        ("Plain.\n\nReturns:\nnothing", Documentation("Plain.\n\nReturns:\nnothing")),
        ("Plain.\n\n:note: stays", Documentation("Plain.\n\n:note: stays")),
        ("A.\n\nArgs:\n    x:\n        Below.\n", Documentation("A.", {"x": "Below."})),
        ("A.\n\nArgs:\n    x: One.\n\n        Two.\n\n    y: Three.\nB.", Documentation("A.\n\nB.", {"x": "One. Two.", "y": "Three."})),
        ("A.\n\nArgs:\n    only words without a name\n", Documentation("A.")),
        ("A.\n\nReturns:\n    Note: the sum.", Documentation("A.", {}, "the sum.")),
        ("A.\n\nReturns:\n    The sum: a number.", Documentation("A.", {}, "The sum: a number.")),
        ("A.\n\nReturns\n-------\nThe sum.", Documentation("A.", {}, "The sum.")),
        ("A.\n\n:return: The sum.", Documentation("A.", {}, "The sum.")),
        ("A.\n\nHeading\n---\nText.", Documentation("A.\n\nHeading:\nText.")),
    ],
)  # fmt: skip
def test_odd_docstrings_lose_nothing_but_the_sections(docstring: str | None, expected: Documentation) -> None:
    assert read_docstring(docstring) == expected


@pytest.mark.anyio
async def test_a_parameter_is_described_by_its_field_or_text_and_else_by_the_docstring(
    tmp_path: Path,
) -> None:
    text = """
        def it(
            field: Annotated[int, Field(description="by its field")],
            text: Annotated[int, "by its text"],
            default: int = Field(1, description="by its default"),
            doc: int = 1,
            silent: int = 1,
        ) -> str:
            '''Does it.

            Args:
                field: by the docstring
                text: by the docstring
                default: by the docstring
                doc: by the docstring
            '''
    """
    async with Workshop.of(tmp_path, text) as shop:
        operation = shop.operations["it"]
        properties = operation.parameters["properties"]
    assert operation.description == "Does it."
    assert {name: each.get("description") for name, each in properties.items()} == {  # type: ignore[union-attr]  # JSON
        "field": "by its field",
        "text": "by its text",
        "default": "by its default",
        "doc": "by the docstring",
        "silent": None,
    }
