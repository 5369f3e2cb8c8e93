"""What `/readyz` says of a toolset of which a part does not work, and of one that does not work at all."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from runtime.toy import ToyToolset
from seawall.runtime.http.health import Health

pytestmark = pytest.mark.anyio


class Sound:
    operations: Sequence[Any] = ()

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def faults(self) -> Sequence[str]:
        return ()


class Weak(Sound):
    """Its service does not answer now."""

    reasons: tuple[str, ...] = ("api.internal.example is unavailable: it cannot be reached",)

    def degraded(self) -> Sequence[str]:
        return self.reasons


class Gone(Sound):
    def faults(self) -> Sequence[str]:
        return ("the root is gone",)


async def asked(health: Health, path: str = "/readyz") -> tuple[int, Any]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request"}

    await health({"type": "http", "method": "GET", "path": path}, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def test_a_service_that_is_down_leaves_the_server_ready_and_is_named_by_its_toolset_alone() -> None:
    health = Health({"pets": Weak(), "files": Sound()})
    assert await asked(health) == (200, {"status": "ok", "degraded": ["pets"]})
    assert await asked(health, "/livez") == (200, {"status": "ok"})


async def test_it_is_forgotten_when_the_service_is_back() -> None:
    weak = Weak()
    health = Health({"pets": weak})
    await asked(health)
    weak.reasons = ()
    assert await asked(health) == (200, {"status": "ok"})


async def test_a_fault_outweighs_it() -> None:
    health = Health({"pets": Weak(), "files": Gone()})
    assert await asked(health) == (503, {"status": "unavailable"})


async def test_the_operator_is_told_the_reason_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="seawall.health")
    health = Health({"pets": Weak()})
    for _ in range(3):
        await asked(health)
    (record,) = caplog.records
    assert record.getMessage() == "degraded"
    assert vars(record)["seawall"] == {"toolset": "pets", "fault": Weak.reasons[0]}


async def test_a_toolset_that_knows_nothing_of_it_is_well() -> None:
    assert not hasattr(ToyToolset, "degraded")
