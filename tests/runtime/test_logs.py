"""The log: standard error only, one form for all, and nothing in it can pass for something else."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

_HEAD = """
import logging, sys, warnings
from seawall.runtime.logs import configure_logging
"""


def logged(program: str) -> tuple[str, str]:
    """What the program writes to standard output and standard error."""
    done = subprocess.run(
        [sys.executable, "-c", _HEAD + program], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout, done.stderr


def records(program: str) -> list[dict[str, Any]]:
    stdout, stderr = logged(program)
    assert stdout == ""
    return [json.loads(line) for line in stderr.splitlines()]


def test_a_record_of_ours_is_one_json_line_with_its_fields() -> None:
    (record,) = records(
        "configure_logging('json', 'info')\n"
        "logging.getLogger('seawall.call').info('call', extra={'seawall': {'name': 'greet', 'bytes': 3}})"
    )
    assert record.pop("timestamp").endswith("Z")
    assert record == {"event": "call", "level": "info", "logger": "seawall.call", "name": "greet", "bytes": 3}


def test_fastmcp_and_uvicorn_log_in_the_same_form_also_when_they_set_up_their_own() -> None:
    found = records(
        "import fastmcp, fastmcp.server, uvicorn\n"
        "configure_logging('json', 'info')\n"
        "for name in ('fastmcp.server.server', 'mcp.server', 'uvicorn.error', 'somebody'):\n"
        "    logging.getLogger(name).warning('hello %s', name)"
    )
    assert [record["event"] for record in found] == [f"hello {record['logger']}" for record in found]
    assert len(found) == 4


def test_libraries_are_held_to_warnings_unless_everything_is_wanted() -> None:
    program = "configure_logging('json', '{}')\nlogging.getLogger('fastmcp.x').info('chatter')"
    assert records(program.format("info")) == []
    assert len(records(program.format("debug"))) == 1


def test_an_access_record_becomes_fields_and_healthy_probes_are_left_out() -> None:
    found = records(
        "configure_logging('json', 'info')\n"
        "log = logging.getLogger('uvicorn.access')\n"
        "for path, status in (('/mcp', 200), ('/readyz', 200), ('/readyz', 503)):\n"
        "    log.info('%s - \"%s %s HTTP/%s\" %d', '127.0.0.1:1', 'GET', path, '1.1', status)"
    )
    assert [(record["event"], record["path"], record["status"]) for record in found] == [
        ("request", "/mcp", 200),
        ("request", "/readyz", 503),
    ]


def test_a_warning_of_python_is_a_record() -> None:
    (record,) = records("configure_logging('json', 'info')\nwarnings.warn('careful')")
    assert "careful" in record["event"]


@pytest.mark.parametrize("form", ["json", "console"])
def test_what_a_caller_chose_can_neither_forge_a_line_nor_steer_the_terminal(form: str) -> None:
    hostile = "x\\n2026 [info] forged\\r\\x1b[2J\\x9b\\u202e\\u2028\\ud800"
    stdout, stderr = logged(
        f"configure_logging('{form}', 'info')\n"
        f"logging.getLogger('seawall.call').info('call', extra={{'seawall': {{'name': '{hostile}'}}}})"
    )
    assert (stdout, len(stderr.splitlines())) == ("", 1)
    assert stderr.strip("\n").isprintable()


@pytest.mark.parametrize("form", ["json", "console"])
def test_lines_of_an_exception_cannot_pass_for_records(form: str) -> None:
    _, stderr = logged(
        f"configure_logging('{form}', 'info')\n"
        "try: raise ValueError('a\\n2026 [info] forged\\x1b[2J')\n"
        "except ValueError as error: logging.getLogger('seawall.error').error('internal error', exc_info=error)"
    )
    assert "ValueError" in stderr
    first, *rest = stderr.splitlines()
    assert "internal error" in first
    assert all(line.startswith("    ") for line in rest)
    assert all(line.isprintable() for line in rest)


def test_a_field_that_a_caller_made_long_is_shortened() -> None:
    (record,) = records(
        "configure_logging('json', 'info')\n"
        "logging.getLogger('seawall.call').info('call', extra={'seawall': {'name': 'x' * 10**6}})"
    )
    assert len(record["name"]) < 1100


def test_auto_is_json_where_nobody_watches() -> None:
    (record,) = records("configure_logging('auto', 'info')\nlogging.getLogger('seawall').info('here')")
    assert record["event"] == "here"


def test_records_that_a_slow_reader_left_no_room_for_are_counted() -> None:
    found = records(
        "import seawall.runtime.logs as logs, threading\n"
        "logs._WAITING = 5\n"
        "slow = threading.Event()\n"
        "write = logs._BackgroundHandler._write\n"
        "logs._BackgroundHandler._write = lambda self, records: (slow.wait(), write(self, records))\n"
        "configure_logging('json', 'info')\n"
        "for number in range(50): logging.getLogger('seawall').info('record %s', number)\n"
        "slow.set()"
    )
    (told,) = [record for record in found if record["event"] == "records dropped"]
    assert told["count"] + len(found) - 1 == 50


def test_the_last_records_before_the_end_are_written() -> None:
    found = records(
        "configure_logging('json', 'info')\nfor n in range(500): logging.getLogger('seawall').info('r')"
    )
    assert len(found) == 500


def test_a_secret_across_the_place_of_a_cut_leaves_no_part_of_itself() -> None:
    """Fields and tracebacks are cut when they are long; the beginning or end of a secret must not survive that."""
    secret = "s3cr3t-" + "0123456789abcdef" * 3
    told = records(
        "from seawall.security.redact import KNOWN_SECRETS\n"
        f"KNOWN_SECRETS.add({secret!r})\n"
        "configure_logging('json', 'info')\n"
        f"logging.getLogger('x').warning('long', extra={{'seawall': {{'field': 'a' * 980 + {secret!r}}}}})\n"
        f"try:\n    raise RuntimeError('b' * 4 + {secret!r} + 'c' * 19_970)\n"
        "except RuntimeError:\n    logging.getLogger('x').exception('trace')\n"
    )
    assert len(told) == 2
    pieces = {secret[start : start + 8] for start in range(len(secret) - 8)}
    assert not [piece for piece in pieces if piece in repr(told)]
    assert "[redacted]" in told[0]["field"]
