"""The filter of system calls and the rights of Landlock, on kernels that are older than this one, too."""

from __future__ import annotations

import _thread
import os
import re
import struct
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from hostile.sandbox_attacks import ATTACKS, PREAMBLE
from seawall.security.sandbox import Exited, Reach, Sandbox, Tier, find_program, machine
from seawall.security.sandbox.calls import ARCHITECTURES, NEWEST, NUMBERS
from seawall.security.sandbox.filtering import FilterRules, filter_program
from seawall.security.sandbox.landlock import handled
from support.sandboxes import TIERS, execution

HEADERS = (
    ("x86_64", Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")),
    ("aarch64", Path("/usr/include/asm-generic/unistd.h")),
)
RULES = FilterRules(
    "x86_64",
    network=False,
    own_processes=False,
    own_mounts=False,
    signals_held=False,
    truncate_held=False,
    protected=(77,),
)
NEEDED = {  # what Landlock of an ABI does not hold, and the filter has to
    1: (
        "truncates a file outside",
        "empties a file by opening it",
        "connects to a port of this machine",
        "kills the server",
        "connects to an abstract socket",
    ),
    2: ("moves a file out, and one in", "truncates a file outside", "empties a file by opening it"),
    3: ("connects to a port of this machine", "sends datagrams"),
    4: ("types into a terminal", "kills the server", "kills the server by other calls"),
    5: (
        "kills the server",
        "kills the server by other calls",
        "kills the server by the number of a thread",
        "connects to an abstract socket",
    ),
}


@pytest.mark.parametrize(
    ("name", "header"), [one for one in HEADERS if one[1].exists()], ids=lambda one: str(one)[-12:]
)
def test_the_numbers_are_those_of_the_kernel(name: str, header: Path) -> None:
    """As far as the headers of this machine know them."""
    known = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text()))
    column = ARCHITECTURES[name][0]
    wrong = {
        call: (numbers[column], known[call])
        for call, numbers in NUMBERS.items()
        if call in known and str(numbers[column]) != known[call]
    }
    assert wrong == {}


def run(program: bytes, machine_code: int, number: int, *arguments: int) -> int:
    """What the program answers, by an interpreter of the few instructions that it uses."""
    data = struct.pack("=iIQ6Q", number, machine_code, 0, *arguments, *[0] * (6 - len(arguments)))
    code = list(struct.iter_unpack("=HBBI", program))
    register = position = 0
    while True:
        operation, yes, no, value = code[position]
        position += 1
        if operation == 0x20:
            register = struct.unpack_from("=I", data, value)[0]
        elif operation == 0x54:
            register &= value
        elif operation == 0x05:
            position += value
        elif operation == 0x06:
            return int(value)
        else:
            holds = {
                0x15: register == value,
                0x25: register > value,
                0x35: register >= value,
                0x45: bool(register & value),
            }
            position += yes if holds[operation] else no


ALLOW, EPERM, EACCES, ENOSYS, KILL = 0x7FFF0000, 0x50001, 0x5000D, 0x50026, 0x80000000


@pytest.mark.parametrize("name", sorted(ARCHITECTURES))
@pytest.mark.parametrize("network", [False, True])
def test_the_program_answers_as_it_is_meant_to(name: str, *, network: bool) -> None:
    """On both architectures, also the one that this machine is not."""
    column, architecture = ARCHITECTURES[name]
    program = filter_program(replace(RULES, machine=name, network=network))

    def ask(call: str, *arguments: int) -> int:
        number = NUMBERS[call][column]
        assert number is not None
        return run(program, architecture, number, *arguments)

    assert len(program) // 8 < 4096  # BPF_MAXINSNS
    assert run(program, 0x40000003, 0) == KILL
    assert run(program, architecture, NEWEST + 1) == run(program, architecture, 0x40000027) == ENOSYS
    assert run(program, architecture, 1) == ALLOW
    for call in (
        "ptrace",
        "setsid",
        "mount",
        "io_uring_setup",
        "keyctl",
        "fchmod",
        "listen",
        "bpf",
        "truncate",
        "tkill",
    ):
        assert ask(call) == EPERM, call
    assert ask("clone3") == ENOSYS
    assert (ask("clone", 0x11), ask("clone", 0x10000011)) == (ALLOW, EPERM)
    assert ask("socket", 2, 1 | 0o2000000, 6) == (ALLOW if network else EACCES)
    for arguments in ((2, 2, 0), (2, 1, 262), (10, 1, 132), (1, 1, 0), (16, 3, 0), (40, 1, 0), (2, 3, 1)):
        assert ask("socket", *arguments) == EACCES, arguments
    assert [ask("socketpair", 1, kind) for kind in (1, 5, 2)] == [ALLOW, ALLOW, EACCES]
    assert (ask("sendto", 3, 0, 1, 0x20000000), ask("sendto", 3, 0, 1, 0)) == (EACCES, ALLOW)
    assert [ask("ioctl", 0, request) for request in (0x5401, 0x5412, 0x541C, 0xFFFFFFFF00005412)] == [
        ALLOW,
        EPERM,
        EPERM,
        EPERM,
    ]
    assert [ask("personality", value) for value in (0xFFFFFFFF, 0, 0x0040000)] == [ALLOW, ALLOW, EPERM]
    assert [ask("prlimit64", process) for process in (0, 1)] == [ALLOW, EPERM]
    assert [ask("setpriority", *who) for who in ((0, 0), (0, 5), (2, 0))] == [ALLOW, EPERM, EPERM]
    assert [ask("kill", process) for process in (0, 5, 77, 0xFFFFFFFF)] == [ALLOW, ALLOW, EPERM, EPERM]
    assert (ask("rt_sigqueueinfo", 5), ask("memfd_create")) == (EPERM, ENOSYS)
    assert [ask("mmap", 0, 1, 3, flags) for flags in (0x22, 0x01, 0x21, 0x23)] == [ALLOW, ALLOW, EPERM, EPERM]
    assert [ask("fcntl", 3, request) for request in (3, 1024, 1026)] == [ALLOW, EPERM, EPERM]
    opened = [ask("openat", -100 & 0xFFFFFFFF, 0, mode) for mode in (0, 1, 0o1001, 0o1002, 0o1000, 0o1003)]
    assert opened == [ALLOW, ALLOW, ALLOW, ALLOW, EACCES, EACCES]
    assert ask("openat2") == ENOSYS


