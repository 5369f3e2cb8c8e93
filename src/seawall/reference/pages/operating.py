"""The page about operating the server: what it tells, what bounds it, and what to do when something is wrong."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from seawall.reference.document import Block, Cell, Code, Heading, Inline, Page, Table, Verbatim
from seawall.reference.pages.incidents import incidents
from seawall.reference.pages.words import bullets, command, listed, said, shown
from seawall.reference.values import Reference
from seawall.runtime.reload import CHANGEABLE

__all__ = ["operating_page"]


def operating_page(reference: Reference) -> Page:
    """Health, metrics, log, records, limits, changes, upgrades, incidents."""
    return Page("operating", "Operating it", tuple(_blocks(reference)))


def _blocks(reference: Reference) -> Iterator[Block]:
    yield from _health(reference)
    yield from _metrics(reference)
    yield from _log(reference)
    yield from _records(reference)
    yield from _limits(reference)
    yield from _changing(reference)
    yield from _stopping(reference)
    yield from _upgrades(reference)
    yield from incidents(reference)


def _health(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Health",))
    yield bullets(
        (Verbatim("/livez"), " answers 200 while the process serves HTTP."),
        (
            Verbatim("/readyz"),
            " answers 503 when a toolset cannot be used or calls cannot be recorded, and when it ends. The log says why (",
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


def _records(reference: Reference) -> Iterator[Block]:
    file = reference.setting("audit", "file")
    if not isinstance(file, str):
        return
    yield Heading(2, ("Records of calls",))
    yield said(
        "Each call leaves one record in ",
        Verbatim(file),
        " (",
        Verbatim("audit.file"),
        "; in a container on the volume at ",
        Verbatim("/audit"),
        "), each with the hash of the one before. What becomes of calls that cannot be recorded says ",
        Verbatim("audit.on_failure"),
        ": ",
        *_value(reference, "audit", "on_failure"),
        ". What proves a file whole:",
    )
    every = f'for file in {shlex.quote(file)}*; do seawall audit verify "$file"; done'
    yield Code(every if file.endswith("/") else f"seawall audit verify {shlex.quote(file)}", "sh")


def _changing(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("Changing it while it runs",))
    yield said(
        "SIGHUP has it read ",
        Verbatim(reference.server.blueprint),
        " again, in a container by ",
        Verbatim("docker kill --signal HUP"),
        ". It takes over the whole file or nothing, and the log says what changed or why not. What can change: ",
        *listed(CHANGEABLE),
        ". Everything else needs a start.",
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


def _value(reference: Reference, section: str, name: str) -> tuple[Inline, ...]:
    return shown(reference.setting(section, name))
