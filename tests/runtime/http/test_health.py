"""What `/readyz` says of a toolset of which a part does not work, and of one that does not work at all."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest

from runtime.toy import ToyToolset
from seawall.runtime.http.health import Health
from seawall.security.audit import AuditLog, AuditPolicy

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


@asynccontextmanager
async def unwritable(file: Path, on_failure: Literal["refuse", "continue"]) -> AsyncIterator[AuditLog]:
    """An audit whose file was moved away, and in whose place another one was put."""
    log = AuditLog(AuditPolicy(file, on_failure=on_failure))
    await log.start()
    try:
        await anyio.Path(file).rename(file.with_suffix(".old"))
        await anyio.Path(file).write_text("another\n")
        with anyio.fail_after(30):
            while log.failure is None:  # noqa: ASYNC110  what a thread does
                await anyio.sleep(0.01)
        yield log
    finally:
        await log.close()


async def test_a_server_that_refuses_calls_since_none_can_be_recorded_is_not_ready_until_they_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The reason stands in the log, once, under the name of the section."""
    caplog.set_level(logging.WARNING, logger="seawall.health")
    file = tmp_path / "audit.jsonl"
    async with unwritable(file, "refuse") as log:
        health = Health({"files": Sound()}, log)
        assert await asked(health) == (503, {"status": "unavailable"})
        assert await asked(health) == (503, {"status": "unavailable"})
        assert await asked(health, "/livez") == (200, {"status": "ok"})
        (record,) = [each for each in caplog.records if each.name == "seawall.health"]
        assert record.getMessage() == "not ready"
        told = vars(record)["seawall"]
        assert (told["toolset"], "there is another file at" in told["fault"]) == ("[audit]", True)
        await anyio.Path(file).unlink()
        with anyio.fail_after(30):
            while log.failure is not None:  # noqa: ASYNC110  what a thread does
                await anyio.sleep(0.01)
        assert await asked(health) == (200, {"status": "ok"})


async def test_a_server_whose_calls_go_on_without_records_is_ready_and_says_so(tmp_path: Path) -> None:
    async with unwritable(tmp_path / "audit.jsonl", "continue") as log:
        health = Health({"files": Sound()}, log)
        assert await asked(health) == (200, {"status": "ok", "degraded": ["[audit]"]})


async def test_a_toolset_that_knows_nothing_of_it_is_well() -> None:
    assert not hasattr(ToyToolset, "degraded")