def test_an_unknown_architecture_has_no_filter() -> None:
    with pytest.raises(KeyError):
        filter_program(replace(RULES, machine="riscv64"))


def test_each_of_a_thousand_threads_is_named() -> None:
    """More than one comparison can jump over."""
    column, architecture = ARCHITECTURES["x86_64"]
    program = filter_program(replace(RULES, protected=tuple(range(5000, 6000))))
    assert len(program) // 8 <= 4096  # what the kernel takes
    for name in ("kill", "tgkill"):
        number = NUMBERS[name][column]
        assert number is not None
        said = [run(program, architecture, number, process, 9) for process in range(4999, 6001)]
        assert said == [ALLOW, *[EPERM] * 1000, ALLOW]


@pytest.mark.parametrize(
    ("abi", "files", "network", "scoped"),
    [
        (1, 13, 0, 0),
        (2, 14, 0, 0),
        (3, 15, 0, 0),
        (4, 15, 2, 0),
        (5, 16, 2, 0),
        (6, 16, 2, 2),
        (9, 17, 2, 2),
        (10, 17, 4, 2),
    ],
)
def test_every_right_of_the_abi_is_handled(abi: int, files: int, network: int, scoped: int) -> None:
    found = handled(abi)
    assert tuple(map(int.bit_count, (found.files, found.network, found.scoped))) == (files, network, scoped)


def threads() -> str:
    """The numbers of this process's."""
    return ",".join(sorted(task.name for task in Path("/proc/self/task").iterdir()))


@pytest.mark.anyio
@pytest.mark.parametrize("abi", sorted(NEEDED) if Tier.LANDLOCK in TIERS else [])
async def test_what_an_older_landlock_leaves_open_the_filter_holds(
    abi: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """The kernel of this machine is told to use no more than what an older one had."""
    monkeypatch.setattr(machine, "landlock_abi", lambda: abi)
    secret, outside, workspace = tmp_path / "secret", tmp_path / "outside", tmp_path / "workspace"
    outside.mkdir()
    workspace.mkdir()
    secret.write_text("outside")
    (outside / "file").write_text("to be read")
    ended = threading.Event()
    request.addfinalizer(ended.set)
    for _ in range(300):  # Python's list of threads has none of these, as it has none of a library's
        _thread.start_new_thread(ended.wait, ())
    names = ("SECRET", secret), ("OUTSIDE", outside), ("READABLE", outside), ("WORKSPACE", workspace)
    async with Sandbox(tier=Tier.LANDLOCK) as sandbox:
        environment = {
            **{name: str(path) for name, path in names},
            **dict.fromkeys(("SERVER", "VICTIM"), str(os.getpid())),
            "FORK_SERVER": str(sandbox.fork_server),
            "THREADS": threads(),
            "TCP": "9",
            "UDP": "9",
            "HOST": "127.0.0.2",
            "HOST_PORT": "9",
            "ABSTRACT": "none",
        }
        for attack in ATTACKS:
            if attack.name not in NEEDED[abi]:
                continue
            finished = await sandbox.run(
                execution(
                    str(find_program("python3")),
                    "-I",
                    "-S",
                    "-c",
                    PREAMBLE + attack.text,
                    directory=workspace,
                    reach=Reach(reads=(outside,), writes=(workspace,)),
                    environment=environment,
                )
            )
            assert finished.ending == Exited(0), finished.stderr
            assert b"ESCAPED" not in finished.stdout, (attack.name, finished.stdout)
            assert b"held" in finished.stdout
    assert (secret.read_text(), (outside / "file").read_text()) == ("outside", "to be read")
