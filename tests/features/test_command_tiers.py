"""Which sandbox holds the commands: told wherever an operator looks, and refused where it is too weak.

On real machines that offer less: there the kernel refuses the system calls that a tier needs.
"""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.security.sandbox import Tier, best_tier
from support.servers import (
    GUARD,
    HttpServer,
    await_readiness,
    command,
    environment,
    free_port,
    run,
    serve_http,
    wait_for_record,
)
from support.weaker import weaker

pytestmark = pytest.mark.whole

BLUEPRINT = """\
[server]
name = "yard"

[[toolset]]
kind = "command"
roots = "./ws"
{setting}

[[toolset.command]]
name = "greet"
argv = ["printf", "hello"]
"""


@pytest.fixture
def blueprint(tmp_path: Path) -> Path:
    (tmp_path / "ws").mkdir()
    (tmp_path / "seawall.toml").write_text(BLUEPRINT.format(setting=""))
    return tmp_path / "seawall.toml"


def on(machine: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """`seawall` on such a machine, to its end."""
    return subprocess.run(
        weaker(machine, *command(*arguments)),
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=GUARD,
        check=False,
    )


@contextlib.contextmanager
def serving(machine: str, blueprint: Path, log: Path) -> Iterator[HttpServer]:
    port = free_port()
    line = command("serve", blueprint, "--transport", "http", "--port", str(port))
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            weaker(machine, *line), env=environment(), stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr
        )
    try:
        server = HttpServer(process, "127.0.0.1", port, log)
        await_readiness(server)
        yield server
        process.send_signal(signal.SIGTERM)
        assert process.wait(GUARD) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


TOO_WEAK = {
    "without landlock": ("", "the kernel has no Landlock"),
    "without namespaces": ('minimum_tier = "bwrap"', "bwrap:"),
}


@pytest.mark.parametrize("transport", ["http", "stdio"])
@pytest.mark.parametrize("machine", sorted(TOO_WEAK))
def test_a_sandbox_that_is_too_weak_keeps_the_server_from_starting(
    blueprint: Path, machine: str, transport: str
) -> None:
    setting, reason = TOO_WEAK[machine]
    blueprint.write_text(BLUEPRINT.format(setting=setting))
    port = () if transport == "stdio" else ("--port", "0")
    ended = on(machine, "serve", blueprint, "--transport", transport, *port)
    assert ended.returncode == 3, ended.stderr
    assert "which this machine does not offer" in ended.stderr
    assert reason in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("machine", sorted(TOO_WEAK))
def test_check_finds_that_it_is_too_weak(blueprint: Path, machine: str) -> None:
    setting, reason = TOO_WEAK[machine]
    blueprint.write_text(BLUEPRINT.format(setting=setting))
    ended = on(machine, "check", blueprint)
    assert ended.returncode == 1
    assert reason in ended.stdout


LESS = {
    "without landlock": ('minimum_tier = "rlimits"', Tier.LIMITS, "the kernel has no Landlock"),
    "without namespaces": ("", Tier.LANDLOCK, "bwrap"),
}


@pytest.mark.parametrize("machine", sorted(LESS))
def test_the_tier_that_is_left_is_told_by_readyz_and_the_log(
    blueprint: Path, machine: str, tmp_path: Path
) -> None:
    setting, tier, _ = LESS[machine]
    blueprint.write_text(BLUEPRINT.format(setting=setting))
    with serving(machine, blueprint, tmp_path / "log") as server:
        assert json.loads(server.get("/readyz")[1])["sandbox"] == tier
        assert wait_for_record(server.log, event="ready")["sandbox"] == tier


@pytest.mark.parametrize("machine", sorted(LESS))
def test_doctor_tells_the_tier_that_is_left_and_why(machine: str) -> None:
    _, tier, reason = LESS[machine]
    told = json.loads(on(machine, "doctor", "--json").stdout)
    assert told["sandbox"]["tier"] == tier
    assert reason in json.dumps(told["sandbox"]["lacking"])
    in_words = on(machine, "doctor").stdout
    assert f"{tier} tier." in in_words


def test_this_machine_gives_its_best(blueprint: Path, tmp_path: Path) -> None:
    """The control of the tests above: nothing is refused here."""
    with serve_http(tmp_path / "log", blueprint) as server:
        assert json.loads(server.get("/readyz")[1])["sandbox"] == best_tier()
    assert run("check", blueprint).returncode == 0
