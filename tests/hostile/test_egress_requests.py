"""Ways to lead a server astray while it asks a host that it may ask, one table.

They are redirects, the environment, what a request says of itself, and certificates. `ok.test` is a server on loopback that the policy allows; nothing else is ever connected to.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from seawall.errors import EgressDeniedError
from seawall.security.egress import Egress, EgressPolicy, EgressTransport, HostRule
from seawall.security.egress.backend import GuardedBackend
from support.loopback import Authority, answer, serving
from support.recording import LOOPBACK, PUBLIC, Names, Recorder, any_host, get

pytestmark = pytest.mark.anyio

# --- redirects ------------------------------------------------------------------------------------------


def _redirect(location: str, status: int = 302) -> bytes:
    return answer(b"", f"Location: {location}", status=status)


def _redirecting(
    recorder: Recorder, *ports: int, redirects: int, hosts: Sequence[str] = ("ok.test",)
) -> EgressTransport:
    """A guard for which `ok.test` is loopback and may be, while `internal.test` is private and `trap.test` public."""
    rules = [HostRule(host, port, "http") for host in hosts for port in ports]
    names = {"ok.test": ["127.0.0.1"], "internal.test": ["10.0.0.5"], "trap.test": [PUBLIC]}
    policy = EgressPolicy(tuple(rules), networks=LOOPBACK, max_redirects=redirects)
    return Egress(policy, backend=recorder, resolver=Names(names)).transport()


async def test_a_redirect_is_not_followed_unless_the_policy_says_so() -> None:
    async with serving({"/a": _redirect("/b")}) as server:
        transport = _redirecting(Recorder(server.port), server.port, redirects=0)
        response = await get(transport, f"http://ok.test:{server.port}/a")
        assert (response.status_code, server.targets) == (302, ["/a"])


async def test_a_redirect_to_the_same_host_is_followed_when_it_may_be() -> None:
    async with serving(
        {"/a": _redirect("/b"), "/b": _redirect("c?x=1", 307), "/c?x=1": answer(b"here")}
    ) as server:
        transport = _redirecting(Recorder(server.port), server.port, redirects=2)
        response = await get(transport, f"http://ok.test:{server.port}/a", [("Authorization", "Bearer t")])
        assert response.text == "here"
        assert response.extensions["egress_url"] == f"http://ok.test:{server.port}/c?x=1"
        assert all("Bearer t" in head for head in server.heads)


LOCATIONS = {
    "host that is not allowed": "http://trap.test/",
    "host that is not allowed, without scheme": "//trap.test/",
    "loopback by address": "http://127.0.0.1:{port}/secret",
    "loopback by IPv6": "http://[::1]:{port}/secret",
    "decimal loopback": "http://2130706433:{port}/secret",
    "another port": "http://ok.test:1/secret",
    "another scheme": "https://ok.test:{port}/secret",
    "metadata": "http://169.254.169.254/latest/",
    "user": "http://user@ok.test:{port}/secret",
    "backslash": "http://ok.test\\@trap.test/",
    "backslashes": "/\\trap.test/",
    "file": "file:///etc/passwd",
    "script": "javascript:alert(1)",
    "broken": "http://[",
    "itself, for ever": "/a",
}


@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
async def test_each_hop_is_judged_like_the_first(location: str) -> None:
    async with serving() as server:
        server.replies["/a"] = _redirect(location.format(port=server.port))
        recorder = Recorder(server.port)
        transport = _redirecting(recorder, server.port, redirects=3)
        with pytest.raises(EgressDeniedError):
            await get(transport, f"http://ok.test:{server.port}/a")
        assert set(server.targets) == {"/a"}
        assert set(recorder.addresses) == {"127.0.0.1"}


async def test_an_allowed_host_that_turns_out_to_be_inside_is_refused_behind_a_redirect_too() -> None:
    async with serving() as server:
        recorder = Recorder(server.port)
        server.replies["/a"] = _redirect(f"http://internal.test:{server.port}/")
        transport = _redirecting(recorder, server.port, redirects=3, hosts=("ok.test", "internal.test"))
        with pytest.raises(EgressDeniedError, match="may not be reached"):
            await get(transport, f"http://ok.test:{server.port}/a")
        assert recorder.addresses == ["127.0.0.1"]


async def test_nothing_that_may_be_a_credential_follows_to_another_origin() -> None:
    """Not even to a host that is allowed: another port is another origin."""
    async with serving() as first, serving({"/b": answer(b"there")}) as second:
        first.replies["/a?key=k1"] = _redirect(f"http://ok.test:{second.port}/b")
        recorder = Recorder(first.port, second.port)
        transport = _redirecting(recorder, first.port, second.port, redirects=1)
        secret = ["Authorization", "Cookie", "X-Api-Key", "Proxy-Authorization", "X-Whatever"]
        headers = [(name, "s3cret") for name in secret] + [("Accept", "text/plain")]
        response = await get(transport, f"http://ok.test:{first.port}/a?key=k1", headers)
        assert response.text == "there"
        assert first.heads[0].count("s3cret") == len(secret)
        assert "s3cret" not in second.heads[0]
        assert "k1" not in second.heads[0]
        assert "accept: text/plain" in second.heads[0].lower()
        assert f"host: ok.test:{second.port}\r\n" in second.heads[0].lower()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_only_reading_is_repeated_elsewhere(method: str) -> None:
    async with serving({"/a": _redirect("/b", 307)}) as server:
        transport = _redirecting(Recorder(server.port), server.port, redirects=3)
        async with httpx2.AsyncClient(transport=transport) as client:
            response = await client.request(method, f"http://ok.test:{server.port}/a")
        assert (response.status_code, server.targets) == (307, ["/a"])


async def test_a_body_is_not_repeated_elsewhere() -> None:
    async with serving({"/a": _redirect("/b", 307)}) as server:
        transport = _redirecting(Recorder(server.port), server.port, redirects=3)
        async with httpx2.AsyncClient(transport=transport) as client:
            response = await client.request("GET", f"http://ok.test:{server.port}/a", content=b"x")
        assert (response.status_code, server.targets) == (307, ["/a"])


async def test_a_client_that_follows_redirects_itself_is_judged_at_each_hop_as_well() -> None:
    async with serving() as server:
        server.replies["/a"] = _redirect("http://trap.test/")
        recorder = Recorder(server.port)
        transport = _redirecting(recorder, server.port, redirects=0)
        async with httpx2.AsyncClient(transport=transport, follow_redirects=True) as client:
            with pytest.raises(EgressDeniedError):
                await client.get(f"http://ok.test:{server.port}/a")
        assert recorder.addresses == ["127.0.0.1"]


async def test_a_redirect_does_not_give_up_encryption(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    async with serving(tls=authority.server("ok.test")) as secure, serving() as plain:
        secure.replies["/a"] = _redirect(f"http://ok.test:{plain.port}/b")
        rules = (HostRule("ok.test", secure.port), HostRule("ok.test", plain.port, "http"))
        policy = EgressPolicy(rules, networks=LOOPBACK, max_redirects=1)
        guard = Egress(policy, resolver=Names({"ok.test": ["127.0.0.1"]}), tls=authority.trusting())
        with pytest.raises(EgressDeniedError, match="encryption"):
            await get(guard.transport(), f"https://ok.test:{secure.port}/a")
        assert plain.connections == 0


# --- other ways out -------------------------------------------------------------------------------------


async def test_no_socket_of_the_machine_is_opened(tmp_path: Path) -> None:
    recorder = Recorder()
    door = GuardedBackend(EgressPolicy((HostRule("*"),)), inner=recorder, resolve=Names({}))
    with pytest.raises(EgressDeniedError):
        await door.connect_unix_socket(str(tmp_path / "docker.sock"))
    assert recorder.unix == []


async def test_no_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would look names up and connect for us, past every check."""
    async with serving() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            for spelling in (name, name.lower()):
                monkeypatch.setenv(spelling, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "")
        recorder = Recorder(proxy.port)
        transport = any_host(recorder, {"ok.test": [PUBLIC]}).transport()
        for scheme in ("http", "https"):
            with pytest.raises(httpx2.ConnectError, match="written down"):
                await get(transport, f"{scheme}://ok.test/")
        assert recorder.calls == [(PUBLIC, 80), (PUBLIC, 443)]
        assert proxy.connections == 0


