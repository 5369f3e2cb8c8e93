"""The suite's scenarios of prompts, resources and completion against a server that a blueprint describes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import pytest

from conformance.suite import Status
from support.programs import conformance_suite
from support.servers import serve_http

pytestmark = [pytest.mark.node, pytest.mark.timeout(300)]
_BLUEPRINT: Final = Path(__file__).with_name("offers") / "seawall.toml"
_BOTH: Final = (
    "completion-complete",
    "prompts-get-embedded-resource",
    "prompts-get-simple",
    "prompts-get-with-args",
    "prompts-get-with-image",
    "prompts-list",
    "resources-list",
    "resources-read-binary",
    "resources-read-text",
    "resources-templates-read",
)
_NEW: Final = ("caching", "sep-2164-resource-not-found")
_OLD: Final = ("resources-subscribe", "resources-unsubscribe")
"""Removed in version 2026-07-28, where `subscriptions/listen` stands for both."""
_ABOUT: Final = ("caching", "completion-", "prompts-", "resources-", "sep-2164-")


def test_no_scenario_of_prompts_and_resources_is_left_out_unsaid() -> None:
    known = {each for each in conformance_suite(os.environ).scenarios() if each.startswith(_ABOUT)}
    assert known == {*_BOTH, *_NEW, *_OLD}


@pytest.mark.parametrize(
    ("version", "scenarios"),
    [
        pytest.param("2025-11-25", _BOTH + _OLD, id="2025-11-25"),
        pytest.param("2026-07-28", _BOTH + _NEW, id="2026-07-28"),
    ],
)
def test_prompts_and_resources_of_a_blueprint_pass_every_check(
    tmp_path: Path, version: str, scenarios: tuple[str, ...]
) -> None:
    """Markdown files and two functions are all that stands behind them."""
    suite = conformance_suite(os.environ)
    with serve_http(tmp_path / "log", _BLUEPRINT) as server:
        table = suite.run(server.endpoint.url, tmp_path / "results", scenarios, version=version)
    assert [key for key, status in table.items() if status is not Status.SUCCESS] == []
    assert {scenario for scenario, _ in table} == set(scenarios)
