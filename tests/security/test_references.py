"""`secret:NAME` holds wherever `env:NAME` and `file:/path` do: else the reference itself would be handed on as the value."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from seawall.blueprint.state import StateSection
from seawall.errors import StartError
from seawall.runtime.tasks import _place
from seawall.security.secrets import SECRET_DIRECTORIES, SecretDirectories, resolve
from seawall.toolsets.command.declaration import CommandSection
from seawall.toolsets.command.variables import environment


@pytest.fixture(autouse=True)
def mounted(tmp_path: Path) -> Iterator[Path]:
    before = SECRET_DIRECTORIES._paths
    SECRET_DIRECTORIES.use([str(tmp_path)])
    (tmp_path / "kept").write_text("rediss://:correct-horse@redis.example:6379/0\n")
    (tmp_path / "kept").chmod(0o400)
    yield tmp_path
    SECRET_DIRECTORIES.use(before)


def test_links_that_are_turned_while_a_secret_is_read_lead_to_an_old_or_a_new_value(mounted: Path) -> None:
    """As Kubernetes does it: new values beside the old, one link turned, the old ones taken away at once."""
    (mounted / "turned").symlink_to("..data/turned")
    _laid(mounted, 0)
    ended = threading.Event()

    def turn() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            _laid(mounted, number)
            shutil.rmtree(mounted / f"..{number - 1}")

    turning = threading.Thread(target=turn)
    turning.start()
    try:
        found = {resolve("secret:turned") for _ in range(5000)}
    finally:
        ended.set()
        turning.join()
    assert found <= {"value-number-0", "value-number-1"}


def _laid(directory: Path, number: int) -> None:
    values = directory / f"..{number}"
    values.mkdir()
    (values / "turned").write_text(f"value-number-{number % 2}\n")
    (values / "turned").chmod(0o400)
    (directory / "..next").symlink_to(values.name)
    (directory / "..next").rename(directory / "..data")


def test_a_variable_of_a_command_is_the_secret_and_not_the_words_for_it() -> None:
    section = CommandSection.model_validate(
        {"name": "go", "argv": ("true",), "environment": {"TOKEN": "secret:kept", "MODE": "secretly:kept"}}
    )
    made = environment(section, (), ())
    assert (made["TOKEN"], made["MODE"]) == ("rediss://:correct-horse@redis.example:6379/0", "secretly:kept")


def test_the_place_of_tasks_is_a_secret_like_any_other() -> None:
    state = StateSection.model_validate({"url": "secret:kept"})
    assert _place(state.url) == "rediss://:correct-horse@redis.example:6379/0"


def test_a_list_of_directories_may_be_tried_without_being_the_one_of_the_process(mounted: Path) -> None:
    """A reload that is refused in the end must not have changed where others look meanwhile."""
    other = mounted / "other"
    other.mkdir()
    (other / "kept").write_text("another-value")
    (other / "kept").chmod(0o400)
    assert resolve("secret:kept", directories=SecretDirectories([str(other)])) == "another-value"
    assert resolve("secret:kept").startswith("rediss://")
    with pytest.raises(StartError, match="has it"):
        resolve("secret:kept", directories=SecretDirectories([]))
