"""The redactor: takes known secrets, and what they look like in common encodings, out of whatever leaves the process."""

from __future__ import annotations

import base64
import html
import json
import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Final, cast
from urllib.parse import quote, quote_plus

import re2  # type: ignore[import-untyped]

from seawall.types import JsonValue

__all__ = ["KNOWN_SECRETS", "MARK", "Redactor", "without"]

MARK: Final = "[redacted]"
"""What stands in the place of a secret."""

_WHOLE: Final = 8
"""Characters from which a secret is looked for anywhere and in every encoding."""

_WORD: Final = 4
"""Characters from which a shorter one is looked for, as a whole word and as it is; below, it is no secret at all."""

_LINE: Final = 24
"""Characters from which a line of a secret of several lines (a PEM key) is looked for alone."""

_LINES: Final = 64
"""Lines of one secret up to which each is looked for in every encoding."""

_PASSING: Final = 64
"""Tokens that are looked for at a time: each new one costs an automaton anew, and all of them its memory."""

_TAIL: Final = 24  # bytes at the end of a token's form that tell whether it is there: of a JWT, its signature

_SHORT: Final = 256  # bytes of a form that the automaton takes; its size grows with them
_MEMORY: Final = 1 << 28  # bytes that the automaton may use; RE2 builds it as it needs it


