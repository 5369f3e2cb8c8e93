"""What a template asks for however it goes, told from what it may pass over."""

from __future__ import annotations

import pytest

from seawall.prompts.certain import always_called
from seawall.prompts.rendering import GLOBALS
from seawall.prompts.template import read_template

CASES = {
    "{{ tool('a') }}{{ file('b') }}": {("tool", "a"), ("file", "b")},
    "{{ workspace.tree() }}{{ file('a' ~ 'b') }}": {("workspace.tree", None), ("file", None)},
    "{% if tool('a') %}{{ tool('b') }}{% elif tool('c') %}{% else %}{{ tool('d') }}{% endif %}": {
        ("tool", "a")
    },
    "{{ tool('a') if tool('b') else tool('c') }}": {("tool", "b")},
    "{{ tool('a') and tool('b') }}{{ tool('c') or tool('d') }}": {("tool", "a"), ("tool", "c")},
    "{{ tool('a') == tool('b') == tool('c') }}": {("tool", "a"), ("tool", "b")},
    "{% for x in tool('a') if tool('b') %}{{ tool('c') }}{% else %}{{ tool('d') }}{% endfor %}": {
        ("tool", "a")
    },
    "{% set x = tool('a')|default(file('b')) %}{% with y = embed('c') %}{{ tool('d') }}{% endwith %}": {
        ("tool", "a"),
        ("file", "b"),
        ("embed", "c"),
        ("tool", "d"),
    },
    "{{ tool(tool('a')) }}{{ [tool('b')[0], {'k': tool('c')}] }}": {
        ("tool", None),
        ("tool", "a"),
        ("tool", "b"),
        ("tool", "c"),
    },
    "no call at all {{ server.name }}": set(),
}


@pytest.mark.parametrize("text", CASES, ids=range(len(CASES)))
def test_what_is_certain_is_told_from_what_may_be(text: str) -> None:
    template, faults = read_template(text, first=1, known=GLOBALS)
    assert template is not None, faults
    assert set(always_called(template)) == CASES[text]
