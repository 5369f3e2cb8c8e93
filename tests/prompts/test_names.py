"""The names of a template and their members, told before anything is carried out."""

from __future__ import annotations

import pytest

from seawall.prompts.evaluating import carried_out
from seawall.prompts.names import LOOP
from seawall.prompts.rendering import GLOBALS
from seawall.prompts.template import read_template
from seawall.prompts.values import Account

KNOWN = {**GLOBALS, "topic": ()}

WRONG = {
    "{{ servr.name }}": ["there is no variable 'servr'"],
    "{{ server.nam }} {{ caller.nam }}": ["server has no member 'nam'", "caller has no member 'nam'"],
    "{{ server['nam'] }}": ["server has no member 'nam'"],
    "{{ workspace.root }}": ["workspace has no member 'root'"],
    "{{ now.hour }}": ["now has no member 'hour'"],
    "{{ file.name }}": ["file has no member 'name'"],
    "{{ topic.title }}": ["topic has no member 'title'"],
    "{{ server.nope|default('x') }}": ["server has no member 'nope'"],
    "{% if server.nope is defined %}x{% endif %}": ["server has no member 'nope'"],
    "{% for i in [1] %}{{ loop.indx }}{% endfor %}": ["loop has no member 'indx'"],
    "{{ loop.index }}": ["there is no variable 'loop'"],
    "{% for x in [1] if loop.first %}{% endfor %}": ["there is no variable 'loop'"],
    "{% for server in [server.nope] %}{% endfor %}": ["server has no member 'nope'"],
    "{% for server in [{'x': 1}] %}{% endfor %}{{ server.x }}": ["server has no member 'x'"],
    "{% with server = {'x': 1} %}{% endwith %}{{ server.x }}": ["server has no member 'x'"],
    "{% set server = server.x %}": ["server has no member 'x'"],
    "{{ server.x }}{% set server = {'x': 1} %}": ["server has no member 'x'"],
}

RIGHT = (
    "{{ server.name }} {{ caller.scopes }} {{ now.weekday }} {{ topic }}",
    "{{ topic[0] }} {{ topic[:3] }} {{ caller.scopes[0] }}",
    "{{ server[topic] }}",
    "{{ workspace.tree() }}",
    "{% set server = {'x': 1} %}{{ server.x }}",
    "{% if topic %}{% set server = {'x': 1} %}{% endif %}{{ server.x }}",
    "{% if topic %}{% elif topic %}{% if topic %}{% set server = {} %}{% endif %}{% endif %}{{ server.x }}",
    "{% with server = {'x': 1} %}{{ server.x }}{% endwith %}",
    "{% for server in [{'x': 1}] %}{{ server.x }}{% endfor %}",
    "{% for server in [{'x': 1}] if server.x %}{% endfor %}",
    "{% for k, server in {'a': {'x': 1}}|items %}{{ server.x }}{% endfor %}",
    "{% for i in [1] %}{% for loop in [{'x': 1}] %}{% endfor %}{{ loop.index }}{% endfor %}",
    "{% set loop = {'a': 1} %}{% for x in [1] if loop.a %}{% endfor %}",
    "{% with loop = {'a': 1} %}{% for x in [1] if loop.a %}{% endfor %}{% endwith %}",
    "{% for loop in [{'a': 1}] if loop.a %}{% endfor %}",
    "{% for x in [1] %}{% for y in [2] if loop.first %}{% endfor %}{% endfor %}",
    "{{ tool('x').anything }} {{ {'a': 1}.b }}",
)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_not_there_is_told(text: str) -> None:
    template, faults = read_template(text, first=1, known=KNOWN)
    assert template is None
    assert [each.message for each in faults] == WRONG[text]


@pytest.mark.parametrize("text", RIGHT)
def test_what_may_be_there_is_not(text: str) -> None:
    template, faults = read_template(text, first=1, known=KNOWN)
    assert faults == ()
    assert template is not None


def test_the_nearest_member_is_suggested() -> None:
    _, (fault,) = read_template("one\n{{ server.nam }}", first=7, known=KNOWN)
    assert (fault.line, fault.found, fault.suggestion) == (8, "server.nam", "name")
    assert fault.allowed == "name, purpose, title, version"


@pytest.mark.anyio
async def test_a_loop_has_its_members() -> None:
    text = "{% for i in [1] %}" + "".join(f"{{{{ loop.{each} }}}} " for each in sorted(LOOP)) + "{% endfor %}"
    template, _ = read_template(text, first=1, known={})
    assert template is not None
    pieces = await carried_out(template, {}, Account(steps=1000, size=1000, calls=0))
    assert "".join(map(str, pieces)).split() == ["true", "1", "0", "true", "1", "1", "0"]