async def test_no_credentials_of_the_environment_are_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine ok.test login user password s3cret\ndefault login user password s3cret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    async with serving() as server:
        transport = _redirecting(Recorder(server.port), server.port, redirects=0)
        await get(transport, f"http://ok.test:{server.port}/")
        assert "authorization" not in server.heads[0].lower()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (b"X-A", b"1\r\nX-B: 2"),
        (b"X-A", b"1\nX-B: 2"),
        (b"X-A", b"1\rX-B: 2"),
        (b"X-A", b"1\0"),
        (b"X-A\r\nX-B", b"1"),
        (b"X-A\n", b"1"),
        (b"Host", b"internal.test"),
        (b"Host", b"ok.test"),
    ],
)
async def test_a_header_neither_ends_its_line_nor_names_another_host(name: bytes, value: bytes) -> None:
    async with serving() as server:
        recorder = Recorder(server.port)
        transport = _redirecting(recorder, server.port, redirects=0)
        request = httpx2.Request("GET", f"http://ok.test:{server.port}/", headers=[(name, value)])
        with pytest.raises(EgressDeniedError):
            await transport.handle_async_request(request)
        assert (recorder.calls, server.heads) == ([], [])


async def test_a_second_host_header_is_refused() -> None:
    recorder = Recorder()
    transport = any_host(recorder, {"ok.test": [PUBLIC]}).transport()
    request = httpx2.Request("GET", "http://ok.test/", headers=[("Host", "ok.test"), ("Host", "ok.test")])
    with pytest.raises(EgressDeniedError, match="Host"):
        await transport.handle_async_request(request)
    assert recorder.calls == []


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "GET\r\nX: y", "GET /x", ""])
async def test_no_method_makes_a_tunnel_or_a_second_line(method: str) -> None:
    recorder = Recorder()
    transport = any_host(recorder, {"ok.test": [PUBLIC]}).transport()
    with pytest.raises(EgressDeniedError, match="method"):
        await transport.handle_async_request(httpx2.Request(method, "http://ok.test/"))
    assert recorder.calls == []


