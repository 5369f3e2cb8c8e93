"""What a message shows of a value that stands in the wrong place."""

from __future__ import annotations

from pathlib import Path

import pytest

from seawall.blueprint import parse
from seawall.blueprint.wording import shown
from seawall.errors import BlueprintError

_CANARY = "canary-hunter2"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "'plain'"),
        (f"https://user:{_CANARY}@host/path", "'https://…@host/path'"),
        (f"postgres://user:{_CANARY}/with/slashes@host", "'postgres://…@host'"),
        (f"https://host/jwks?key={_CANARY}&size=2", "'https://host/jwks?key=…&size=…'"),
        (f"-----BEGIN PRIVATE KEY-----\n{_CANARY}", "a text in PEM form"),
        ("https://host/a@b", "'https://host/a@b'"),
        ("what=ever", "'what=ever'"),
    ],
)
def test_a_value_is_shown_without_what_looks_like_a_secret(value: str, text: str) -> None:
    assert shown(value) == text


_HTTP = '[server]\nname = "w"\n[http]\npublic_url = "https://w.example"\n'
_JWT = '[http.auth]\nkind = "jwt"\nissuer = "https://login.example"\naudience = "w"\n'


@pytest.mark.parametrize(
    "text",
    [
        _HTTP.replace("https://w", f"https://u:{_CANARY}@w"),
        _HTTP + _JWT + f'public_key = "-----BEGIN PRIVATE KEY-----{_CANARY}"\n',
        _HTTP + _JWT + f'jwks_url = "https://u:{_CANARY}@login.example/jwks"\n',
        _HTTP + _JWT + f'jwks_url = "https://login.example/jwks?token={_CANARY}"\n',
        _HTTP + _JWT.replace("https://login", f"https://u:{_CANARY}@login") + 'public_key = "key.pem"\n',
    ],
)
def test_a_refused_setting_of_http_repeats_no_secret(text: str, tmp_path: Path) -> None:
    with pytest.raises(BlueprintError) as caught:
        parse(text, source="seawall.toml", directory=tmp_path, kinds={}, environment={})
    assert _CANARY not in str(caught.value)
    assert _CANARY not in repr(caught.value.problems)
