"""What the machine can enforce is asked of the machine, and weaker tiers say that they are weaker."""

from __future__ import annotations

import dataclasses
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.errors import StartError
from seawall.security.capabilities import capabilities
from seawall.security.jail import Jail, JailPolicy, jail_tier


def test_the_facts_are_those_of_this_machine() -> None:
    """They agree with what other sources say, and cannot be changed."""
    facts = capabilities()
    assert (facts.system, facts.kernel) == (platform.system(), platform.release())
    assert facts.user_id == os.geteuid()
    assert facts.landlock_abi >= 0
    assert facts.jail == jail_tier()
    assert facts.bubblewrap.works or facts.bubblewrap.reason
    with pytest.raises(dataclasses.FrozenInstanceError):
        facts.openat2 = True  # type: ignore[misc]


def test_the_tier_is_what_a_jail_really_gets(tmp_path: Path) -> None:
    """`kernel` with openat2, `descriptors` without."""
    tier = jail_tier()
    assert tier.usable
    backend = Jail.open(tmp_path, JailPolicy()).backend
    assert (tier.name, backend) in {("kernel", "openat2"), ("descriptors", "walk")}


_WITHOUT_OPENAT2 = """
import ctypes, errno, struct, sys
from pathlib import Path
# A system call filter that answers ENOSYS (or EPERM, as old container profiles do) to openat2.
number, answer = 437, int(sys.argv[1])
program = struct.pack("HBBIHBBIHBBIHBBI", 0x20, 0, 0, 0, 0x15, 0, 1, number,
                      0x06, 0, 0, 0x00050000 | answer, 0x06, 0, 0, 0x7FFF0000)
buffer = ctypes.create_string_buffer(program)
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
filter = Program(4, ctypes.addressof(buffer))
assert libc.prctl(22, 2, ctypes.byref(filter), 0, 0) == 0, ctypes.get_errno()
from seawall.errors import StartError
from seawall.security.capabilities import capabilities
from seawall.security.jail import Jail, JailPolicy
facts = capabilities()
jail = Jail.open(Path(sys.argv[2]), JailPolicy())
jail.status("")
try:
    Jail.open(Path(sys.argv[2]), JailPolicy(), backend="openat2")
except StartError as error:
    print(facts.openat2, facts.jail.name, jail.backend, error.message)
"""


@pytest.mark.skipif(not capabilities().seccomp, reason="this kernel has no filters to hide openat2 with")
@pytest.mark.parametrize("answer", [38, 1], ids=["ENOSYS", "EPERM"])
def test_without_openat2_the_walk_takes_over(tmp_path: Path, answer: int) -> None:
    """On an older kernel, or in a container that forbids the call, the jail holds by its own means and says so."""
    ended = subprocess.run(
        [sys.executable, "-c", _WITHOUT_OPENAT2, str(answer), str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert ended.stderr == ""
    told = "This kernel does not offer openat2 to the server."
    assert ended.stdout.strip() == f"False descriptors walk {told}"


def test_where_descriptors_cannot_hold_a_path_nothing_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a platform without operations relative to a directory (Windows) the jail refuses to open, and says why."""
    monkeypatch.setattr(os, "supports_dir_fd", set())
    monkeypatch.setattr(sys, "platform", "win32")
    tier = jail_tier()
    assert (tier.name, tier.usable) == ("none", False)
    assert "cannot be served on win32" in tier.sentence
    with pytest.raises(StartError, match="cannot be served on win32"):
        Jail.open(tmp_path, JailPolicy())


def test_another_encoding_of_names_is_refused(tmp_path: Path) -> None:
    """Where file names are not UTF-8, what is checked would not be what is opened: nothing is served."""
    script = (
        "import sys; from pathlib import Path; from seawall.errors import StartError\n"
        "from seawall.security.jail import Jail, JailPolicy\n"
        "try: Jail.open(Path(sys.argv[1]), JailPolicy())\n"
        "except StartError as error: print(sys.getfilesystemencoding(), 'PYTHONUTF8=1' in str(error))\n"
        "else: print(sys.getfilesystemencoding(), 'open')\n"
    )
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
        env=environment,
    )
    assert ended.stdout.split()[1:] == ["True"]
