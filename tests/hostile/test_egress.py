"""Ways to make a server connect where it should not, one table: no row opens a connection to a denied address.

The network is written down (`support.recording`): a connection that would leave loopback is none, and a row that is
refused has to leave the list empty. The guard under test allows every host, so that its judgement of addresses stands alone.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import ip_network

import httpcore2
import httpx2
import pytest

from seawall.errors import EgressDeniedError, OverloadedError
from seawall.security.egress import Egress, EgressPolicy, HostRule, check_url
from seawall.security.egress.backend import GuardedBackend
from support.loopback import serving
from support.recording import PUBLIC, Names, Recorder, any_host, get

pytestmark = pytest.mark.anyio

ADDRESSES = {
    "loopback": "127.0.0.1",
    "the rest of loopback": "127.9.9.9",
    "this host": "0.0.0.0",
    "private, 10/8": "10.0.0.5",
    "private, 172.16/12": "172.20.0.1",
    "private, 192.168/16": "192.168.1.1",
    "metadata": "169.254.169.254",
    "metadata, Alibaba": "100.100.100.200",
    "carrier-grade NAT": "100.64.0.1",
    "metadata, Azure": "168.63.129.16",
    "benchmarks": "198.18.0.1",
    "protocols": "192.0.0.8",
    "6to4 relay": "192.88.99.1",
    "documentation": "203.0.113.1",
    "multicast": "224.0.0.1",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped metadata": "::ffff:a9fe:a9fe",
    "compatible loopback": "::7f00:1",
    "NAT64 of metadata": "64:ff9b::a9fe:a9fe",
    "local NAT64 of metadata": "64:ff9b:1::a9fe:a9fe",
    "6to4 of loopback": "2002:7f00:1::",
    "Teredo": "2001:0:7f00:1::1",
    "unique local": "fd00::1",
    "metadata, AWS IPv6": "fd00:ec2::254",
    "link-local": "fe80::1",
    "site-local": "fec0::1",
    "IPv6 documentation": "2001:db8::1",
    "translated loopback": "::ffff:0:7f00:1",
    "ISATAP of loopback": "2606:4700::5efe:7f00:1",
    "with a zone": "fe80::1%eth0",
    "segment routing": "5f00::1",
    "discard-only": "100::1",
    # beyond the 36 above
    "a public address with a zone": "2606:4700:4700::1111%eth0",
    "credentials of a container": "169.254.170.2",
    "IPv6 multicast": "ff02::1",
    "mapped public": "::ffff:93.184.216.34",
    "ORCHID": "2001:20::1",
    "new documentation": "3fff::1",
    "nothing like an address": "localhost",
}
PUBLIC_ADDRESSES = [
    PUBLIC,
    "8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
]


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


# --- addresses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
async def test_an_address_that_is_not_public_is_never_connected_to(address: str) -> None:
    """As a literal, as the only address of a name, before and behind a public one, and directly at the door."""
    recorder = Recorder()
    names = {
        "one.test": [address],
        "first.test": [address, PUBLIC],
        "last.test": [PUBLIC, "2606:4700:4700::1111", address],
    }
    transport = any_host(recorder, names).transport()
    for host in names:
        with pytest.raises(EgressDeniedError) as caught:
            await get(transport, f"http://{host}/")
        assert address not in str(caught.value), "the caller learns what a name stands for"
        assert address in (caught.value.address or "")
    if address != "localhost":
        with pytest.raises((EgressDeniedError, httpx2.InvalidURL)):
            await get(transport, f"http://{_bracketed(address)}/")
    with pytest.raises(EgressDeniedError):
        await _door(recorder, Names({"localhost": ["127.0.0.1"]})).connect_tcp(address, 80)
    assert recorder.calls == []


def _door(recorder: Recorder, names: Names) -> GuardedBackend:
    return GuardedBackend(EgressPolicy((HostRule("*", 80, "http"),)), inner=recorder, resolve=names)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
async def test_a_public_address_is_connected_to(address: str) -> None:
    """The guard does not pass the table above by refusing everything."""
    recorder = Recorder()
    transport = any_host(recorder, {"ok.test": [address]}).transport()
    for host in ("ok.test", _bracketed(address)):
        with pytest.raises(httpx2.ConnectError, match="written down"):
            await get(transport, f"https://{host}/")
    assert recorder.calls == [(address, 443), (address, 443)]


async def test_the_name_of_this_machine_is_refused() -> None:
    """By the operating system's own resolver, with a server that waits on loopback."""
    async with serving() as server:
        recorder = Recorder(server.port)
        guard = Egress(EgressPolicy((HostRule("*", server.port, "http"),)), backend=recorder)
        with pytest.raises(EgressDeniedError):
            await get(guard.transport(), f"http://localhost:{server.port}/")
        guard.close()
        assert (recorder.calls, server.connections) == ([], 0)


