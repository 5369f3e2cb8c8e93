"""The fork server: a program of its own, which the server starts as `python -I -S forkserver.py LINK DIRECTORY`.

It imports nothing of Seawall and next to nothing else, has one thread, an empty environment and one descriptor, LINK. For
each run it is sent descriptors, forks a supervisor, and forgets them. The supervisor reads its order, forks the program's
process, holds it, counts what all of its processes use, and ends them all: when the program ends, when it is told to, when
time is up, and at once when the server goes away, which it learns by the end of its control connection.

Orders and reports are `marshal` values behind four bytes of length; the server is trusted, the program never sees them.
What is held, and how strongly, was decided before: rules, limits and filter come with the order (see `orders.py`).
"""

from __future__ import annotations

import _socket
import ctypes
import errno
import marshal
import os
import resource
import select
import sys
import time
from typing import Any, NoReturn

_SIGKILL, _SIGTERM, _SIGCONT = 9, 15, 18
_PR_SET_PDEATHSIG, _PR_CAPBSET_DROP, _PR_SET_SECUREBITS, _PR_SET_NO_NEW_PRIVS = 1, 24, 28, 38
_PR_SET_CHILD_SUBREAPER, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 36, 47, 4
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_NO_ROOT_RIGHTS = 0x2F  # SECBIT_NOROOT, _NO_SETUID_FIXUP, their locks, and the lock of _KEEP_CAPS
_CAPABILITY_VERSION = 0x20080522
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_CLOSE_RANGE, _CLOSE_RANGE_CLOEXEC = 436, 4
_ALL_NAMESPACES = 0x10000000 | 0x00020000 | 0x20000000 | 0x40000000 | 0x08000000 | 0x04000000 | 0x02000000
_MSG_CMSG_CLOEXEC = 0x40000000
_DIRECTORY_MODE, _KIND_BITS, _DIRECTORY = 0o700, 0o170000, 0o040000
_SUPERVISOR_PID = 0x7FFFFFF1  # stands in the filter for the supervisor's, which nobody knew when it was made
_POLITENESS = 5  # added to the niceness: the server, and whoever counts, come first
_PATIENCE = 0.25  # seconds between two looks at processes that do nothing
_HASTE = 0.01  # and at those that have just begun, or work

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
_ulong = ctypes.c_ulong


class Failure(Exception):
    """The program was not started: what could not be done, and the reason."""

    def __init__(self, step: str, number: int, text: str = "") -> None:
        super().__init__(step, number, text)


def _call(step: str, answer: int) -> int:
    if answer < 0:
        raise Failure(step, ctypes.get_errno())
    return answer


def prctl(option: int, second: int = 0, third: int = 0) -> int:
    answer: int = libc.prctl(option, _ulong(second), _ulong(third), _ulong(0), _ulong(0))
    return answer


# --- the fork server ---------------------------------------------------------------------------------------------------


