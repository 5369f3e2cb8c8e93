"""The one reading of a URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import EgressDeniedError
from seawall.security.egress import Url, check_url
from seawall.security.egress.urls import canonical_host


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.example.com", Url("https", "api.example.com", 443, "/")),
        ("HTTPS://API.Example.COM/V1?a=B#c", Url("https", "api.example.com", 443, "/V1?a=B")),
        ("http://api.example.com:8080/", Url("http", "api.example.com", 8080, "/")),
        ("https://api.example.com:443/", Url("https", "api.example.com", 443, "/")),
        ("http://api.example.com:443/", Url("http", "api.example.com", 443, "/")),
        ("https://93.184.216.34/", Url("https", "93.184.216.34", 443, "/")),
        ("https://[2606:4700:4700:0:0:0:0:1111]:1/", Url("https", "2606:4700:4700::1111", 1, "/")),
        ("https://bücher.example/ü", Url("https", "xn--bcher-kva.example", 443, "/%C3%BC")),
        ("https://xn--bcher-kva.example/", Url("https", "xn--bcher-kva.example", 443, "/")),
        ("https://my_host.internal/a%2Fb", Url("https", "my_host.internal", 443, "/a%2Fb")),
        ("https://1e100.example/", Url("https", "1e100.example", 443, "/")),
        ("https://localhost/@a:b", Url("https", "localhost", 443, "/@a:b")),
    ],
)
def test_a_url_is_taken_apart(text: str, url: Url) -> None:
    assert check_url(text) == url
    assert check_url(str(url)) == url


def test_the_origin_names_the_port_only_when_it_is_not_the_usual_one() -> None:
    assert check_url("https://a.example:443/x?key=1").origin == "https://a.example"
    assert check_url("http://a.example:443/").origin == "http://a.example:443"
    assert check_url("https://[::1]:8443/").origin == "https://[::1]:8443"
    assert check_url("https://a.example/x?key=1").without_query == "https://a.example/x"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("https://user:s3cret@api.example.com/", "names a user"),
        ("https://user:s3?cret@api.example.com/", "neither a name nor an address"),
        ("https://user:s3#cret@api.example.com/", "neither a name nor an address"),
        ("https://user:s3/cret@api.example.com/", "neither a name nor an address"),
        ("ftp://api.example.com/?key=s3cret", "neither https nor http"),
        ("https://127.1/?key=s3cret", "usually written"),
        ("https://a.example/\n?key=s3cret", "U+000A"),
    ],
)
def test_a_refusal_says_why_and_shows_no_secret(text: str, words: str) -> None:
    with pytest.raises(EgressDeniedError) as caught:
        check_url(text)
    assert words in caught.value.message
    assert "s3" not in str(caught.value)
    assert (caught.value.code, caught.value.exit_code) == ("connection_denied", 3)


@given(st.text(max_size=40))
def test_any_text_is_either_taken_apart_or_refused(text: str) -> None:
    for form in (text, f"https://{text}", f"https://a.example{text}", f"https://{text}.example/"):
        try:
            url = check_url(form)
        except EgressDeniedError:
            continue
        assert canonical_host(url.host) == url.host
        assert url.target.startswith("/")
        assert url.target.isascii()
        assert url.target.isprintable()
        assert check_url(str(url)) == url


@pytest.mark.parametrize(
    "host", ["", ".", "a..b", "-a.example", "a-.example", "a" * 64, "a." * 127 + "a", "a b", "::1%lo"]
)
def test_what_is_no_host_has_no_form(host: str) -> None:
    assert canonical_host(host) is None