# --- URLs -----------------------------------------------------------------------------------------------

URLS = {
    "loopback": "http://127.0.0.1:{port}/",
    "its name": "http://localhost:{port}/",
    "decimal": "http://2130706433:{port}/",
    "hexadecimal and short": "http://0x7f.1:{port}/",
    "octal": "http://0177.0.0.1:{port}/",
    "short": "http://127.1:{port}/",
    "IPv6": "http://[::1]:{port}/",
    "mapped": "http://[::ffff:127.0.0.1]:{port}/",
    "this host": "http://0.0.0.0:{port}/",
    "IPv6 unspecified": "http://[::]:{port}/",
    "name with a dot": "http://localhost.:{port}/",
    "circled digits": "http://①②⑦.0.0.1:{port}/",
    "metadata": "http://169.254.169.254/latest/meta-data/",
    "user": "http://user@127.0.0.1:{port}/",
    "another port": "http://8.8.8.8:22/",
    "file": "file:///etc/passwd",
    "gopher": "gopher://127.0.0.1:{port}/",
    # beyond the 17 above
    "host as user": "http://ok.test@127.0.0.1:{port}/",
    "host as user and password": "http://ok.test:80@127.0.0.1:{port}/",
    "backslash": "http://ok.test\\@127.0.0.1:{port}/",
    "backslash before the path": "http://127.0.0.1:{port}\\.ok.test/",
    "fragment before the host": "http://127.0.0.1:{port}#@ok.test/",
    "ideographic dots": "http://127。0。0。1:{port}/",
    "full-width digits": "http://\uff11\uff12\uff17.0.0.1:{port}/",
    "percent-encoded": "http://%31%32%37.0.0.1:{port}/",
    "percent-encoded dot": "http://127%2e0.0.1:{port}/",
    "hexadecimal": "http://0x7f000001:{port}/",
    "long octal": "http://00000000177.0.0.1:{port}/",
    "mixed": "http://0x7f.0.0.01:{port}/",
    "too large a number": "http://127.0.0.257:{port}/",
    "number with a dot": "http://2130706433.:{port}/",
    "zone": "http://[fe80::1%25lo]:{port}/",
    "IPv6 within IPv4 forms": "http://[::127.0.0.1]:{port}/",
    "port behind a bracket": "http://[::1]{port}/",
    "full-width port": "http://127.0.0.1:\uff18\uff10/",
    "signed port": "http://127.0.0.1:+80/",
    "port with an underscore": "http://127.0.0.1:8_0/",
    "port zero": "http://8.8.8.8:0/",
    "port too large": "http://8.8.8.8:65616/",
    "no host": "http:///127.0.0.1:{port}/",
    "no authority": "http:127.0.0.1:{port}/",
    "relative": "//127.0.0.1:{port}/",
    "line break": "http://127.0.0.1:{port}/\r\nX: y",
    "line break in the host": "http://ok.test\r\n.127.0.0.1:{port}/",
    "tab": "http://127.0.0.1\t:{port}/",
    "NUL": "http://127.0.0.1\0.ok.test:{port}/",
    "zero-width space": "http://local\u200bhost:{port}/",
    "soft hyphen": "http://local\u00adhost:{port}/",
    "leading space": " http://127.0.0.1:{port}/",
    "long s": "http://localho\u017ft:{port}/",
    "unix socket": "http+unix://%2Fvar%2Frun%2Fdocker.sock/containers",
    "unix": "unix:///var/run/docker.sock",
    "ftp": "ftp://127.0.0.1:{port}/",
    "data": "data:text/plain,x",
    "websocket": "ws://127.0.0.1:{port}/",
    "two schemes": "http://http://127.0.0.1:{port}/",
    "empty": "",
}


