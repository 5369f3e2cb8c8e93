"""Channels of gRPC go to addresses that were checked, and to nothing else."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Sequence
from ipaddress import ip_network
from pathlib import Path

import grpc
import pytest

from seawall.errors import EgressDeniedError
from seawall.security.egress import ChannelTrust, Egress, EgressPolicy, GuardedChannel, HostRule, check_url
from seawall.security.egress.channels import _target
from support.grpc_service import serving, until

pytestmark = pytest.mark.anyio

NOTHING = "/pets.v1.PetStore/GetNothing"
SOURCE = Path(__file__).parents[3] / "src" / "seawall"


class Names:
    """A resolver that says what it is told to, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        del host, port
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def guarded(port: int, names: Names, *networks: str) -> GuardedChannel:
    url = check_url(f"http://pets.test:{port}")
    policy = EgressPolicy((HostRule.of(url),), tuple(map(ip_network, networks)))
    egress = Egress(policy, resolver=names)
    return GuardedChannel(egress, url, trust=ChannelTrust(), message_size=1000, agent="test")


async def ask(guarded_channel: GuardedChannel) -> None:
    channel = await guarded_channel.channel()
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary(NOTHING)
    await call(b"", timeout=10)


async def insist(guarded_channel: GuardedChannel) -> None:
    """Ask until it is refused for another reason than that nobody answers: for a second nothing is looked up again."""
    while True:
        try:
            await ask(guarded_channel)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0.05)


async def test_a_name_is_looked_up_by_the_guard_and_said_inside_alone() -> None:
    with serving() as shop:
        names = Names(["127.0.0.1"])
        channel = guarded(shop.port, names, "127.0.0.0/8")
        await ask(channel)
        await ask(channel)
        await channel.close()
    assert names.asked == 1
    assert shop.calls == ["GetNothing", "GetNothing"]


async def test_a_dead_first_address_leaves_the_second_one() -> None:
    with serving() as shop:
        channel = guarded(shop.port, Names(["::1", "127.0.0.1"]), "127.0.0.0/8", "::1/128")
        await ask(channel)
        await channel.close()


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1"]
)
async def test_a_name_that_stands_for_a_private_address_is_refused(address: str) -> None:
    with serving() as shop:
        channel = guarded(shop.port, Names(["93.184.215.14", address]))
        with pytest.raises(EgressDeniedError):
            await ask(channel)
        await channel.close()
    assert shop.calls == []


async def test_a_name_that_changes_is_checked_again_before_a_call_that_finds_the_connection_down() -> None:
    """DNS rebinding: what was public at first stands for a private address now."""
    names = Names(["127.0.0.1"], ["10.0.0.1"])
    with serving() as shop:
        channel = guarded(shop.port, names, "127.0.0.0/8")
        await ask(channel)
    with pytest.raises(EgressDeniedError):
        await insist(channel)
    await channel.close()


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy, serving() as shop:
        for name in ("grpc_proxy", "http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        channel = guarded(shop.port, Names(["127.0.0.1"]), "127.0.0.0/8")
        await ask(channel)
        await channel.close()
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()


def test_targets_are_addresses_alone() -> None:
    assert _target(["93.184.215.14", "1.1.1.1"], 443) == "ipv4:93.184.215.14:443,1.1.1.1:443"
    assert _target(["2606:2800::1", "1.1.1.1"], 443) == "ipv6:[2606:2800::1]:443,[::ffff:1.1.1.1]:443"


def test_no_other_module_makes_channels() -> None:
    makes = re.compile(r"\b(?:in)?secure_channel\b|\bChannel\(")
    found = [path.name for path in SOURCE.rglob("*.py") if makes.search(path.read_text())]
    assert found == ["channels.py"]


async def test_closing_ends_a_call_under_way() -> None:
    with serving() as shop:
        channel = guarded(shop.port, Names(["127.0.0.1"]), "127.0.0.0/8")
        opened = await channel.channel()
        call = asyncio.ensure_future(_late(opened))
        await until(lambda: "GetLate" in shop.calls)
        await channel.close()
        with pytest.raises((asyncio.CancelledError, grpc.aio.AioRpcError)):
            await call


async def _late(channel: grpc.aio.Channel) -> None:
    call: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = channel.unary_unary("/pets.v1.PetStore/GetLate")
    await call(b"\x08\x1e", timeout=60)