def serve(link: _socket.socket, directory: str) -> None:
    """Fork a supervisor for every message, until the server goes away and the last one of them has ended."""
    waiting = select.poll()
    waiting.register(link.fileno(), select.POLLIN)
    supervisors: dict[int, int] = {}
    open_ = True
    while open_ or supervisors:
        for number, _ in waiting.poll():
            if number != link.fileno():
                waiting.unregister(number)
                os.close(number)
                _, status = os.waitpid(supervisors.pop(number), 0)
                if os.WIFSIGNALED(status):
                    sweep(set(supervisors.values()))
                continue
            descriptors = receive_descriptors(link)
            if not descriptors:
                waiting.unregister(number)
                open_ = False
                continue
            process = os.fork()
            if process == 0:
                link.close()
                for other in supervisors:
                    os.close(other)
                supervise(descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            watch = os.pidfd_open(process)
            supervisors[watch] = process
            waiting.register(watch, select.POLLIN)
    remove_directory(directory)


def receive_descriptors(link: _socket.socket) -> list[int]:
    try:
        _, ancillary, _, _ = link.recvmsg(1, 256, _MSG_CMSG_CLOEXEC)
    except OSError:
        return []
    found: list[int] = []
    for _, _, data in ancillary:
        found += memoryview(data[: len(data) - len(data) % 4]).cast("i").tolist()
    return found


def sweep(keep: set[int]) -> None:
    """End what a supervisor left behind that was killed: its processes have become children of this one."""
    while True:
        orphans = [child for child in children(os.getpid()) if child not in keep]
        if not orphans:
            return
        for orphan in orphans:
            kill(orphan, _SIGKILL)
        for orphan in orphans:
            os.waitpid(orphan, 0)


# --- the supervisor of one run -----------------------------------------------------------------------------------------


class Run:
    """One run: its order, its processes, and how it ended."""

    def __init__(self, control: _socket.socket, order: dict[str, Any]) -> None:
        self.control = control
        self.order = order
        self.main = 0  # the program's process
        self.init = 0  # the first process of its pid namespace, when it has one
        self.helpers: set[int] = set()  # processes that are not the program's
        self.status: int | None = None

    def report(self, *values: object) -> None:
        data = marshal.dumps(values)
        try:
            self.control.sendall(len(data).to_bytes(4, "little") + data)
        except OSError:
            return  # the server has gone

    def reap(self) -> bool:
        """Take what has ended; False when no child is left at all."""
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if process == 0:
                return True
            if process == self.main:
                self.status = status


def supervise(descriptors: list[int]) -> NoReturn:
    """Carry out one order, and end."""
    control = _socket.socket(fileno=descriptors[0])
    run = Run(control, marshal.loads(receive(control)))  # noqa: S302  the server wrote it
    outcome: tuple[object, ...] = ()
    try:
        os.setsid()
        prctl(_PR_SET_CHILD_SUBREAPER, 1)
        run.report("begun")
        make_private(run.order)
        start(run, descriptors[1:])
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        run.report("started")
        reason = watch(run)
        end_all(run)
        outcome = ("ended", reason, 0 if run.status is None else os.waitstatus_to_exitcode(run.status))
    except Failure as failure:
        outcome = ("failed", *failure.args)
    except OSError as error:
        outcome = ("failed", "supervisor", error.errno or 0, str(error))
    finally:
        try:
            end_all(run)
            remove_directory(run.order["private"])
        finally:
            if outcome:
                run.report(*outcome)
            os._exit(0)


def receive(control: _socket.socket) -> bytes:
    size = 4
    data = b""
    while len(data) < size:
        part = control.recv(size - len(data))
        if not part:
            os._exit(0)  # the server has gone before it said what to do
        data += part
        if size == 4 and len(data) == 4:  # noqa: PLR2004  bytes of the length
            size, data = int.from_bytes(data, "little"), b""
    return data


def make_private(order: dict[str, Any]) -> None:
    os.mkdir(order["private"], _DIRECTORY_MODE)
    if order["user"] is not None:
        os.chown(order["private"], order["user"], order["user"])


def watch(run: Run) -> str:
    """Wait for the end of the program, and say what ended it: "" when it did so itself."""
    order = run.order
    now = time.monotonic()
    deadline = now + order["seconds"]
    kill_at = float("inf")
    look_at, pause, busy = now + _HASTE, _HASTE, -1.0
    reason = ""
    waiting = select.poll()
    main = os.pidfd_open(run.main)
    waiting.register(main, select.POLLIN)
    waiting.register(run.control.fileno(), select.POLLIN)
    while True:
        pause_now = min(deadline, kill_at, look_at) - now
        for number, _ in waiting.poll(max(pause_now * 1000 + 1, 0)):
            if number == main:
                return reason
            word = run.control.recv(1)
            if word != b"T":
                return reason or "lost"
            reason, deadline, kill_at = "cancelled", float("inf"), time.monotonic() + order["grace"]
            ask_to_end(run)
        now = time.monotonic()
        if now >= deadline:
            reason, deadline, kill_at = "timeout", float("inf"), now + order["grace"]
            ask_to_end(run)
        if now >= kill_at:
            return reason
        if now >= look_at:
            run.reap()
            limit, seconds = measure(run)
            if limit:
                return limit
            pause = min(pause * 1.5, _PATIENCE) if seconds == busy else _HASTE
            busy, look_at = seconds, now + pause


def ask_to_end(run: Run) -> None:
    """SIGTERM for every process of the program, and go on with those that were stopped, so that they hear it."""
    for number in (_SIGTERM, _SIGCONT):
        for process in descendants(os.getpid()):
            if process not in run.helpers:
                kill(process, number)


def end_all(run: Run) -> None:
    """SIGKILL for every process, until none is left."""
    if run.init:
        kill(run.init, _SIGKILL)  # the kernel ends a pid namespace with its first process
    if run.main:
        try:
            os.killpg(run.main, _SIGKILL)
        except OSError:
            pass
    pause = 0.0005
    while run.reap():
        for process in descendants(os.getpid()):
            kill(process, _SIGKILL)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def kill(process: int, number: int) -> None:
    try:
        os.kill(process, number)
    except OSError:
        return  # it has ended


def measure(run: Run) -> tuple[str, float]:
    """The limit that all processes together have passed, or "", and the processor seconds that they used."""
    order = run.order
    tasks, memory, shared = 0, 0, 0
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    ticks = 0
    most = order["processes"] + len(run.helpers)
    processes = descendants(os.getpid(), most=most)
    if len(processes) > most:
        return "processes", 0.0  # every look at one of them would let them make more
    for process in processes:
        try:
            with open(f"/proc/{process}/stat", "rb", 0) as file:  # noqa: PTH123  pathlib is not imported here
                fields = file.read().rpartition(b")")[2].split()
            ticks += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
            if process in run.helpers:
                continue
            tasks += int(fields[17])
            with open(f"/proc/{process}/status", "rb", 0) as file:  # noqa: PTH123  likewise
                for line in file.read().split(b"\n"):
                    if line.startswith((b"RssAnon:", b"VmSwap:")):
                        memory += int(line.split()[1])
                    elif line.startswith(b"RssShmem:"):
                        shared += int(line.split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it has ended
    seconds = usage.ru_utime + usage.ru_stime + ticks / os.sysconf("SC_CLK_TCK")
    if tasks > order["processes"]:
        return "processes", seconds
    if (memory + shared) * 1024 > order["memory"]:
        return "memory", seconds
    if seconds > order["cpu_seconds"]:
        return "cpu_seconds", seconds
    return "", seconds


def children(process: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208  pathlib is not imported here
            with open(f"/proc/{process}/task/{task}/children", "rb", 0) as file:  # noqa: PTH123  likewise
                found += map(int, file.read().split())
    except OSError:
        return found  # it has ended
    return found


def descendants(process: int, *, most: int = sys.maxsize) -> list[int]:
    """All processes below one; when there are more than `most`, more than that many of them."""
    found = children(process)
    for child in found:  # grows while it is walked
        if len(found) > most:
            break
        found += children(child)
    return found


# --- the way into the program ------------------------------------------------------------------------------------------


def start(run: Run, descriptors: list[int]) -> None:
    """Fork the program's process, and wait until it runs the program or says why it does not."""
    order = run.order
    target = enter_namespaces(run) if order["bwrap"] else None
    told, tell = os.pipe()
    born, bear = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.close(told)
            if target is not None:
                drop_user(order)
                join(run, target)
                process = os.fork()
                if process:
                    os.write(bear, process.to_bytes(4, "little"))
                    os._exit(0)
            become(order, descriptors, inside=target is not None)
        except Failure as failure:
            os.write(tell, marshal.dumps(failure.args))
        except OSError as error:
            os.write(tell, marshal.dumps(("process", error.errno or 0, str(error))))
        finally:
            os._exit(127)
    os.close(tell)
    os.close(bear)
    if target is not None:
        os.close(target)
        number = os.read(born, 4)
        os.waitpid(process, 0)  # from now on the program's process is a child of this one
        process = int.from_bytes(number, "little")
    run.main = process
    os.close(born)
    failure_data = os.read(told, 4096)
    os.close(told)
    if failure_data:
        raise Failure(*marshal.loads(failure_data))  # noqa: S302  our own child wrote it


def enter_namespaces(run: Run) -> int:
    """Let bwrap make the namespaces, with a process in them that waits; give a descriptor of that one."""
    order = run.order
    (info, tell_info), (hear, answer), (errors, complain) = os.pipe(), os.pipe(), os.pipe()
    read, write = os.pipe()
    monitor = os.fork()
    if monitor == 0:
        try:
            drop_user(order)
            for source, target in ((read, 0), (answer, 1), (complain, 2)):
                os.dup2(source, target)
            os.set_inheritable(tell_info, True)  # noqa: FBT003  the interface of os
            argv = [part.replace("{info}", str(tell_info)) for part in order["bwrap"]]
            os.execve(argv[0], argv, {"PATH": "/usr/local/bin:/usr/bin:/bin"})
        finally:
            os._exit(127)
    for descriptor in (tell_info, answer, complain, read):
        os.close(descriptor)
    run.helpers.add(monitor)
    os.write(write, b"\n")  # cat gives it back as soon as it runs: then everything is mounted
    ready = os.read(hear, 1)
    if not ready:
        said = os.read(errors, 500).decode("utf-8", "replace").strip()
        raise Failure("bwrap", 0, said or "it ended")
    digits = os.read(info, 4096).partition(b'"child-pid":')[2].split(b",")[0].strip(b" \n}")
    run.init = int(digits)
    inner = children(run.init)
    run.helpers.update((run.init, *inner))
    for descriptor in (info, hear, errors):
        os.close(descriptor)
    return os.pidfd_open(inner[0])  # `write` stays open: cat ends with this process


def join(run: Run, target: int) -> None:
    """Join the namespaces of the process that waits."""
    _call("namespaces", libc.setns(target, _ALL_NAMESPACES))
    port = run.order["listen"]
    if port:
        # A socket belongs to the namespace in which it was made, wherever it is used: the server listens in there.
        listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 0)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        data = marshal.dumps(("listening",))
        run.control.sendmsg(
            [len(data).to_bytes(4, "little") + data],
            [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, listener.fileno().to_bytes(4, "little"))],
        )


def become(order: dict[str, Any], descriptors: list[int], *, inside: bool) -> NoReturn:
    """Give up everything but what the order allows, and become the program. The order of these steps matters."""
    os.setpgid(0, 0)
    os.nice(_POLITENESS)
    for number in (13, 25):  # SIGPIPE, SIGXFSZ: Python ignores them
        libc.signal(number, None)
    for target, source in enumerate(descriptors[:3]):
        if (
            target or order["stdin"]
        ):  # otherwise what the fork server has: /dev/null, by which programs see that there is none
            os.dup2(source, target)
    settle(order, descriptors, inside=inside)
    for limit, soft, hard in order["limits"]:
        resource.setrlimit(limit, (soft, hard))
    if not inside:
        drop_user(order)
    drop_capabilities()
    if not inside:
        prctl(_PR_SET_PDEATHSIG, _SIGKILL)  # after the last change of rights, which would clear it
    _call("no_new_privs", prctl(_PR_SET_NO_NEW_PRIVS, 1))
    if order["handled"]:
        restrict_files(order)
    close_others()
    if order["filter"]:
        restrict_calls(order["filter"])
    try:
        os.execve(order["argv"][0], order["argv"], order["environment"])
    except OSError as error:
        raise Failure("execute", error.errno or 0) from None


def settle(order: dict[str, Any], descriptors: list[int], *, inside: bool) -> None:
    """Go to the working directory: by its descriptor, or by its path where that leads to another mount."""
    if len(descriptors) <= 3:  # noqa: PLR2004  the streams
        try:
            os.chdir(order["directory"])
        except OSError as error:
            raise Failure("directory", error.errno or 0) from None
        return
    if not inside:
        os.fchdir(descriptors[3])
        return
    os.chdir(order["directory"])
    here, meant = os.stat("."), os.fstat(descriptors[3])
    if (here.st_dev, here.st_ino) != (meant.st_dev, meant.st_ino):
        raise Failure("directory", errno.ESTALE)


def drop_user(order: dict[str, Any]) -> None:
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


def restrict_files(order: dict[str, Any]) -> None:
    handled = b"".join(value.to_bytes(8, "little") for value in order["handled"])
    ruleset = _call("landlock", libc.syscall(_LANDLOCK_CREATE, handled, _ulong(len(handled)), 0))
    for path, of_directory, of_file, required in order["rules"]:
        try:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            if required:
                raise Failure("path", error.errno or 0, path) from None
            continue
        is_directory = os.fstat(descriptor).st_mode & _KIND_BITS == _DIRECTORY
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


# --- private directories -----------------------------------------------------------------------------------------------


def remove_directory(path: str) -> None:
    """Remove a directory and all that is in it, however deep, and whatever its modes; nobody else is in it any more."""
    try:
        os.chmod(path, _DIRECTORY_MODE)  # noqa: PTH101  pathlib is not imported here
        top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return
    fresh = os.urandom(8).hex()  # a prefix that nothing in there has
    number = 0
    try:
        while names := os.listdir(top):
            for name in names:
                number = remove_entry(top, name, fresh, number)
        os.rmdir(path)  # noqa: PTH106  likewise
    except OSError:
        return  # what cannot be removed stays: it is in a directory that nobody else may read
    finally:
        os.close(top)


def remove_entry(top: int, name: str, fresh: str, number: int) -> int:
    """Remove one entry; what a directory holds is moved up first, so that depth costs nothing."""
    try:
        os.unlink(name, dir_fd=top)
    except IsADirectoryError:
        os.chmod(name, _DIRECTORY_MODE, dir_fd=top)  # noqa: PTH101  likewise
        inner = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top)
        try:
            for entry in os.listdir(inner):
                try:
                    os.unlink(entry, dir_fd=inner)
                except IsADirectoryError:
                    os.chmod(entry, _DIRECTORY_MODE, dir_fd=inner)  # noqa: PTH101  likewise
                    number += 1
                    os.rename(entry, f"{fresh}.{number}", src_dir_fd=inner, dst_dir_fd=top)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=top)
    return number


def main() -> None:
    link = _socket.socket(fileno=int(sys.argv[1]))
    os.chdir("/")
    prctl(_PR_SET_CHILD_SUBREAPER, 1)
    link.send(b"ready")
    serve(link, sys.argv[2])


if __name__ == "__main__":
    main()
