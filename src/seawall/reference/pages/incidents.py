"""What to do when something is wrong, as one table: what is seen, where to look, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from seawall.reference.document import Block, Cell, Heading, Inline, Link, Table, Verbatim
from seawall.reference.pages.words import command, listed, shown
from seawall.reference.values import Reference

__all__ = ["incidents"]


@dataclass(frozen=True)
class _Now:
    """A setting, and the value that it has."""

    setting: str


_Words = tuple[Inline | _Now, ...]
_Row = tuple[_Words, _Words, _Words]

_ANYWHERE: Final[tuple[_Row, ...]] = (
    (
        (Verbatim("/readyz"), " answers 503"),
        ("The log: ", Verbatim("not ready"), " with ", *listed(("toolset", "fault"))),
        (
            "Bring the source back (",
            Link("what it reaches", "security"),
            "); no restart is needed.",
        ),
    ),
    (
        ("Calls answer ", Verbatim("overloaded")),
        (
            Verbatim("seawall_calls_in_flight"),
            ", ",
            Verbatim("seawall_call_seconds"),
            ": which tool is slow?",
        ),
        (
            "Many quick calls: raise ",
            _Now("limits.concurrency"),
            " and ",
            _Now("limits.queue"),
            ". Slow blocking work: raise ",
            _Now("limits.workers"),
            ". One caller too many: set ",
            _Now("limits.rate"),
            ".",
        ),
    ),
    (
        ("Calls answer ", Verbatim("deadline_exceeded")),
        (Verbatim("seawall_call_seconds"), " of the tool"),
        (
            "Raise ",
            _Now("limits.request_timeout"),
            ", or ",
            Verbatim("timeout"),
            " of the one toolset.",
        ),
    ),
    (
        ("Calls answer ", Verbatim("response_too_large")),
        (Verbatim("seawall_result_bytes_total"), " of the tool"),
        ("Raise ", _Now("limits.response_size"), "."),
    ),
    (
        ("Calls answer ", Verbatim("internal_error"), " with a reference"),
        ("The log record with that ", Verbatim("request_id"), " has the cause"),
        ("Correct the cause; a fault of Seawall is worth a report.",),
    ),
    (
        ("Files cannot be written: ", Verbatim("storage_failed")),
        ("Free space, quota and mount of the directory",),
        ("Make room. Each file is the old or the new one whole, so nothing has to be repaired.",),
    ),
)
_OVER_HTTP: Final[_Row] = (
    ("Clients get status 421 or 403 ", Verbatim("Forbidden Origin")),
    (Verbatim("seawall_http_refused_total"), " by reason"),
    (
        "They use a name that is not allowed: add it to ",
        _Now("http.allowed_hosts"),
        " or ",
        _Now("http.allowed_origins"),
        ".",
    ),
)


def incidents(reference: Reference) -> Iterator[Block]:
    """The table for this server."""
    yield Heading(2, ("When something is wrong",))
    rows = tuple(_filled(reference, row) for row in _rows(reference))
    yield Table(("What is seen", "Where to look", "What to do"), rows)


def _rows(reference: Reference) -> Iterator[_Row]:
    yield (
        ("It does not start",),
        (Verbatim(command(reference, "check", reference.server.blueprint)), ": every fault with its line"),
        ("Correct what it names. Exit status 2: the blueprint; 1: the machine; 3: it would be unsafe.",),
    )
    yield from _ANYWHERE
    yield _OVER_HTTP
    if reference.exposure.authentication is not None:
        yield from _of_tokens(jwt=reference.exposure.authentication == "jwt")
    if secrets := [each.name for each in reference.variables if each.secret] + list(reference.secret_files):
        yield (
            ("A secret became known",),
            ("It is one of ", *listed(secrets)),
            ("Make a new one where it is used, put it into the same place, restart, then end the old one.",),
        )


def _of_tokens(*, jwt: bool) -> Iterator[_Row]:
    yield (
        ("Clients get status 401 or 403",),
        (Verbatim("seawall_http_refused_total"), " by reason; the answer's ", Verbatim("WWW-Authenticate")),
        (
            "Issuer, audience, expiry and scopes of the token must be those of [http.auth]."
            if jwt
            else "The token must be one of [http.auth]; a new one holds after a restart.",
        ),
    )
    yield (
        ("A caller misbehaves",),
        ("The log: ", Verbatim("principal")),
        (
            "End its access at the authorization server; tokens that it has are valid until they expire."
            if jwt
            else "Take its token out of [http.auth] and restart.",
        ),
    )


def _filled(reference: Reference, row: _Row) -> tuple[Cell, ...]:
    return tuple(tuple(part for each in words for part in _parts(reference, each)) for words in row)


def _parts(reference: Reference, part: Inline | _Now) -> tuple[Inline, ...]:
    if not isinstance(part, _Now):
        return (part,)
    section, _, name = part.setting.partition(".")
    return Verbatim(part.setting), " (now ", *shown(reference.setting(section, name)), ")"
