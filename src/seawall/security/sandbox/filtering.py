"""The filter of system calls (seccomp, BPF), built here as bytes: what Landlock and namespaces leave open.

A list of what is denied, because programs of every kind are to run; calls that are newer than this list are unknown to it
and are answered as if the kernel had none. Each denial is one of four sorts: calls that could undo the confinement, calls
that reach other processes, calls that Landlock does not judge, and calls whose kernel code has been a way out too often.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from seawall.security.sandbox.calls import ARCHITECTURES, NEWEST, NUMBERS

__all__ = ["FilterRules", "filter_program"]

_SUPERVISOR_PID: Final = (
    0x7FFFFFF1  # no process has that number; forkserver.py replaces it by the supervisor's
)

_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data
_LOAD, _EQUAL, _GREATER, _AT_LEAST, _ANY_BIT, _AND, _JUMP, _RETURN = (
    0x20,
    0x15,
    0x25,
    0x35,
    0x45,
    0x54,
    0x05,
    0x06,
)
_FARTHEST: Final = 255  # that a comparison can lead; a jump has no such limit
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

# Whoever may call these could leave the confinement, or change what the kernel believes of it.
_CONFINEMENT: Final = (
    "chroot fsconfig fsmount fsopen fspick listmount lsm_set_self_attr mount mount_setattr move_mount name_to_handle_at "
    "open_by_handle_at open_tree open_tree_attr pivot_root setns statmount umount2 unshare"
)
# These reach into other processes, or into what processes share.
_OTHERS: Final = (
    "add_key kcmp keyctl migrate_pages move_pages mq_open mq_unlink msgget perf_event_open pidfd_getfd process_madvise "
    "process_vm_readv process_vm_writev ptrace request_key semget shmget tkill"
)
# These belong to administrators, or to kernel code that has been a way out too often; of what `io_setup` takes, the whole
# machine has one supply, and of what `inotify_init` takes, the whole user.
_KERNEL: Final = (
    "acct adjtimex bpf clock_adjtime clock_settime delete_module fanotify_init finit_module init_module inotify_init "
    "inotify_init1 io_setup io_uring_enter io_uring_register io_uring_setup ioperm iopl kexec_file_load kexec_load lookup_dcookie memfd_secret modify_ldt "
    "nfsservctl quotactl quotactl_fd reboot setdomainname sethostname settimeofday swapoff swapon syslog uselib "
    "userfaultfd vhangup"
)
_ESCAPES_GROUP: Final = "setpgid setsid"
# Landlock judges none of these; where no mount keeps a file from being changed, they would change any that the user owns.
_METADATA: Final = (
    "chmod chown fchmod fchmodat fchmodat2 fchown fchownat file_setattr fremovexattr fsetxattr futimesat inotify_add_watch "
    "lchown lremovexattr lsetxattr removexattr removexattrat setxattr setxattrat utime utimensat utimes"
)
_SERVING: Final = "accept accept4 bind listen"  # listen() alone opens a port that Landlock has never seen

_NEW_NAMESPACES: Final = 0x7E020080  # every CLONE_NEW* flag of linux/sched.h, CLONE_NEWTIME with them
_FAST_OPEN: Final = 0x20000000  # MSG_FASTOPEN: connects without connect()
_INET, _INET6, _UNIX = 2, 10, 1
_STREAM, _SEQPACKET, _TYPE_BITS = 1, 5, 0xF
_TCP: Final = 6
# What may be done to a terminal or a device: push characters into it, take it over (TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD).
_TERMINAL_REQUESTS: Final = (0x5412, 0x541C, 0x541D, 0x5423)
_FILE_FLAG_REQUESTS: Final = (0x40086602, 0x401C5820)  # FS_IOC_SETFLAGS, FS_IOC_FSSETXATTR
_OWNER_REQUESTS: Final = (8, 15, 10)  # fcntl: F_SETOWN, F_SETOWN_EX, F_SETSIG
# fcntl: F_SETLEASE makes whoever else opens the file wait for up to 45 s, also of a file that may only be read; F_NOTIFY.
_FILE_REQUESTS: Final = (1024, 1026)
_SHARED_ANONYMOUS: Final = 0x21  # MAP_SHARED (in MAP_SHARED_VALIDATE, too) and MAP_ANONYMOUS
_TRUNCATE: Final = 0o1000  # O_TRUNC, on both architectures
_ACCESS_MODE: Final = 3

_Instruction = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FilterRules:
    """What the filter has to hold, beyond what it always holds.

    Attributes:
        machine: as `os.uname().machine` says.
        network: TCP may be used; where it may lead is decided by Landlock or the namespace.
        own_processes: the process has its own pid namespace, so it may make sessions and signal whom it sees.
        own_mounts: what it must not write is mounted read-only, so it may change modes and times of the rest.
        signals_held: Landlock keeps signals inside (from ABI 6 on).
        truncate_held: Landlock judges truncate(2) (from ABI 3 on).
        protected: processes and threads that it must never signal, when nothing else holds signals; at most 1,000. The
            number of any thread stands for its process in kill(2).
    """

    machine: str
    network: bool
    own_processes: bool
    own_mounts: bool
    signals_held: bool
    truncate_held: bool
    protected: tuple[int, ...] = ()


def filter_program(rules: FilterRules) -> bytes:
    """The program, as the kernel takes it (an array of struct sock_filter).

    Raises:
        KeyError: the numbers of this architecture's system calls are not known.
    """
    column, architecture = ARCHITECTURES[rules.machine]
    program: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL_PROCESS),  # 32-bit calls have other numbers
        (_LOAD, 0, 0, _NUMBER),
        (_GREATER, 0, 1, NEWEST),  # newer than this list, and the x32 calls with them
        _refuse(errno.ENOSYS),
    ]
    for name, body in _judged(rules):
        number = NUMBERS[name][column]
        if number is not None:
            near = len(body) <= _FARTHEST
            program += (
                [(_EQUAL, 0, len(body), number)]
                if near
                else [(_EQUAL, 1, 0, number), (_JUMP, 0, 0, len(body))]
            )
            program += body
    program.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _judged(rules: FilterRules) -> Iterator[tuple[str, Sequence[_Instruction]]]:
    for name in _denied(rules):
        yield name, [_refuse(errno.EPERM)]
    yield "clone3", [_refuse(errno.ENOSYS)]  # its flags lie in memory; the C library falls back to clone
    yield "clone", [*_argument(0), (_ANY_BIT, 0, 1, _NEW_NAMESPACES), _refuse(errno.EPERM), _allow()]
    yield "personality", _only(0, (0, 0xFFFFFFFF))
    yield "ioctl", _never(1, _TERMINAL_REQUESTS + (() if rules.own_mounts else _FILE_FLAG_REQUESTS))
    yield from _about_memory()
    yield from _about_sockets(rules)
    yield from _about_processes(rules)
    if not rules.truncate_held:
        yield from _about_truncating()


def _denied(rules: FilterRules) -> Iterator[str]:
    yield from f"{_CONFINEMENT} {_OTHERS} {_KERNEL} {_SERVING}".split()
    if not rules.own_processes:
        yield from _ESCAPES_GROUP.split()
    if not rules.own_mounts:
        yield from _METADATA.split()
    if not rules.truncate_held:
        yield "truncate"


def _about_memory() -> Iterator[tuple[str, Sequence[_Instruction]]]:
    """No memory that no process needs to have mapped: nobody could count it, and no limit holds it."""
    yield "memfd_create", [_refuse(errno.ENOSYS)]
    yield (
        "mmap",
        [
            *_argument(3),
            (_AND, 0, 0, _SHARED_ANONYMOUS),
            (_EQUAL, 0, 1, _SHARED_ANONYMOUS),
            _refuse(errno.EPERM),
            _allow(),
        ],
    )


def _about_truncating() -> Iterator[tuple[str, Sequence[_Instruction]]]:
    """Opening empties a file, too: where Landlock asks for the mode alone, only a mode that writes may.

    With mode 3, which neither reads nor writes, Landlock would ask for nothing at all.
    """
    for name, position in (("open", 1), ("openat", 2)):
        yield (
            name,
            [
                *_argument(position),
                (_ANY_BIT, 1, 0, _TRUNCATE),
                _allow(),
                (_AND, 0, 0, _ACCESS_MODE),
                (_EQUAL, 2, 0, 1),
                (_EQUAL, 1, 0, 2),
                _refuse(errno.EACCES),
                _allow(),
            ],
        )
    yield "openat2", [_refuse(errno.ENOSYS)]  # its flags lie in memory


def _about_sockets(rules: FilterRules) -> Iterator[tuple[str, Sequence[_Instruction]]]:
    """TCP over IP and nothing else; between the run's own processes, pairs that lead to nowhere else.

    Landlock judges TCP alone: MPTCP, SCTP, UDP, raw, netlink, vsock and packet sockets would pass by it. A pair of
    datagram sockets can still send to any socket that has a path.
    """
    if not rules.network:
        yield "socket", [_refuse(errno.EACCES)]
    else:
        yield (
            "socket",
            [
                *_argument(0),
                (_EQUAL, 1, 0, _INET),
                (_EQUAL, 0, 7, _INET6),
                *_argument(1),
                (_AND, 0, 0, _TYPE_BITS),
                (_EQUAL, 0, 4, _STREAM),
                *_argument(2),
                (_EQUAL, 1, 0, 0),
                (_EQUAL, 0, 1, _TCP),
                _allow(),
                _refuse(errno.EACCES),
            ],
        )
    yield (
        "socketpair",
        [
            *_argument(0),
            (_EQUAL, 0, 5, _UNIX),
            *_argument(1),
            (_AND, 0, 0, _TYPE_BITS),
            (_EQUAL, 1, 0, _STREAM),
            (_EQUAL, 0, 1, _SEQPACKET),
            _allow(),
            _refuse(errno.EACCES),
        ],
    )
    for name, position in (("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)):
        yield name, [*_argument(position), (_ANY_BIT, 0, 1, _FAST_OPEN), _refuse(errno.EACCES), _allow()]


def _about_processes(rules: FilterRules) -> Iterator[tuple[str, Sequence[_Instruction]]]:
    """Limits and priorities of oneself alone; where Landlock does not hold signals, never those of the server."""
    for name in ("prlimit64", "sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler"):
        yield name, _only(0, (0,))
    for name, process in (("setpriority", 0), ("ioprio_set", 1)):
        yield name, _both((0, process), (1, 0))
    if rules.signals_held or rules.own_processes:
        yield "fcntl", _never(1, _FILE_REQUESTS)
        return
    protected = (*rules.protected, _SUPERVISOR_PID)
    yield (
        "kill",
        [*_argument(0), (_AT_LEAST, 0, 1, 0x80000000), _refuse(errno.EPERM), *_never(0, protected)[1:]],
    )
    for name in ("tgkill", "rt_tgsigqueueinfo"):
        yield name, _never(0, protected)
    for name in ("pidfd_open", "pidfd_send_signal", "rt_sigqueueinfo"):
        yield name, [_refuse(errno.EPERM)]
    yield "fcntl", _never(1, (*_OWNER_REQUESTS, *_FILE_REQUESTS))


def _argument(position: int) -> list[_Instruction]:
    """Load the lower half of an argument: what is looked at are ints and flags, of which the kernel takes no more."""
    return [(_LOAD, 0, 0, 16 + 8 * position)]


def _only(position: int, allowed: Sequence[int]) -> list[_Instruction]:
    body = _argument(position)
    for left, value in zip(range(len(allowed), 0, -1), allowed, strict=True):
        body.append((_EQUAL, left, 0, value))
    return [*body, _refuse(errno.EPERM), _allow()]


def _never(position: int, denied: Sequence[int]) -> list[_Instruction]:
    body = _argument(position)
    for begin in range(0, len(denied), _FARTHEST):
        part = denied[begin : begin + _FARTHEST]
        for left, value in zip(range(len(part), 0, -1), part, strict=True):
            body.append((_EQUAL, left, 0, value))
        body += [(_JUMP, 0, 0, 1), _refuse(errno.EPERM)]
    return [*body, _allow()]


def _both(first: tuple[int, int], second: tuple[int, int]) -> list[_Instruction]:
    return [
        *_argument(first[0]),
        (_EQUAL, 0, 3, first[1]),
        *_argument(second[0]),
        (_EQUAL, 0, 1, second[1]),
        _allow(),
        _refuse(errno.EPERM),
    ]


def _refuse(number: int) -> _Instruction:
    return (_RETURN, 0, 0, _ERRNO | number)


def _allow() -> _Instruction:
    return (_RETURN, 0, 0, _ALLOW)
