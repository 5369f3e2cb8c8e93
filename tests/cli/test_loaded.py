"""What the command loads before it answers: a client waits for each module, and each stays in memory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from support.blueprints import filesystem_blueprint
from support.clients.raw import request
from support.servers import GUARD, environment

CALL = request("modern", 1, "tools/call", {"name": "list_directory", "arguments": {}})


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every module that a server on stdio has loaded when it has answered its first call."""
    root = tmp_path_factory.mktemp("root")
    blueprint = filesystem_blueprint(tmp_path_factory.mktemp("blueprint"), root)
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "seawall", "serve", str(blueprint)],
        input=json.dumps(CALL) + "\n",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=True,
    )
    assert json.loads(ended.stdout)["result"]["isError"] is False
    lines = [line for line in ended.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize(
    "module",
    [
        "key_value",  # stores of sessions and events: four hundred modules with what they need
        "seawall.runtime.http.serving",
        "structlog",
        "docket",
    ],
)
def test_a_server_on_stdio_does_not_load(loaded: set[str], module: str) -> None:
    assert "seawall.runtime.stdio" in loaded
    assert not {name for name in loaded if name == module or name.startswith(f"{module}.")}
