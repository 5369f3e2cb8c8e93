"""A workspace and a jail around it, once for each backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hostile.jail_world import BACKENDS
from seawall.security.jail import Jail, JailPolicy
from seawall.security.jail._locate import Backend


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    chosen: Backend = request.param
    return chosen


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "root"
    directory.mkdir()
    return directory


@pytest.fixture
def jail(root: Path, backend: Backend) -> Iterator[Jail]:
    """A writable one."""
    opened = Jail.open(root, JailPolicy(writable=True), backend=backend)
    yield opened
    opened.close()