class Redactor:
    """Replaces secrets by a mark. One automaton for all of them: time grows with the text, not with their number.

    A secret of at least eight characters is found anywhere: as it is, and as JSON, Python, HTML and percent
    escapes, hexadecimal in both cases, and base64 (standard and URL-safe, wherever in the encoded data it
    starts), each of UTF-8 and of UTF-16. One of four to seven characters is found only as a whole word and as
    it is, since pieces of ordinary text look like it. A shorter one is refused.

    A secret of several lines is also found by each line that is long enough; of more than 64 lines, as it is alone.

    What it cannot find: a secret that was split, compressed, encrypted, or encoded twice in two ways.
    """

    def __init__(self) -> None:
        self._secrets: tuple[str, ...] = ()
        self._numeric = False
        self._finder: _Finder | None = None
        self._used: OrderedDict[str, None] = OrderedDict()  # tokens, the one that was used last at the end
        self._passing: frozenset[str] = (
            frozenset()
        )  # the same: other threads read it, and never one that changes
        self._tokens: _TokenFinder | None = None
        self._state = object()

    @property
    def state(self) -> object:
        """The very same object as long as this looks for the same: what was found clean meanwhile still is.

        Read it before a search, not after: another thread may add a secret in between.
        """
        return self._state

    @property
    def empty(self) -> bool:
        """Whether there is no secret to look for."""
        return not self._secrets and not self._passing

    def add(self, secret: str) -> bool:
        """Look for `secret` from now on. Returns False when it is too short to be told from ordinary text."""
        if len(secret.strip()) < _WORD:
            return False
        if secret not in self._secrets:
            self._secrets = (*self._secrets, secret)
            self._numeric = self._numeric or secret.strip().replace(".", "").isdecimal()
            self._state = object()  # last: whoever sees this state searches for that secret
        return True

    def add_passing(self, token: str) -> None:
        """Look for a token that was issued to this process for a short time, until 64 others were used since.

        It is found as it is, percent-encoded, and in base64 wherever in the encoded data it starts. One that is
        too short to be told from ordinary text is not looked for.
        """
        if len(token) < _WHOLE:
            return
        if token in self._used:
            self._used.move_to_end(token)
            return
        self._used[token] = None
        if len(self._used) > _PASSING:
            self._used.popitem(last=False)
        self._passing = frozenset(self._used)
        self._state = object()

    def text(self, text: str) -> str:
        """The text without secrets; the very same object when there are none in it."""
        if self.empty or not text:
            return text
        data = _utf8(text)
        clean = self.data(data)
        return text if clean is data else clean.decode("utf-8", "surrogatepass")

    def data(self, data: bytes) -> bytes:
        """The bytes without secrets; the very same object when there are none in them."""
        passing = self._passing
        if passing:
            tokens = self._tokens
            if tokens is None or tokens.tokens is not passing:
                tokens = self._tokens = _TokenFinder(passing)
            data = tokens.clean(data)
        secrets = self._secrets
        if not secrets:
            return data
        finder = self._finder
        if finder is None or finder.secrets is not secrets:  # made when first needed: secrets come one by one
            finder = self._finder = _Finder(secrets)
        return finder.clean(data)

    def value(self, value: JsonValue, *, keys: bool = True) -> JsonValue:
        """The value without secrets, in keys too if wanted; the very same object when there are none in it.

        A number whose digits are a secret becomes the mark, a text.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, int | float) and not isinstance(value, bool):
            digits = repr(value)
            return MARK if self._numeric and self.text(digits) is not digits else value
        if isinstance(value, list):
            items = [self.value(item, keys=keys) for item in value]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        if isinstance(value, dict):
            pairs = [
                (self.text(key) if keys else key, self.value(item, keys=keys)) for key, item in value.items()
            ]
            same = all(
                key is old and item is value[old] for (key, item), old in zip(pairs, value, strict=True)
            )
            return value if same else dict(pairs)
        return value


KNOWN_SECRETS: Final = Redactor()
"""Every secret that this process knows: one for all servers in it, since they write to one log."""


def without(data: bytes, token: str) -> bytes:
    """The bytes without this one token, in the forms in which `Redactor.add_passing` finds it."""
    for form in _token_forms(token) if len(token) >= _WHOLE else ():
        if form in data:
            data = data.replace(form, MARK.encode())
    return data


class _TokenFinder:
    """Finds some tokens: one automaton tells from the ends of their forms whether any of them may be there."""

    def __init__(self, tokens: frozenset[str]) -> None:
        self.tokens = tokens
        self._forms = sorted(
            {form for token in tokens for form in _token_forms(token)}, key=len, reverse=True
        )
        self._any = re2.compile(b"|".join(_literal(form[-_TAIL:]) for form in self._forms), _options())

    def clean(self, data: bytes) -> bytes:
        if self._any.search(data) is None:
            return data
        for form in self._forms:
            if form in data:
                data = data.replace(form, MARK.encode())
        return data


def _token_forms(token: str) -> set[bytes]:
    """What a token may look like: it is made of few characters, which most notations leave as they are."""
    escaped = quote(token, safe="").encode()
    json_text = json.dumps(token)[1:-1]
    plain = {_utf8(token), _utf8(json_text), _utf8(json_text.replace("/", "\\/"))}
    return {*plain, *_both_cases_of_percent(escaped), *_encoded(_utf8(token))}


def _options() -> re2.Options:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes are compared as bytes
    options.max_mem = _MEMORY
    options.longest_match = True
    return options


class _Finder:
    """Finds the forms of some secrets: short ones with one automaton, long ones one by one, all in linear time."""

    def __init__(self, secrets: tuple[str, ...]) -> None:
        self.secrets = secrets
        forms = {form for secret in secrets if len(secret) >= _WHOLE for form in _forms(secret)}
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._long = [form for form in ordered if len(form) > _SHORT]
        self._long += sorted({line for secret in secrets for line in _lines_as_they_are(secret)})
        alternatives = [_literal(form) for form in ordered if len(form) <= _SHORT]
        words = [secret for secret in secrets if len(secret) < _WHOLE]
        alternatives += [rb"\b" + _literal(_utf8(word)) + rb"\b" for word in words]
        self._shortest = min(map(len, [*ordered, *self._long, *(_utf8(word) for word in words)]), default=0)
        self._short = re2.compile(b"|".join(alternatives), _options()) if alternatives else None

    def clean(self, data: bytes) -> bytes:
        if len(data) < self._shortest:  # most values of a result: numbers, keys, single words
            return data
        mark = MARK.encode()
        for form in self._long:
            if form in data:
                data = data.replace(form, mark)
        if self._short is None or self._short.search(data) is None:
            return data
        return cast("bytes", self._short.sub(mark, data))


def _literal(form: bytes) -> bytes:
    return b"".join(b"\\x%02x" % byte for byte in form)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _forms(secret: str) -> Iterator[bytes]:
    """Everything that the secret may look like."""
    lines = _lines(secret)
    if len(lines) > _LINES:
        lines = set()
    for part in {secret, secret.strip(), *(line for line in lines if _is_telling(line))}:
        yield from _escaped(part)
        utf8 = _utf8(part)
        utf16 = [part.encode(name, "surrogatepass") for name in ("utf-16-le", "utf-16-be")]
        yield from utf16
        for raw in (utf8, *utf16):
            yield from _encoded(raw)


def _lines(secret: str) -> set[str]:
    return {line.strip() for line in secret.splitlines()} if "\n" in secret else set()


def _lines_as_they_are(secret: str) -> Iterator[bytes]:
    """The lines of a secret that has very many of them: every encoding of each would fill the memory."""
    lines = _lines(secret)
    if len(lines) > _LINES:
        yield from (_utf8(line) for line in lines if _is_telling(line))


def _is_telling(line: str) -> bool:
    """Whether a line of a larger secret is secret alone: the frame of a PEM file is not."""
    return len(line) >= _LINE and not line.startswith("-----")


def _escaped(part: str) -> Iterator[bytes]:
    texts = {part, repr(part)[1:-1], html.escape(part), html.escape(part, quote=False)}
    for only_ascii in (True, False):
        once = json.dumps(part, ensure_ascii=only_ascii)[1:-1]
        texts |= {once, once.replace("/", "\\/"), json.dumps(once, ensure_ascii=only_ascii)[1:-1]}
    for text in texts:
        yield _utf8(text)
    for safe in ("", "/", "/:@!$&'()*+,;=~"):
        for escape in (quote, quote_plus):
            yield from _both_cases_of_percent(escape(part, safe=safe, errors="surrogatepass").encode())
    every = "".join(f"%{byte:02X}" for byte in _utf8(part)).encode()
    yield from _both_cases_of_percent(every)


def _both_cases_of_percent(escaped: bytes) -> Iterator[bytes]:
    yield escaped
    yield re.sub(rb"%[0-9A-F]{2}", lambda found: found[0].lower(), escaped)


def _encoded(raw: bytes) -> Iterator[bytes]:
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for offset in range(3):
        # The characters that hold bits of what stands before or after the secret are not its own.
        first = (offset * 8 + 5) // 6
        last = (offset + len(raw)) * 8 // 6
        own = base64.b64encode(bytes(offset) + raw)[first:last]
        yield own
        yield own.translate(bytes.maketrans(b"+/", b"-_"))
