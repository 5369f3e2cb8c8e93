"""The example of a gRPC service, as its readers run it: the service in one process, the server in another."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clients import connect
from support.servers import environment, run, stdio

pytestmark = pytest.mark.anyio

EXAMPLE = Path(__file__).parents[2] / "examples" / "grpc"
BLUEPRINT = EXAMPLE / "seawall.toml"


@pytest.fixture
def service() -> Iterator[str]:
    """The service, at a port that is free."""
    line = [sys.executable, str(EXAMPLE / "tides.py"), "0"]
    with subprocess.Popen(line, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


async def test_the_service_is_asked_through_the_server(service: str, tmp_path: Path) -> None:
    level = {"gauge": "GAUGE_MOLE", "at": "2026-11-23T12:00:00Z"}
    hours = {"gauge": "GAUGE_LOCK", "from": "2026-11-23T00:00:00Z", "hours": 30, "limit": 20}
    async with connect(
        "fastmcp-modern", stdio(tmp_path / "log", BLUEPRINT, extra={"TIDES_URL": service})
    ) as client:
        assert {tool["name"] for tool in await client.list_tools()} == {
            "get_level",
            "list_levels",
            "set_alarm",
        }
        found = json.loads((await client.call("get_level", level)).text)
        assert found | {"millimetres": ""} == {**level, "millimetres": ""}
        assert 500 <= int(found["millimetres"]) <= 3500
        page = json.loads((await client.call("list_levels", hours)).text)
        rest = json.loads((await client.call("list_levels", {**hours, "next": page["next"]})).text)
        assert [each["at"] for each in (*page["messages"], *rest["messages"])] == [
            f"2026-11-{23 + hour // 24}T{hour % 24:02}:00:00Z" for hour in range(30)
        ]
        assert "next" not in rest
        nowhere = await client.call("get_level", {"gauge": "GAUGE_UNSPECIFIED"})
        assert nowhere.own_meta("error")["code"] == "upstream_refused"
        assert "there is no such gauge" in nowhere.text
        both = {"gauge": "GAUGE_LOCK", "above": "3000", "phone": "1", "mail": "a@b.example"}
        assert (await client.call("set_alarm", both)).own_meta("error")["code"] == "invalid_arguments"
        alarm = await client.call("set_alarm", {"gauge": "GAUGE_LOCK", "above": "3000", "phone": "1"})
        assert json.loads(alarm.text) == {"name": "alarms/1"}


def test_one_call_from_the_terminal(service: str) -> None:
    arguments = json.dumps({"gauge": "GAUGE_LOCK", "hours": 5})
    ended = run("run", BLUEPRINT, "list_levels", "--args", arguments, extra={"TIDES_URL": service})
    assert ended.returncode == 0, ended.stderr
    assert len(json.loads(ended.stdout)["messages"]) == 5


def test_it_is_sound_while_the_service_is_down() -> None:
    ended = run("check", BLUEPRINT, "--strict", "--json", extra={"TIDES_URL": "http://127.0.0.1:9"})
    assert ended.returncode == 0, ended.stdout
    assert {each["code"] for each in json.loads(ended.stdout)["findings"]} == {"not_locked"}  # a note
