"""The language of templates, expression by expression; what it costs is paid."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from seawall.prompts.evaluating import Piece, carried_out
from seawall.prompts.template import read_template
from seawall.prompts.values import Account, Data, Namespace, TemplateError

pytestmark = pytest.mark.anyio

VALUES: dict[str, Any] = {
    "name": "Ada",
    "none": None,
    "words": ["b", "a", "b"],
    "sizes": {"x": 1, "y": 2},
    "facts": Namespace("facts", {"port": 8000, "tags": ["t"]}, text="the facts"),
    "data": Data({"rows": [{"id": 7, "text": "seven"}]}, "tool x"),
}

SAID = {
    "{{ name }}": "Ada",
    "{{ none }}": "",
    "{{ 1 + 2 * 3 - 4 / 2 }}": "5.0",
    "{{ 7 // 2 }} {{ 7 % 2 }} {{ -3 }} {{ +3 }}": "3 1 -3 3",
    "{{ 'a' ~ 1 ~ none }}": "a1",
    "{{ 'a' + 'b' }}{{ 'ab' * 2 }}": "ababab",
    "{{ 1 < 2 < 3 }} {{ 1 == 1.0 }} {{ 'a' != 'b' }}": "true true true",
    "{{ 'd' in name }} {{ 'a' not in words }} {{ 'x' in sizes }}": "true false true",
    "{{ name and 'yes' or 'no' }} {{ not name }}": "yes false",
    "{{ 'yes' if name else 'no' }}{{ 'x' if none }}": "yes",
    "{{ words[0] }}{{ words[-1] }}{{ name[1:] }}{{ name[::-1] }}": "bbdaadA",
    "{{ sizes.x }}{{ sizes['y'] }}": "12",
    "{{ facts }} {{ facts.port }} {{ facts.tags[0] }}": "the facts 8000 t",
    "{{ words }}": '["b", "a", "b"]',
    "{{ {'a': 1, 'b': [2]|length} }}": '{"a": 1, "b": 1}',
    "{% for w in words %}{{ loop.index }}{{ w }}{{ ',' if not loop.last }}{% endfor %}": "1b,2a,3b",
    "{% for w in words if w == 'b' %}{{ loop.length }}{% endfor %}": "22",
    "{% for w in [] %}x{% else %}none{% endfor %}": "none",
    "{% for k, v in sizes|items %}{{ k }}={{ v }};{% endfor %}": "x=1;y=2;",
    "{% for k in sizes %}{{ k }}{% endfor %}": "xy",
    "{% if none %}a{% elif name %}b{% else %}c{% endif %}": "b",
    "{% set x = 1 %}{% if name %}{% set x = 2 %}{% endif %}{{ x }}": "2",
    "{% set a, b = words[:2] %}{{ a }}{{ b }}": "ba",
    "{% with y = 3 %}{{ y }}{% endwith %}": "3",
    "{# not said #}{% raw %}{{ name }}{% endraw %}": "{{ name }}",
    "{{ 'no' if missing is defined else 'ok' }}{{ missing is undefined }}": "oktrue",
    "{{ none is defined }}{{ none is undefined }}{{ 0 is defined }}{{ '' is defined }}": "falsetruetruetrue",
    "{{ facts.nothing is defined }}{{ facts.nothing|default('-') }}{{ none|default('-') }}": "false--",
    "{{ '  a '|trim }}{{ 'ab'|upper }}{{ 'AB'|lower }}{{ 'a b'|title }}{{ 'ab'|capitalize }}": "aABabA BAb",
    "{{ words|join('-') }} {{ words|unique|join }} {{ words|sort|join }} {{ words|reverse|join }}": "b-a-b ba abb bab",
    "{{ words|first }}{{ words|last }}{{ words|length }}{{ words|count }}": "bb33",
    "{{ '12'|int + 1 }} {{ 'x'|int }} {{ '1.5'|float }} {{ -2|abs }} {{ 2.567|round(1) }}": "13 0 1.5 2 2.6",
    "{{ 'a\\nb'|indent(2) }}|{{ 'a\\nb'|lines|length }}|{{ 'a,b'|split(',')|last }}": "a\n  b|2|b",
    "{{ 'abcdef'|truncate(4) }} {{ 'a b c'|wordcount }} {{ 'aXa'|replace('X', '-') }}": "abc… 3 a-a",
    "{{ sizes|keys|join }}{{ sizes|values|join }}{{ sizes|dictsort|length }}{{ 3|string }}": "xy1223",
    "{{ [1, 'a', true, none]|tojson }}": '[1, "a", true, null]',
    "{{ 4 is even }} {{ 3 is odd }} {{ 9 is divisibleby 3 }} {{ 'a' is string }} {{ 1 is number }}": "true true true true true",
    "{{ none is none }} {{ words is sequence }} {{ sizes is mapping }} {{ true is true }} {{ 2 is gt 1 }}": "true true true true true",
    "a\n{% if name %}\nb\n{% endif %}\nc": "a\nb\nc",
}


def said(pieces: tuple[Piece, ...]) -> str:
    return "".join(str(each.value) if isinstance(each, Data) else str(each) for each in pieces)


async def carry(text: str, account: Account | None = None) -> tuple[Piece, ...]:
    template, faults = read_template(text, first=1, known=dict.fromkeys([*VALUES, "missing"]))
    assert template is not None, faults
    return await carried_out(template, VALUES, account or Account(steps=10_000, size=10_000, calls=5))


@pytest.mark.parametrize("text", SAID)
async def test_an_expression_says_what_it_means(text: str) -> None:
    assert said(await carry(text)) == SAID[text]


@pytest.mark.parametrize(
    "text",
    [
        "{{ data.rows[0].text }}",
        "{{ data }}",
        "{% for row in data.rows %}{{ row.text }}{% endfor %}",
        "{% for key, value in data.rows[0]|items %}{{ key }}{% endfor %}",
    ],
)
async def test_members_of_data_are_data(text: str) -> None:
    pieces = await carry(text)
    assert pieces
    assert all(isinstance(each, Data) and each.source == "tool x" for each in pieces)


async def test_numbers_and_truth_of_data_are_plain() -> None:
    assert await carry("{{ data.rows[0].id + 1 }} {{ data.rows|length }}") == ("8", " ", "1")


@pytest.mark.parametrize(
    ("text", "line"), [("a\n\n{{ missing }}", 3), ("{% for i in words %}\n{{ i.x }}\n{% endfor %}", 2)]
)
async def test_a_fault_says_its_line(text: str, line: int) -> None:
    with pytest.raises(TemplateError) as refused:
        await carry(text)
    assert refused.value.line == line


async def test_others_run_while_a_long_template_is_carried_out() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(tick())
    await carry("{% for a in words %}" * 7 + "x" + "{% endfor %}" * 7, Account(100_000, 100_000, 0))
    other.cancel()
    assert ticks > 10