@pytest.mark.parametrize("form", URLS.values(), ids=URLS)
async def test_no_form_of_a_url_leads_inside(form: str) -> None:
    """With every host allowed, a server that waits on that port of loopback, and a resolver that knows all numbers.

    Any other name is loopback to it: the worst that a name can be.
    """

    async def worst(host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, flags=socket.AI_NUMERICHOST)
        except OSError:
            return ["127.0.0.1"]
        return [str(entry[4][0]) for entry in found]

    async with serving() as server:
        recorder = Recorder(server.port, 80, 443)
        rules = [
            HostRule("*", port, scheme) for scheme in ("http", "https") for port in (80, 443, server.port)
        ]
        guard = Egress(EgressPolicy(tuple(rules)), backend=recorder, resolver=worst)
        url = form.format(port=server.port)
        with pytest.raises((EgressDeniedError, httpx2.InvalidURL, httpx2.UnsupportedProtocol)):
            await get(guard.transport(), url)
        with suppress(EgressDeniedError):  # those that are URLs are refused by their address
            parsed = guard.check(url)
            assert str(httpx2.URL(str(parsed)).host) == parsed.host, (
                "the client reads another host than we do"
            )
        guard.close()
        assert (recorder.calls, server.connections) == ([], 0)


@pytest.mark.parametrize(
    "host",
    [
        "\u0430pi.example.com",  # a Cyrillic letter
        "api.exampl\u0435.com",
        "\uff41pi.example.com",  # full-width
        "api.example.com.evil.test",
        "evil-api.example.com",
        "xapi.example.com",
        "api.example.com.",
        "api.example.com%00.evil.test",
        "example.com",
        "xn--pi-6kc.example.com",
    ],
)
async def test_a_host_that_looks_like_the_allowed_one_is_another_one(host: str) -> None:
    recorder = Recorder()
    policy = EgressPolicy((HostRule.of("https://api.example.com/v1"),))
    names = Names({name: [PUBLIC] for name in ("api.example.com", host)})
    transport = Egress(policy, backend=recorder, resolver=names).transport()
    with pytest.raises((EgressDeniedError, httpx2.InvalidURL)):
        await get(transport, f"https://{host}/")
    assert (recorder.calls, names.asked) == ([], [])


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/",
        "https://api.example.com:8443/",
        "http://api.example.com:443/",
        "https://api.example.com:80/",
        f"https://{PUBLIC}/",
        "https://other.example.com/",
    ],
)
async def test_what_is_allowed_is_one_host_with_one_scheme_and_one_port(url: str) -> None:
    """Not even the host's own address is: what a name stands for is another question than who may be asked."""
    recorder = Recorder()
    policy = EgressPolicy((HostRule.of("https://api.example.com"),))
    names = Names({name: [PUBLIC] for name in ("api.example.com", "other.example.com")})
    transport = Egress(policy, backend=recorder, resolver=names).transport()
    with pytest.raises(EgressDeniedError, match="not among the hosts"):
        await get(transport, url)
    assert recorder.calls == []
    with pytest.raises(httpx2.ConnectError, match="written down"):
        await get(transport, "https://API.example.com:443/")
    assert recorder.calls == [(PUBLIC, 443)]


async def test_the_door_itself_knows_the_hosts() -> None:
    """Whoever reaches the network past the transport's own check finds the same rules there."""
    recorder = Recorder()
    names = Names({"ok.test": [PUBLIC], "trap.test": [PUBLIC]})
    policy = EgressPolicy((HostRule("ok.test", 443),))
    door = GuardedBackend(policy, inner=recorder, resolve=names)
    for host, port in (("trap.test", 443), ("ok.test", 22), ("OK.test", 443), (PUBLIC, 443)):
        with pytest.raises(EgressDeniedError, match="not among the hosts"):
            await door.connect_tcp(host, port)
    assert (recorder.calls, names.asked) == ([], [])


# --- rebinding ------------------------------------------------------------------------------------------


async def test_two_hundred_answers_that_change_lead_inside_never() -> None:
    """Every second look-up gives loopback, where a server waits. A connection takes one look-up."""
    async with serving() as server:
        recorder = Recorder(server.port)
        turn = itertools.count()

        async def flip(_host: str, _port: int) -> Sequence[str]:
            return [PUBLIC] if next(turn) % 2 == 0 else ["127.0.0.1"]

        policy = EgressPolicy((HostRule("rebind.test", server.port, "http"),))
        transport = Egress(policy, backend=recorder, resolver=flip).transport()
        denied = 0
        for _ in range(200):
            try:
                await get(transport, f"http://rebind.test:{server.port}/")
            except EgressDeniedError:
                denied += 1
            except httpx2.ConnectError:
                pass  # written down
        assert next(turn) == 200, "a name was looked up twice"
        assert denied == 100
        assert recorder.calls == [(PUBLIC, server.port)] * 100
        assert server.connections == 0


