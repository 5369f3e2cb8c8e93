"""The way into the program: one process gives up everything but what its order allows, and becomes the program.

Part of the fork server, which loads it by its path: it imports nothing of Seawall. The order of the steps matters, and each
that fails stops the program from being started.
"""

from __future__ import annotations

import _socket
import ctypes
import errno
import marshal
import os
import resource

TYPE_CHECKING = False  # see forkserver.py
if TYPE_CHECKING:
    from typing import Any, NoReturn, TypeAlias

__all__ = [
    "SIGKILL",
    "FailureError",
    "Order",
    "become",
    "drop_user",
    "ignore_ends",
    "join",
    "kill_known",
    "prctl",
]

SIGKILL = 9
_SIGPIPE, _SIGXFSZ = 13, 25
_SIGHUP, _SIGINT, _SIGTERM = 1, 2, 15
_IGNORE = 1  # SIG_IGN
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS = 1, 24, 28, 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_NO_ROOT_RIGHTS = 0x2F  # SECBIT_NOROOT, _NO_SETUID_FIXUP, their locks, and the lock of _KEEP_CAPS
_CAPABILITY_VERSION = 0x20080522
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_CLOSE_RANGE, _CLOSE_RANGE_CLOEXEC = 436, 4
_PIDFD_SEND_SIGNAL = 424
# Of users, mounts, processes, the network, IPC, host names and control groups (linux/sched.h).
_ALL_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x02000000
_SUPERVISOR_PID = 0x7FFFFFF1  # stands in the filter for the supervisor's, which nobody knew when it was made
_POLITENESS = 5  # added to the niceness: the server, and whoever counts, come first
_KIND_BITS, _DIRECTORY = 0o170000, 0o040000

Order: TypeAlias = "dict[str, Any]"
"""What `orders.order` made."""

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
_ulong = ctypes.c_ulong


class FailureError(Exception):
    """The program was not started: what could not be done, and the reason."""

    def __init__(self, step: str, number: int, text: str = "") -> None:
        super().__init__(step, number, text)


def _call(step: str, answer: int) -> int:
    if answer < 0:
        raise FailureError(step, ctypes.get_errno())
    return answer


def prctl(option: int, second: int = 0, third: int = 0) -> int:
    """Change something of this process (man 2 prctl)."""
    answer: int = libc.prctl(option, _ulong(second), _ulong(third), _ulong(0), _ulong(0))
    return answer


def ignore_ends() -> None:
    """Who ends a service may send these to each of its processes; the server gets them, too, and decides."""
    for number in (
        _SIGHUP,
        _SIGINT,
        _SIGTERM,
    ):  # the module signal is not imported: it costs more than all the others
        libc.signal(number, ctypes.c_void_p(_IGNORE))


def kill_known(process: int) -> None:
    """SIGKILL by a descriptor: to this process or, when it has ended, to none, whoever has its number by then."""
    libc.syscall(_PIDFD_SEND_SIGNAL, process, SIGKILL, None, 0)


def join(control: _socket.socket, order: Order, target: int) -> None:
    """Join the namespaces of the process that waits."""
    _call("namespaces", libc.setns(target, _ALL_NAMESPACES))
    port = order["listen"]
    if port:
        # A socket belongs to the namespace in which it was made, wherever it is used: the server listens in there.
        listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 0)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        data = marshal.dumps(("listening",))
        control.sendmsg(
            [len(data).to_bytes(4, "little") + data],
            [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.fileno().to_bytes(4, "little"))],
        )


def become(order: Order, descriptors: list[int], *, inside: bool) -> NoReturn:
    """Give up everything but what the order allows, and become the program. The order of these steps matters."""
    os.setpgid(0, 0)
    for number in (_SIGPIPE, _SIGXFSZ, _SIGHUP, _SIGINT, _SIGTERM):  # Python and the fork server ignore them
        libc.signal(number, None)
    for target, source in enumerate(descriptors[:3]):
        if (
            target or order["stdin"]
        ):  # otherwise what the fork server has: /dev/null, by which programs see that there is none
            os.dup2(source, target)
    settle(order, descriptors, inside=inside)
    for limit, soft, hard in order["limits"]:
        lower_limit(limit, soft, hard)
    if not inside:
        drop_user(order)
    drop_capabilities()
    if not inside:
        prctl(_PR_SET_PDEATHSIG, SIGKILL)  # after the last change of rights, which would clear it
    _call("no_new_privs", prctl(_PR_SET_NO_NEW_PRIVS, 1))
    if order["handled"]:
        restrict_files(order)
    close_others()
    libc.nice(_POLITENESS)  # where that is not allowed, everybody is as polite
    if order["filter"]:
        restrict_calls(order["filter"])
    try:
        os.execve(order["argv"][0], order["argv"], order["environment"])  # noqa: S606  there is no shell
    except OSError as error:
        raise FailureError("execute", error.errno or 0) from None


