"""How the server proves who it is, and for whom it asks: what each credential puts into a request, and where it comes from."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from seawall.errors import (
    RateLimitedError,
    StartError,
    UpstreamCredentialError,
    UpstreamRefusedError,
    UpstreamUnavailableError,
)
from seawall.security.rate import Rate
from seawall.security.redact import KNOWN_SECRETS, MARK
from seawall.upstream import (
    EVERY,
    ApiKey,
    Basic,
    Bearer,
    ClientCredentials,
    Credential,
    TokenExchange,
    Upstream,
    UpstreamPolicy,
)
from support.services import Asked, Service, Wire, serving
from upstream.asking import asking, send

pytestmark = pytest.mark.anyio

SECRETS = {"KEY": "key-of-the-service", "PASSWORD": "pass word&=", "SECRET": "client secret+/"}


async def fine(_asked: Asked, wire: Wire) -> None:
    await wire.answer(200, {"ok": True})


class Issuer:
    """An authorization server: numbers its tokens, and keeps what it was asked."""

    def __init__(self, *, lifetime: Any = 3600, pause: float = 0.0) -> None:
        self.issued = 0
        self.lifetime = lifetime
        self.pause = pause
        self.refusal: tuple[int, Any] | None = None

    async def __call__(self, _asked: Asked, wire: Wire) -> None:
        self.issued += 1
        await asyncio.sleep(self.pause)
        if self.refusal is not None:
            return await wire.answer(*self.refusal)
        answer = {"access_token": token(self.issued), "token_type": "Bearer", "expires_in": self.lifetime}
        return await wire.answer(200, answer)


def token(number: int) -> str:
    return f"issued-token-number-{number:04}"


def oauth(
    kind: type[ClientCredentials | TokenExchange], issuer: Service, **more: Any
) -> dict[str, Credential]:
    return {"o": kind(f"{issuer.url}/token", "client", "env:SECRET", **more)}


def bearers(service: Service) -> list[str]:
    return [each.headers["authorization"].removeprefix("Bearer ") for each in service.asked]


@pytest.mark.parametrize(
    ("credential", "where", "value"),
    [
        (ApiKey("env:KEY", "header", "X-Api-Key"), "x-api-key", "key-of-the-service"),
        (ApiKey("env:KEY", "header", "Authorization", "Token "), "authorization", "Token key-of-the-service"),
        (ApiKey("env:KEY", "cookie", "session"), "cookie", "own=1; session=key-of-the-service"),
        (Bearer("env:KEY"), "authorization", "Bearer key-of-the-service"),
        (
            Basic("reader", "env:PASSWORD"),
            "authorization",
            f"Basic {base64.b64encode(b'reader:pass word&=').decode()}",
        ),
        (Basic("env:KEY"), "authorization", f"Basic {base64.b64encode(b'key-of-the-service:').decode()}"),
    ],
)
async def test_what_each_credential_puts_into_a_request(
    credential: Credential, where: str, value: str
) -> None:
    named = {"one": credential}
    async with (
        serving(fine) as service,
        asking(service.url, credentials=named, environment=SECRETS) as upstream,
    ):
        await send(upstream, service.url, cookies=(("own", "1"),), security=("one",))
        await send(upstream, service.url, cookies=(("own", "1"),))
        assert service.asked[0].headers[where] == value
        assert service.asked[1].headers.get(where) in {
            None,
            "own=1",
        }  # an operation that needs none gets none


@pytest.mark.parametrize(
    ("url", "line"), [("/a", "/a?key=pass%20word%26%3D"), ("/a?x=%2F", "/a?x=%2F&key=pass%20word%26%3D")]
)
async def test_a_key_in_the_query_is_encoded_and_is_not_in_the_answers_url(url: str, line: str) -> None:
    key = {EVERY: ApiKey("env:PASSWORD", "query", "key")}
    async with (
        serving(fine) as service,
        asking(service.url, credentials=key, environment=SECRETS) as upstream,
    ):
        response = await send(upstream, f"{service.url}{url}")
        assert service.asked[0].line == f"GET {line}"
        assert response.url == f"{service.url}{url}"


async def test_a_scheme_without_credentials_is_told_and_nothing_is_sent() -> None:
    async with serving(fine) as service, asking(service.url) as upstream:
        with pytest.raises(UpstreamCredentialError, match="'petstore_auth'"):
            await send(upstream, service.url, security=("petstore_auth",))
        assert service.asked == []


async def test_two_credentials_never_share_one_place() -> None:
    two: dict[str, Credential] = {"a": Bearer("env:KEY"), "b": Basic("u", "env:PASSWORD")}
    async with (
        serving(fine) as service,
        asking(service.url, credentials=two, environment=SECRETS) as upstream,
    ):
        with pytest.raises(UpstreamCredentialError, match="same place"):
            await send(upstream, service.url, security=("a", "b"))
        assert service.asked == []


@pytest.mark.parametrize(
    ("credential", "environment"),
    [
        (Bearer("env:NOT_SET"), {}),
        (Bearer("env:KEY"), {"KEY": "two\nlines-of-it"}),
        (ApiKey("file:/nowhere/at/all", "query", "k"), {}),
        (ClientCredentials("https://login.example/t", "c", "env:NOT_SET"), {}),
    ],
)
async def test_a_secret_that_cannot_be_used_ends_the_start(
    credential: Credential, environment: dict[str, str]
) -> None:
    with pytest.raises(StartError) as caught:
        async with asking("https://api.example", credentials={"x": credential}, environment=environment):
            pass
    assert "lines-of-it" not in str(caught.value)


async def test_secrets_are_read_from_files_at_the_start_and_known_from_then_on(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("key-in-a-file-1234\n")
    async with serving(fine) as service, asking(service.url, credentials={EVERY: Bearer(f"file:{path}")}):
        assert KNOWN_SECRETS.text("it is key-in-a-file-1234") == f"it is {MARK}"


class TestOwnToken:
    async def test_a_service_that_accepts_no_token_has_one_asked_for_now_and_then(self) -> None:
        """Not with every call: the authorization server is asked for the first one, and once for another."""

        async def refusing(_asked: Asked, wire: Wire) -> None:
            await wire.answer(401, {})

        issuer = Issuer()
        async with serving(issuer) as login, serving(refusing) as service:
            named = oauth(ClientCredentials, login)
            async with asking(service.url, credentials=named, environment=SECRETS) as upstream:
                for _ in range(5):
                    with pytest.raises(UpstreamRefusedError):
                        await send(upstream, service.url, security=("o",))
                assert issuer.issued == 2
                assert len(service.asked) == 6  # each once, and the first again

    async def test_what_is_sent_again_with_a_new_token_counts_for_the_rate(self) -> None:
        async def refusing(_asked: Asked, wire: Wire) -> None:
            await wire.answer(401, {})

        async with serving(Issuer()) as login, serving(refusing) as service:
            named = oauth(ClientCredentials, login)
            rate = replace(Rate.parse("1/h"), burst=1)
            async with asking(service.url, credentials=named, environment=SECRETS, rate=rate) as upstream:
                with pytest.raises(RateLimitedError):
                    await send(upstream, service.url, security=("o",))
                assert len(service.asked) == 1

    async def test_twenty_callers_who_wait_cause_one_request_for_a_token(self) -> None:
        issuer = Issuer(pause=0.1)
        async with serving(issuer) as login, serving(fine) as service:
            named = oauth(ClientCredentials, login, scopes=("a", "b"), audience="pets")
            async with asking(
                service.url, credentials=named, environment=SECRETS, concurrency=64
            ) as upstream:
                sends = (send(upstream, service.url, security=("o",), principal=f"p{n}") for n in range(20))
                await asyncio.gather(*sends)
                assert issuer.issued == 1
                assert set(bearers(service)) == {token(1)}
                assert login.asked[0].form == {
                    "grant_type": "client_credentials",
                    "scope": "a b",
                    "audience": "pets",
                }
                pair = base64.b64decode(login.asked[0].headers["authorization"].removeprefix("Basic "))
                assert pair == b"client:client+secret%2B%2F"

    async def test_the_secret_may_travel_in_the_form(self) -> None:
        async with serving(Issuer()) as login, serving(fine) as service:
            named = oauth(ClientCredentials, login, client_auth="post")
            async with asking(service.url, credentials=named, environment=SECRETS) as upstream:
                await send(upstream, service.url, security=("o",))
                assert login.asked[0].form["client_secret"] == SECRETS["SECRET"]
                assert "authorization" not in login.asked[0].headers

    async def test_a_token_that_has_expired_is_asked_for_anew_once(self) -> None:
        issuer = Issuer(lifetime=1)
        async with (
            serving(issuer) as login,
            serving(fine) as service,
            asking(
                service.url, credentials=oauth(ClientCredentials, login), environment=SECRETS, concurrency=64
            ) as upstream,
        ):
            await send(upstream, service.url, security=("o",))
            await asyncio.sleep(1.0)
            await asyncio.gather(
                *(send(upstream, service.url, security=("o",), principal=f"p{n}") for n in range(20))
            )
            assert issuer.issued == 2

    async def test_a_caller_who_goes_takes_the_token_from_nobody(self) -> None:
        issuer = Issuer(pause=0.2)
        async with (
            serving(issuer) as login,
            serving(fine) as service,
            asking(service.url, credentials=oauth(ClientCredentials, login), environment=SECRETS) as upstream,
        ):
            first = asyncio.create_task(send(upstream, service.url, security=("o",)))
            other = asyncio.create_task(send(upstream, service.url, security=("o",), principal="bob"))
            await asyncio.sleep(0.1)
            first.cancel()
            assert (await other).status == 200
            assert issuer.issued == 1

    @pytest.mark.parametrize("method", ["GET", "POST"])
    async def test_a_token_that_the_service_does_not_accept_is_replaced_once(self, method: str) -> None:
        async def picky(asked: Asked, wire: Wire) -> None:
            good = asked.headers["authorization"] == f"Bearer {token(2)}"
            await wire.answer(200 if good else 401, {})

        issuer = Issuer()
        async with (
            serving(issuer) as login,
            serving(picky) as service,
            asking(service.url, credentials=oauth(ClientCredentials, login), environment=SECRETS) as upstream,
        ):
            assert (await send(upstream, service.url, method, security=("o",))).status == 200
            assert bearers(service) == [token(1), token(2)]

    async def test_a_service_that_accepts_none_is_not_asked_for_ever(self) -> None:
        async def never(_asked: Asked, wire: Wire) -> None:
            await wire.answer(401, {})

        issuer = Issuer()
        async with (
            serving(issuer) as login,
            serving(never) as service,
            asking(service.url, credentials=oauth(ClientCredentials, login), environment=SECRETS) as upstream,
        ):
            with pytest.raises(UpstreamRefusedError, match="401"):
                await send(upstream, service.url, security=("o",))
            assert len(service.asked) == issuer.issued == 2

    @pytest.mark.parametrize(
        ("refusal", "shown"),
        [
            (
                (401, {"error": "invalid_client", "error_description": "client secret+/ is wrong"}),
                "invalid_client",
            ),
            ((400, {"error": "<b>anything & else"}), "400"),
            ((302, {}), "302"),
        ],
    )
    async def test_a_refusal_is_told_without_its_words_and_not_asked_for_again_at_once(
        self, refusal: tuple[int, Any], shown: str
    ) -> None:
        issuer = Issuer()
        issuer.refusal = refusal
        async with (
            serving(issuer) as login,
            serving(fine) as service,
            asking(service.url, credentials=oauth(ClientCredentials, login), environment=SECRETS) as upstream,
        ):
            for _ in range(5):
                with pytest.raises(UpstreamCredentialError) as caught:
                    await send(upstream, service.url, security=("o",))
                assert f"({shown})" in caught.value.message
                assert "secret" not in caught.value.message
            assert issuer.issued == 1
            assert service.asked == []

    @pytest.mark.parametrize(
        "answer", [(503, {}), (200, {}), (200, {"access_token": "a\nb"}), (200, b"<html>")]
    )
    async def test_an_authorization_server_that_gives_none_is_unavailable(
        self, answer: tuple[int, Any]
    ) -> None:
        issuer = Issuer()
        issuer.refusal = answer
        async with (
            serving(issuer) as login,
            serving(fine) as service,
            asking(service.url, credentials=oauth(ClientCredentials, login), environment=SECRETS) as upstream,
        ):
            with pytest.raises(UpstreamUnavailableError, match="authorization server"):
                await send(upstream, service.url, security=("o",))
            assert service.asked == []

    @pytest.mark.parametrize("lifetime", ["3600", None, -5, 0, "soon", 1e400, True])
    async def test_whatever_is_said_about_its_life_a_token_is_used(self, lifetime: Any) -> None:
        async with (
            serving(Issuer(lifetime=lifetime)) as login,
            serving(fine) as service,
            asking(service.url, credentials=oauth(ClientCredentials, login), environment=SECRETS) as upstream,
        ):
            assert (await send(upstream, service.url, security=("o",))).status == 200


class TestExchange:
    async def test_each_caller_gets_a_token_of_their_own_and_keeps_it(self) -> None:
        issuer = Issuer()
        async with serving(issuer) as login, serving(fine) as service:
            named = oauth(TokenExchange, login, resource="https://pets.example")
            async with asking(service.url, credentials=named, environment=SECRETS) as upstream:
                for name in ("alice", "bob", "alice", "bob"):
                    await send(
                        upstream, service.url, security=("o",), principal=name, token=f"token-of-{name}"
                    )
            assert bearers(service) == [token(1), token(2), token(1), token(2)]
            assert login.asked[0].form == {
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
                "resource": "https://pets.example",
                "subject_token": "token-of-alice",
                "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }

    async def test_one_name_with_another_token_is_another_caller(self) -> None:
        async with serving(Issuer()) as login, serving(fine) as service:
            async with asking(
                service.url, credentials=oauth(TokenExchange, login), environment=SECRETS
            ) as upstream:
                for number in (1, 2):
                    await send(upstream, service.url, security=("o",), token=f"token-of-alice-{number}")
            assert bearers(service) == [token(1), token(2)]

    async def test_who_has_no_token_is_told_to_sign_in_and_the_service_is_not_asked(self) -> None:
        async with serving(Issuer()) as login, serving(fine) as service:
            async with asking(
                service.url, credentials=oauth(TokenExchange, login), environment=SECRETS
            ) as upstream:
                with pytest.raises(UpstreamCredentialError, match="Sign in"):
                    await send(upstream, service.url, security=("o",), principal="local")
                with pytest.raises(UpstreamCredentialError, match="Sign in"):  # as a fixed token comes
                    await send(upstream, service.url, security=("o",), token="")
            assert login.asked == service.asked == []


def test_what_is_declared_shows_no_secret() -> None:
    declared = ClientCredentials("https://login.example/t", "c", "env:SECRET")
    policy = UpstreamPolicy(origins=("https://api.example",))
    upstream = Upstream(policy, httpx2.MockTransport(lambda _: httpx2.Response(500)), {"o": declared})
    assert "env:SECRET" in repr(declared)
    assert upstream.faults()
