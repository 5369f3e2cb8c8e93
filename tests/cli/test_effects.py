"""Whether a changed setting lets callers reach more: each by its own sense, and each rule about a setting of the reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from seawall.blueprint.locate import path_of
from seawall.cli.effects import _RULES, effect

WIDENS: dict[str, tuple[Any, Any]] = {
    "toolset.access": ("read", "write"),
    "toolset.scopes": (("a", "b"), ("a",)),
    "toolset.operation_scopes.write_*": (("a",), None),
    "toolset.deny": (("*.pem",), ()),
    "toolset.symlinks": ("refuse", "inside"),
    "toolset.hard_links": ("refuse", "read"),
    "toolset.max_file_size": (1, 2),
    "toolset.timeout": (1.0, 2.0),
    "toolset.roots": ("./work/inner", "./work"),
    "toolset.roots.docs": (None, "./docs"),
    "toolset.rate": ("1/s", None),
    "toolset.hosts": ((), ("a.example",)),
    "toolset.networks": ((), ("10.0.0.0/8",)),
    "toolset.forward_headers": ((), ("x-a",)),
    "toolset.response_headers": ((), ("x-a",)),
    "toolset.redirects": (0, 3),
    "toolset.auth.scopes": (("read",), ("read", "write")),
    "toolset.credentials.main.scopes": (("read",), ("read", "write")),
    "toolset.private": (("User.email",), ()),
    "toolset.explore": (False, True),
    "toolset.explore_mutations": (False, True),
    "toolset.limits.depth": (12, 20),
    "toolset.limits.assumed_list_size": (20, 10),
    "toolset.override.p.hidden": (("a",), ()),
    "toolset.override.p.fixed.a": (1, None),
    "toolset.override.p.scopes": (("a",), ()),
    "toolset.minimum_tier": ("bwrap", "rlimits"),
    "toolset.packages": ((), ("node",)),
    "toolset.programs": ((), ("/opt/x",)),
    "toolset.command[0].network": ("none", ("a.example:443",)),
    "toolset.command[0].writes": ((), (".",)),
    "toolset.command[0].reads": ((), (".",)),
    "toolset.command[0].memory": (1, 2),
    "toolset.command[0].shell": (False, True),
    "toolset.command[0].runs_programs": (False, True),
    "toolset.command[0].params.ref.options": (False, True),
    "toolset.command[0].params.ref.maximum": (5, 6),
    "toolset.command[0].params.ref.minimum": (5, 4),
    "toolset.command[0].params.ref.enum": (("a",), ()),
    "toolset.command[0].params.ref.pattern": ("a", None),
    "limits.request_timeout": (1.0, 2.0),
    "limits.rate": ("60/m", "2/s"),
    "http.host": ("127.0.0.1", "0.0.0.0"),
    "http.metrics_port": (None, 9000),
    "http.trusted_proxies": ((), ("10.0.0.1",)),
    "http.allowed_hosts": ((), ("a.example",)),
    "http.allow_unauthenticated": (False, True),
    "http.on_missing_scope": ("hide", "challenge"),
    "http.auth.kind": ("token", None),
    "http.auth.tokens.carol": (None, "env:CAROL"),
    "http.auth.tokens.carol.scopes": (("a",), ("a", "b")),
    "http.auth.required_scopes": (("a",), ()),
    "http.auth.require_type": (True, False),
    "http.auth.leeway": (1.0, 2.0),
    "http.auth.algorithms": (("RS256",), ("RS256", "HS256")),
    "stdio.scopes": (("docs:read",), ("docs:*",)),
    "audit.on_failure": ("refuse", "continue"),
    "resource.scopes": (("a",), ()),
    "resource.cache_scope": ("private", "public"),
    "resource.deny": (("*.pem",), ()),
    "resource.max_size": (1, 2),
    "prompts.size": (1, 2),
    "deploy.outbound": ((), ("db:5432",)),
}
"""From what lets in less to what lets in more."""


@pytest.mark.parametrize("setting", WIDENS)
def test_a_setting_widens_one_way_and_narrows_the_other(setting: str) -> None:
    less, more = WIDENS[setting]
    path = path_of(setting)
    assert effect(path, less, more) == "widens"
    assert effect(path, more, less) == "narrows"


CHANGES: dict[str, tuple[Any, Any]] = {
    "limits.page_size": (10, 20),
    "limits.rate": ("60/m", "1/s"),
    "toolset.timeout": (60.0, None),
    "toolset.roots": ("./a", "./ab"),
    "toolset.deny": (("*.pem",), ("*.pem", "!public.pem")),
    "toolset.scopes": (("a",), ("b",)),
    "toolset.override.p.fixed.timeout": ("x", 5),
    "toolset.settings.limits": ("x", 5),
    "toolset.headers.rate": ("x", "y"),
    "http.auth.tokens.scopes": ("env:A", "env:B"),
    "http.port": (1, 2),
    "deploy.memory": (1, 2),
    "log.level": ("info", "debug"),
}


@pytest.mark.parametrize("setting", CHANGES)
def test_what_is_neither_more_nor_less_merely_changes(setting: str) -> None:
    before, after = CHANGES[setting]
    assert effect(path_of(setting), before, after) == "changes"
    assert effect(path_of(setting), after, before) == "changes"


REFERENCE = Path(__file__).parents[2] / "docs/reference/settings.md"
SETTINGS = sorted(set(re.findall(r"^### `([\w.<>\[\]]+)`", REFERENCE.read_text(), re.MULTILINE)))


def test_no_rule_is_about_a_setting_that_there_is_not() -> None:
    """A setting that is renamed would else lose its rule unnoticed."""
    known = {part for setting in SETTINGS for part in re.findall(r"\w+", setting)}
    assert len(SETTINGS) > 200
    assert {key[-1] for key in _RULES} <= known