def lower_limit(limit: int, soft: int, hard: int) -> None:
    """Set a limit, to no more than the server has: nobody without privileges may raise one."""
    most = resource.getrlimit(limit)[1]
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    resource.setrlimit(limit, (soft, hard))


def settle(order: Order, descriptors: list[int], *, inside: bool) -> None:
    """Go to the working directory: by its descriptor, or by its path where that leads to another mount."""
    if len(descriptors) <= 3:  # noqa: PLR2004  the streams
        try:
            os.chdir(order["directory"])
        except OSError as error:
            raise FailureError("directory", error.errno or 0) from None
        return
    if not inside:
        os.fchdir(descriptors[3])
        return
    os.chdir(order["directory"])
    here, meant = os.stat("."), os.fstat(descriptors[3])  # noqa: PTH116  pathlib is not imported here
    if (here.st_dev, here.st_ino) != (meant.st_dev, meant.st_ino):
        raise FailureError("directory", errno.ESTALE)


def drop_user(order: Order) -> None:
    """Become the user that the order names, for good."""
    user = order["user"]
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)


def drop_capabilities() -> None:
    """All of them, in every set, and what would give them back to user 0."""
    prctl(_PR_SET_SECUREBITS, _NO_ROOT_RIGHTS)  # needs a capability that only root has to lose
    number = 0
    while prctl(_PR_CAPBSET_DROP, number) == 0:
        number += 1
    prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header, none = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    _call("capabilities", libc.capset(header, none))


def restrict_files(order: Order) -> None:
    handled = b"".join(value.to_bytes(8, "little") for value in order["handled"])
    ruleset = _call("landlock", libc.syscall(_LANDLOCK_CREATE, handled, _ulong(len(handled)), 0))
    for path, of_directory, of_file, required, known in order["rules"]:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            if required:
                raise FailureError("path", error.errno or 0, path) from None
            continue
        status = os.fstat(descriptor)
        if known and (status.st_dev, status.st_ino) != known:
            raise FailureError(
                "changed", errno.ESTALE
            )  # the rule is for what is open, whatever its name means next
        is_directory = status.st_mode & _KIND_BITS == _DIRECTORY
        rights = (of_directory if is_directory else of_file) & order["handled"][0]
        rule = rights.to_bytes(8, "little") + descriptor.to_bytes(4, "little")
        _call("landlock", libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, 0))
        os.close(descriptor)
    for port, rights in order["ports"]:
        rule = rights.to_bytes(8, "little") + port.to_bytes(8, "little")
        _call("landlock", libc.syscall(_LANDLOCK_ADD, ruleset, 2, rule, 0))
    _call("landlock", libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0))


def close_others() -> None:
    """Nothing but the three streams goes on to the program; what tells of a failure is closed by the exec."""
    if libc.syscall(_CLOSE_RANGE, 3, ctypes.c_uint(0xFFFFFFFF), _CLOSE_RANGE_CLOEXEC) < 0:
        for descriptor in range(3, os.sysconf("SC_OPEN_MAX")):
            try:
                os.set_inheritable(descriptor, False)  # noqa: FBT003  the interface of os
            except OSError:
                continue


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def restrict_calls(code: bytes) -> None:
    code = code.replace(_SUPERVISOR_PID.to_bytes(4, "little"), os.getppid().to_bytes(4, "little"))
    program = _Program(len(code) // 8, code)
    _call("seccomp", libc.prctl(_PR_SET_SECCOMP, _ulong(_SECCOMP_MODE_FILTER), ctypes.byref(program), 0, 0))
