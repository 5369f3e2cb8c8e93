"""The page about operating the server: what it tells, what bounds it, and what to do when something is wrong."""

from __future__ import annotations

from collections.abc import Iterator

from seawall.reference.document import Block, Cell, Code, Heading, Inline, Link, Page, Table, Verbatim
from seawall.reference.pages.words import bullets, command, listed, said, shown
from seawall.reference.values import Reference

__all__ = ["operating_page"]


def operating_page(reference: Reference) -> Page:
    """Health, metrics, log, limits, upgrades, incidents."""
    return Page("operating", "Operating it", tuple(_blocks(reference)))


def _blocks(reference: Reference) -> Iterator[Block]:
    yield from _health(reference)
    yield from _metrics(reference)
    yield from _log(reference)
    yield from _limits(reference)
    yield from _stopping(reference)
    yield from _upgrades(reference)
    yield from _incidents(reference)


def _health(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Health",))
    yield bullets(
        (Verbatim("/livez"), " answers 200 while the process serves HTTP."),
        (
            Verbatim("/readyz"),
            " answers 503 when the source of a toolset cannot be used or the server is closing. The log says why (",
            Verbatim("not ready"),
            "), never in the answer.",
        ),
        (
            "Both answer any Host and need no token. Over stdio there are no paths: ",
            Verbatim(command(reference, "check", reference.server.blueprint)),
            " opens every source once.",
        ),
    )


def _metrics(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Metrics",))
    place = reference.exposure.metrics
    if place == "own":
        where: Cell = (
            "Prometheus reads them at port ",
            *_value(reference, "http", "metrics_port"),
            " of ",
            *_value(reference, "http", "metrics_host"),
            ", path ",
            Verbatim("/metrics"),
            ".",
        )
    elif place == "main":
        where = ("This machine alone reads them at ", Verbatim("/metrics"), " of the HTTP port.")
    else:
        where = (
            "They are not served: the HTTP port is reached by others. ",
            Verbatim("http.metrics_port"),
            " gives them a port of their own.",
        )
    yield said(*where)
    rows = tuple(((Verbatim(each.name),), (each.words,)) for each in reference.metrics)
    yield Table(("Metric", "What it counts"), rows)


def _log(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Log",))
    yield said(
        "On standard error only; form ",
        *_value(reference, "log", "format"),
        ", from level ",
        *_value(reference, "log", "level"),
        ". Each call is one record with ",
        *listed(("request_id", "kind", "name", "principal", "outcome", "code", "milliseconds", "bytes")),
        "; arguments and results are not in it, and known secrets are taken out.",
    )


def _limits(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Limits",))
    own = [tool.name for tool in reference.tools if tool.timeout is not None]
    others: Cell = (" (but ", *listed(own), ": their own)") if own else ()
    rate: Cell = (Verbatim("rate_limited"), " with the time to wait")
    if not reference.exposure.limits_callers:
        rate = ("no such limit is set; with one: ", *rate)
    rows = (
        ("Time of one call", "limits.request_timeout", (Verbatim("deadline_exceeded"), *others)),
        (
            "Bytes of one result",
            "limits.response_size",
            ("a part, and how to go on; where that is not possible ", Verbatim("response_too_large")),
        ),
        ("Calls under way", "limits.concurrency", ("the next ones wait in the queue",)),
        ("Calls that wait", "limits.queue", (Verbatim("overloaded"),)),
        (
            "Blocking work at a time",
            "limits.workers",
            ("more of it waits, eight for each worker; then ", Verbatim("overloaded")),
        ),
        ("Calls of one caller", "limits.rate", rate),
        ("Connections", "http.connections", ("status 503",)),
        ("Bytes of a request", "http.body_limit", ("status 413",)),
        ("Bytes of its headers", "http.header_limit", ("status 431",)),
        ("Time in which a request arrives", "http.read_timeout", ("status 408",)),
    )
    yield Table(
        ("Limit", "Setting", "Now", "What answers beyond it"), tuple(_limit(reference, *row) for row in rows)
    )


def _limit(reference: Reference, words: str, setting: str, answer: Cell) -> tuple[Cell, ...]:
    section, _, name = setting.partition(".")
    return (words,), (Verbatim(setting),), _value(reference, section, name), answer


def _stopping(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Stopping",))
    yield said(
        "SIGTERM and SIGINT end it in order: it is not ready from then on, new calls are told to come again, and calls "
        "under way over HTTP have ",
        *_value(reference, "http", "shutdown_grace"),
        " (",
        Verbatim("http.shutdown_grace"),
        ") to finish. Whoever stops the process must wait longer than that before killing it.",
    )


def _upgrades(reference: Reference) -> Iterator[Block]:
    blueprint = reference.server.blueprint
    yield Heading(2, ("Upgrades",))
    yield said(
        "Try the new version beside the running one first; each line fails when something is not as it was:"
    )
    lines = (
        "python -m pip install --upgrade seawall",
        command(reference, "check", blueprint, "--strict"),
        command(reference, "docs", blueprint, "--check"),
    )
    yield Code("\n".join(lines), "sh")
    yield said(
        "Then restart the server, one replica after the other: calls under way end within the grace above. The way back "
        "is the version before."
    )


def _incidents(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("When something is wrong",))
    blueprint = reference.server.blueprint
    rows: list[tuple[Cell, Cell, Cell]] = [
        (
            ("It does not start",),
            (Verbatim(command(reference, "check", blueprint)), ": every fault with its line"),
            ("Correct what it names. Exit status 2: the blueprint; 1: the machine; 3: it would be unsafe.",),
        ),
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
                *_pair(reference, "limits.concurrency"),
                " and ",
                *_pair(reference, "limits.queue"),
                ". Slow blocking work: raise ",
                *_pair(reference, "limits.workers"),
                ". One caller too many: set ",
                *_pair(reference, "limits.rate"),
                ".",
            ),
        ),
        (
            ("Calls answer ", Verbatim("deadline_exceeded")),
            (Verbatim("seawall_call_seconds"), " of the tool"),
            (
                "Raise ",
                *_pair(reference, "limits.request_timeout"),
                ", or ",
                Verbatim("timeout"),
                " of the one toolset.",
            ),
        ),
        (
            ("Calls answer ", Verbatim("response_too_large")),
            (Verbatim("seawall_result_bytes_total"), " of the tool"),
            ("Raise ", *_pair(reference, "limits.response_size"), "."),
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
    ]
    rows += _http_incidents(reference)
    if secrets := [each.name for each in reference.variables if each.secret] + list(reference.secret_files):
        rows.append(
            (
                ("A secret became known",),
                ("It is one of ", *listed(secrets)),
                (
                    "Make a new one where it is used, put it into the same place, restart, then end the old one.",
                ),
            )
        )
    yield Table(("What is seen", "Where to look", "What to do"), tuple(rows))


def _http_incidents(reference: Reference) -> Iterator[tuple[Cell, Cell, Cell]]:
    yield (
        ("Clients get status 421 or 403 ", Verbatim("Forbidden Origin")),
        (Verbatim("seawall_http_refused_total"), " by reason"),
        (
            "They use a name that is not allowed: add it to ",
            *_pair(reference, "http.allowed_hosts"),
            " or ",
            *_pair(reference, "http.allowed_origins"),
            ".",
        ),
    )
    authentication = reference.exposure.authentication
    if authentication is not None:
        yield (
            ("Clients get status 401 or 403",),
            (
                Verbatim("seawall_http_refused_total"),
                " by reason; the answer's ",
                Verbatim("WWW-Authenticate"),
            ),
            (
                "Issuer, audience, expiry and scopes of the token must be those of [http.auth]."
                if authentication == "jwt"
                else "The token must be one of [http.auth]; a new one holds after a restart.",
            ),
        )
        yield (
            ("A caller misbehaves",),
            ("The log: ", Verbatim("principal")),
            (
                "End its access at the authorization server; tokens that it has are valid until they expire."
                if authentication == "jwt"
                else "Take its token out of [http.auth] and restart.",
            ),
        )


def _pair(reference: Reference, setting: str) -> tuple[Inline, ...]:
    section, _, name = setting.partition(".")
    return Verbatim(setting), " (now ", *_value(reference, section, name), ")"


def _value(reference: Reference, section: str, name: str) -> tuple[Inline, ...]:
    return shown(reference.setting(section, name))
