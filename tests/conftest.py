"""What every test shares: the event loop, and which tests run on this machine.

Async tests carry `@pytest.mark.anyio` and run on asyncio, the only loop that the server runs on.
A test that needs a program beside Python carries a marker named after it (see pyproject.toml), one that works whole
programs for long carries `whole`. Such tests are left out unless `SEAWALL_TEST_PROGRAMS` promises what they need:
`whole` the time for the latter, `all` that and every program of the suite's, `containers` what the container job needs.
Then nothing may be skipped at all.
"""

import os
import signal
from collections.abc import Generator, Iterator

import pytest

from seawall.security.redact import KNOWN_SECRETS
from support import blocking, specs

_PROMISES = {
    "whole": {"whole"},
    "all": {"whole", "node", "nginx", "redis", "zsh", "fish"},
    "containers": {"podman"},
}
_PROMISED = _PROMISES.get(os.environ.get("SEAWALL_TEST_PROGRAMS", ""), set())
_NOT_PROMISED = set().union(*_PROMISES.values()) - _PROMISED
_EVERYTHING = bool(_PROMISED)

collect_ignore = specs.absent()
"""Where the schema of a real service is not there, what judges it is no test that could be skipped: it is none."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def _secrets_of_one_test_are_unknown_to_the_next() -> Iterator[None]:
    """A process knows its secrets for ever; a process of tests is many servers' one after the other."""
    known = KNOWN_SECRETS._secrets
    yield
    KNOWN_SECRETS._secrets = known
    KNOWN_SECRETS._used.clear()
    KNOWN_SECRETS._passing = frozenset()


@pytest.fixture(autouse=True)
def _nothing_blocks_the_loop() -> Iterator[None]:
    """A test fails when the package blocked an event loop of this process."""
    blocking.take()
    yield
    seen = blocking.take()
    assert not seen, "blocked the event loop:\n" + "\n".join(seen)


def pytest_configure() -> None:
    blocking.install()
    # A shell's background job ignores SIGINT, and so would every program that a test starts and interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests for which nobody promised what they need, visibly: pytest counts them as deselected."""
    needing = [item for item in items if any(item.get_closest_marker(name) for name in _NOT_PROMISED)]
    if needing:
        config.hook.pytest_deselected(items=needing)
        left_out = set(needing)
        items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where everything is promised to run, a skipped test is a failed one."""
    report = yield
    if _EVERYTHING and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but everything was promised: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself whole."""
    report = yield
    if _EVERYTHING and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} was skipped, but everything was promised: {report.longrepr}"
    return report
