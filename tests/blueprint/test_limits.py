"""Every limit has bounds of its own: what is outside of them is one problem that names the place and what is allowed."""

from __future__ import annotations

import pytest

from blueprint.samples import Case, check, read

_SERVER = '[server]\nname = "w"\n'
_RATE = 'calls in a time, such as "20/s", "300/m" or "1000/h"'
_PLACES = "a whole number from 1 to 100000"
_NETWORK = "an address or network such as 10.0.0.0/8, not all addresses at once"


def _duration(least: str, most: str) -> str:
    return f'a duration from {least} to {most}, such as "30s" (or a plain number of seconds)'


def _size(least: str, most: str, example: str = "10MiB") -> str:
    return f'a size from {least} to {most}, such as "{example}" (or a plain number of bytes)'


WRONG = [
    ("limits", "request_timeout", "0", "0", _duration("1ms", "1d")),
    ("limits", "request_timeout", "-1", "-1", _duration("1ms", "1d")),
    ("limits", "request_timeout", '"2d"', "'2d'", _duration("1ms", "1d")),
    ("limits", "workers", "1025", "1025", "a whole number from 1 to 1024"),
    ("limits", "concurrency", "0", "0", _PLACES),
    ("limits", "concurrency", "100001", "100001", _PLACES),
    ("limits", "concurrency", '"64"', "'64'", _PLACES),
    ("limits", "queue", "-1", "-1", "a whole number from 0 to 100000"),
    ("limits", "queue", "1.5", "1.5", "a whole number from 0 to 100000"),
    ("limits", "rate", '"20"', "'20'", _RATE),
    ("limits", "rate", "20", "20", _RATE),
    ("limits", "rate", '"0/s"', "'0/s'", _RATE),
    ("limits", "rate", '"20/d"', "'20/d'", _RATE),
    ("limits", "rate", '"20 / s"', "'20 / s'", _RATE),
    ("limits", "rate", '"1000000000/s"', "'1000000000/s'", _RATE),
    ("limits", "burst", "0", "0", "a whole number from 1 to 1000000"),
    ("limits", "burst", "true", "true", "a whole number from 1 to 1000000"),
    ("http", "sessions", "0", "0", "a whole number from 1 to 9000"),
    ("http", "sessions", "9001", "9001", "a whole number from 1 to 9000"),
    ("http", "session_idle_timeout", "0", "0", _duration("1s", "1d")),
    ("http", "connections", "0", "0", "a whole number from 1 to 65536"),
    ("http", "body_limit", '"5MiB"', "'5MiB'", _size("1KiB", "4MiB", "512KiB")),
    ("http", "header_limit", "10", "10", _size("1KiB", "1MiB", "512KiB")),
    ("http", "read_timeout", "0", "0", _duration("100ms", "1h")),
    ("http", "keep_alive_timeout", '"500ms"', "'500ms'", _duration("1s", "1h")),
    ("http", "shutdown_grace", "-1", "-1", _duration("0ms", "1h")),
    ("http", "metrics_port", "65536", "65536", "a whole number from 0 to 65535"),
    ("http", "trusted_proxies", '"10.0.0.0/8"', "'10.0.0.0/8'", "an array of strings"),
]


@pytest.mark.parametrize(("section", "name", "value", "found", "allowed"), WRONG)
def test_what_is_outside_of_the_bounds_is_one_problem(
    section: str, name: str, value: str, found: str, allowed: str
) -> None:
    text = f"{_SERVER}[{section}]\n{name} = {value}"
    check(Case(text, 4, len(name) + 4, f"{section}.{name}", found, allowed))


@pytest.mark.parametrize("value", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "proxy.example", "*", ""])
def test_a_trusted_proxy_is_an_address_or_a_network_that_is_not_everything(value: str) -> None:
    text = f'{_SERVER}[http]\ntrusted_proxies = ["{value}"]'
    check(Case(text, 4, 20, "http.trusted_proxies[0]", f"'{value}'", _NETWORK))


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("limits", 'rate = "999999999/h"'),
        ("limits", "queue = 0"),
        ("limits", "burst = 1000000"),
        ("limits", "concurrency = 1"),
        ("http", "sessions = 9000"),
        ("http", 'session_idle_timeout = "1s"'),
        ("http", 'body_limit = "4MiB"'),
        ("http", "shutdown_grace = 0"),
        ("http", 'trusted_proxies = ["10.0.0.0/8", "::1"]'),
    ],
)
def test_the_bounds_themselves_are_allowed(section: str, line: str) -> None:
    assert read(f"{_SERVER}[{section}]\n{line}").blueprint.server.name == "w"