async def test_the_address_that_was_checked_is_the_one_that_is_connected_to() -> None:
    """Nobody below the guard is handed a name that could be looked up again."""
    recorder = Recorder()
    names = {"ok.test": [PUBLIC, "2606:4700:4700::1111"]}
    with pytest.raises(httpx2.ConnectError):
        await get(any_host(recorder, names).transport(), "http://ok.test/")
    assert recorder.addresses == names["ok.test"]


# --- what the operator opened ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("networks", "reached", "denied"),
    [
        (
            ["10.0.0.0/8"],
            ["10.0.0.5", PUBLIC],
            ["192.168.1.1", "127.0.0.1", "::ffff:10.0.0.5", "2002:a00:5::"],
        ),
        (["169.254.0.0/16"], ["169.254.1.1"], ["169.254.169.254", "169.254.170.2", "::ffff:a9fe:a9fe"]),
        (["169.254.169.254/32"], ["169.254.169.254"], ["169.254.169.253"]),
        (["100.64.0.0/10"], ["100.64.0.1"], ["100.100.100.200"]),
        (["fd00::/8"], ["fd00::1"], ["fd00:ec2::254", "fe80::1", "fd00::1%eth0"]),
        (["fe80::/10"], ["fe80::1"], ["fe80::1%eth0"]),
        (
            ["64:ff9b::/96"],
            ["64:ff9b::5db8:d822"],
            ["64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a00:5"],
        ),
        (["64:ff9b::/96", "10.0.0.0/8"], ["64:ff9b::a00:5"], ["64:ff9b::a9fe:a9fe"]),
        (["127.0.0.0/8", "::1/128"], ["127.0.0.1", "::1"], ["0.0.0.0", "::", "::ffff:127.0.0.1"]),
        (["224.0.0.0/8"], [], ["224.0.0.1"]),
    ],
)
async def test_a_network_opens_itself_and_nothing_that_only_looks_like_it(
    networks: list[str], reached: list[str], denied: list[str]
) -> None:
    recorder = Recorder()
    policy = EgressPolicy((HostRule("*", 80, "http"),), networks=tuple(map(ip_network, networks)))
    for address in [*reached, *denied]:
        transport = Egress(policy, backend=recorder, resolver=Names({"ok.test": [address]})).transport()
        with pytest.raises(EgressDeniedError if address in denied else httpx2.ConnectError):
            await get(transport, "http://ok.test/")
    assert recorder.addresses == reached


# --- names that make trouble ----------------------------------------------------------------------------


async def test_a_name_without_addresses_is_no_refusal_but_a_fault_of_the_network() -> None:
    recorder = Recorder()
    transport = any_host(recorder, {"empty.test": []}).transport()
    for host in ("empty.test", "unknown.test"):
        with pytest.raises(httpx2.ConnectError, match="no address"):
            await get(transport, f"http://{host}/")
    assert recorder.calls == []


async def test_a_name_with_thousands_of_addresses_is_tried_a_few_times_only() -> None:
    recorder = Recorder()
    many = [f"93.184.{high}.{low}" for high in range(16) for low in range(256)]
    with pytest.raises(httpx2.ConnectError):
        await get(any_host(recorder, {"many.test": many}).transport(), "http://many.test/")
    assert 1 < len(recorder.calls) < 10
    transport = any_host(recorder, {"many.test": [*many, "127.0.0.1"]}).transport()
    with pytest.raises(EgressDeniedError):
        await get(transport, "http://many.test/")


async def test_too_many_names_at_once_are_an_overload_and_no_connection() -> None:
    recorder = Recorder()

    async def full(_host: str, _port: int) -> Sequence[str]:
        raise OverloadedError

    guard = Egress(EgressPolicy((HostRule("*", 80, "http"),)), backend=recorder, resolver=full)
    with pytest.raises(OverloadedError):
        await get(guard.transport(), "http://ok.test/")
    assert recorder.calls == []


def test_the_tables_hold_what_they_promise() -> None:
    assert (
        len(list(itertools.takewhile(lambda name: name != "a public address with a zone", ADDRESSES))) == 36
    )
    assert len(list(itertools.takewhile(lambda name: name != "host as user", URLS))) == 17
    assert check_url("https://ok.test/").origin == "https://ok.test"
    assert issubclass(GuardedBackend, httpcore2.AsyncNetworkBackend)