async def test_no_extension_of_a_request_changes_what_is_asked() -> None:
    """`target` would be sent in place of the path, as if we were a proxy's client."""
    async with serving() as server:
        transport = _redirecting(Recorder(server.port), server.port, redirects=0)
        request = httpx2.Request(
            "GET", f"http://ok.test:{server.port}/a", extensions={"target": b"http://internal.test/"}
        )
        response = await transport.handle_async_request(request)
        await response.aread()
        assert server.targets == ["/a"]
        assert "network_stream" not in response.extensions


async def test_a_server_that_changes_the_protocol_is_refused() -> None:
    """Even when the request offered it: what comes then is no HTTP, and nothing is counted any more."""
    async with serving({"/": b"HTTP/1.1 101 x\r\nUpgrade: tunnel\r\nConnection: upgrade\r\n\r\n"}) as server:
        transport = _redirecting(Recorder(server.port), server.port, redirects=0)
        with pytest.raises(httpx2.RemoteProtocolError, match="nobody asked for"):
            await get(
                transport,
                f"http://ok.test:{server.port}/",
                [("Upgrade", "tunnel"), ("Connection", "upgrade")],
            )


# --- certificates ---------------------------------------------------------------------------------------


async def test_the_certificate_is_asked_for_by_name_while_the_connection_goes_to_the_address(
    tmp_path: Path,
) -> None:
    """Also when the request tries to have another name checked."""
    authority = Authority(tmp_path)
    async with serving(tls=authority.server("ok.test")) as server:
        recorder = Recorder(server.port)
        policy = EgressPolicy((HostRule("ok.test", server.port),), networks=LOOPBACK)
        names = Names({"ok.test": ["127.0.0.1"]})
        guard = Egress(policy, backend=recorder, resolver=names, tls=authority.trusting())
        async with httpx2.AsyncClient(transport=guard.transport()) as client:
            response = await client.get(
                f"https://ok.test:{server.port}/", extensions={"sni_hostname": "internal.test"}
            )
        assert response.text == "SECRET"
        assert server.names == ["ok.test"]
        assert recorder.calls == [("127.0.0.1", server.port)]


@pytest.mark.parametrize("certified", ["other.test", "127.0.0.1"])
async def test_a_certificate_for_anything_but_the_name_is_refused(tmp_path: Path, certified: str) -> None:
    """One for the very address that is connected to is, too."""
    authority = Authority(tmp_path)
    async with serving(tls=authority.server(certified)) as server:
        policy = EgressPolicy((HostRule("ok.test", server.port),), networks=LOOPBACK)
        names = Names({"ok.test": ["127.0.0.1"]})
        guard = Egress(policy, resolver=names, tls=authority.trusting())
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            await get(guard.transport(), f"https://ok.test:{server.port}/")
        assert server.heads == []


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    async with serving(tls=Authority(tmp_path).server("ok.test")) as server:
        policy = EgressPolicy((HostRule("ok.test", server.port),), networks=LOOPBACK)
        guard = Egress(policy, resolver=Names({"ok.test": ["127.0.0.1"]}))
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            await get(guard.transport(), f"https://ok.test:{server.port}/")
        assert server.heads == []
