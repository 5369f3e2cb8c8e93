"""The fork server: a program of its own, which the server starts as `python -I -S forkserver.py LINK DIRECTORY`.

It imports nothing of Seawall but three files beside it, by their path, and next to nothing else; it has one thread, an empty
environment and one descriptor, LINK. For each run it is sent a control connection, forks a supervisor, and forgets it. The
supervisor is told what to prepare, and then its order, with the program's streams: maybe at once, maybe much later. It forks
the program's process, counts what all of its processes use, and ends them all: when the program ends, when it is told to,
when time is up, and at once when the server goes away, which it learns by the end of its control connection.

Orders and reports are `marshal` values behind four bytes of length; the server is trusted, the program never sees them.
What is held, and how strongly, was decided before: rules, limits and filter come with the order (see `orders.py`).
"""

from __future__ import annotations

import _socket
import gc
import marshal
import os
import resource
import select
import sys
import time

TYPE_CHECKING = False  # the module typing is not imported: it costs more than all the others
if TYPE_CHECKING:
    from typing import NoReturn

    from seawall.security.sandbox import clearing, confinement, counting
else:

    def _beside(name: str) -> object:
        """The module in the file of that name beside this one; the package that it belongs to is not imported."""
        module = type(sys)(name)
        type(__loader__)(name, f"{__file__.rpartition('/')[0]}/{name}.py").exec_module(module)
        return module

    clearing, confinement, counting = _beside("clearing"), _beside("confinement"), _beside("counting")

_SIGKILL, _SIGTERM, _SIGCONT = 9, 15, 18
_PR_SET_CHILD_SUBREAPER = 36
_MSG_CMSG_CLOEXEC = 0x40000000
_PRIVATE_MODE = 0o700
_PATIENCE = 0.25  # seconds between two looks at processes that do nothing
_HASTE = 0.01  # and at those that have just begun, or work
_START_SECONDS = 30
_LAST_SECONDS = 3.0  # that supervisors may take when the server has gone
_TIDY_SECONDS = 1.0  # that a run waits for its files to be removed
_LENGTH = 4
_TICKS = os.sysconf("SC_CLK_TCK")


# --- the fork server ---------------------------------------------------------------------------------------------------


def serve(link: _socket.socket, directory: str) -> None:
    """Fork a supervisor for every control connection, until the server goes away and the last one of them has ended."""
    waiting = select.poll()
    waiting.register(link.fileno(), select.POLLIN)
    supervisors: dict[int, int] = {}
    end, orphaned = float("inf"), False
    while end == float("inf") or supervisors:
        for number, _ in waiting.poll(None if end == float("inf") and not orphaned else _HASTE * 1000):
            if number != link.fileno():
                waiting.unregister(number)
                os.close(number)
                os.waitpid(supervisors.pop(number), 0)
                orphaned = True  # it leaves none, unless it was killed
            elif not obey(link, waiting, supervisors):
                waiting.unregister(number)
                end = time.monotonic() + _LAST_SECONDS
        orphaned = orphaned and sweep(set(supervisors.values()))
        if time.monotonic() > end:  # they were stopped, or remove very many files, as is done below
            for process in supervisors.values():
                kill(process, _SIGKILL)
    while orphaned and sweep(set()):
        time.sleep(_HASTE)
    clearing.remove_directory(directory)


def obey(link: _socket.socket, waiting: select.poll, supervisors: dict[int, int]) -> bool:
    """Fork a supervisor, or kill one, as the server says; False when it has gone."""
    data, descriptors = receive_message(link)
    if descriptors:
        process = fork_supervisor(descriptors, [link.fileno(), *supervisors])
        for descriptor in descriptors:
            os.close(descriptor)
        if process:
            watch = os.pidfd_open(process)
            supervisors[watch] = process
            waiting.register(watch, select.POLLIN)
    elif (abandoned := int.from_bytes(data, "little")) in supervisors.values():
        kill(abandoned, _SIGKILL)  # as long as it was not waited for, nobody else has its number
    return bool(data)


def fork_supervisor(descriptors: list[int], others: list[int]) -> int:
    """Its process; 0 when there are too many processes: then the end of its control connection tells the server."""
    try:
        process = os.fork()
    except OSError:
        return 0
    if process == 0:
        for other in others:
            os.close(other)
        supervise(descriptors)
    return process


def receive_message(link: _socket.socket) -> tuple[bytes, list[int]]:
    """The control connection of the next run, or the number of a supervisor that is to end; no data when the server has gone.

    There is no connection either when there is no room for it: the kernel has closed it then, by which the server knows.
    """
    try:
        data, ancillary, _, _ = link.recvmsg(_LENGTH, 256, _MSG_CMSG_CLOEXEC)
    except OSError:
        return b"", []
    return data, descriptors_in(ancillary)


def descriptors_in(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    """Those of SCM_RIGHTS, the only messages that come."""
    found: list[int] = []
    for _, _, data in ancillary:
        found += memoryview(data[: len(data) - len(data) % 4]).cast("i").tolist()
    return found


def sweep(keep: set[int]) -> bool:
    """End what a supervisor left behind that was killed: its processes have become children of this one.

    Gives whether some are still there. None is waited for: the first process of a pid namespace ends only after this one
    has taken the end of the others that came into it, and a process that hangs in the kernel must keep nobody else.
    """
    orphans = [child for child in counting.children(os.getpid()) if child not in keep]
    for orphan in orphans:
        kill(orphan, _SIGKILL)
    for orphan in orphans:
        os.waitpid(orphan, os.WNOHANG)
    return bool(orphans)


# --- the supervisor of one run -----------------------------------------------------------------------------------------


class Run:
    """One run: its order, its processes, and how it ended."""

    def __init__(self, control: _socket.socket, order: confinement.Order) -> None:
        self.control = control
        self.order = order
        self.target = -1  # a process in the namespaces that were made for it
        self.main = 0  # the program's process
        self.init = -1  # a descriptor of the first process of its pid namespace, when it has one
        self.helpers: set[int] = set()  # processes that are not the program's
        self.status: int | None = None
        self.seen: dict[tuple[int, int], int] = {}  # clock ticks by process and its start
        self.gone = 0  # those of processes that have ended

    def report(self, *values: str | int) -> None:
        """Tell the server."""
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
    run = Run(control, marshal.loads(receive(control)[0]))  # noqa: S302  the server wrote it
    outcome: tuple[str | int, ...] = ()
    try:
        os.setsid()
        confinement.prctl(_PR_SET_CHILD_SUBREAPER, 1)
        make_private(run.order)
        prepare(run)
        order, streams = receive(control)
        run.order.update(marshal.loads(order))  # noqa: S302  the server wrote it
        check_prepared(run)
        check_wanted(run)
        run.report("begun", os.getpid())
        start(run, streams)
        for descriptor in streams:
            os.close(descriptor)
        run.report("started")
        reason = watch(run)
        end_all(run)
        outcome = ("ended", reason, 0 if run.status is None else os.waitstatus_to_exitcode(run.status))
    except confinement.FailureError as failure:
        outcome = ("failed", *failure.args)
    except ServerGoneError:
        pass
    except OSError as error:
        outcome = ("failed", "supervisor", error.errno or 0, str(error))
    finally:
        try:
            finish(run, outcome)
        finally:
            os._exit(0)


def finish(run: Run, outcome: tuple[str | int, ...]) -> None:
    """Leave nothing, and say so. What takes long to remove is removed when nobody waits for it any more."""
    removed = True
    try:
        end_all(run)
        removed = clearing.remove_directory(run.order["private"], seconds=_TIDY_SECONDS)
    finally:
        if outcome:
            run.report(*outcome)
    if not removed:
        run.control.close()
        clearing.remove_directory(run.order["private"])


class ServerGoneError(OSError):
    """The server has gone, or wants nothing of this supervisor any more."""


def receive(control: _socket.socket) -> tuple[bytes, list[int]]:
    """What is told next, whole, and the descriptors that came with it."""
    size, data, descriptors = _LENGTH, b"", []
    while len(data) < size:
        part, ancillary, _, _ = control.recvmsg(size - len(data), 256, _MSG_CMSG_CLOEXEC)
        if not part:
            raise ServerGoneError
        descriptors += descriptors_in(ancillary)
        data += part
        if size == _LENGTH == len(data):
            size, data = int.from_bytes(data, "little"), b""
    return data, descriptors


def prepare(run: Run) -> None:
    """Make the namespaces, and remember what was there just before: whatever changes from then on is noticed."""
    if run.order["bwrap"]:
        run.order["shown"] = [identity(path) for path in run.order["paths"]]
        run.target = enter_namespaces(run)


def check_prepared(run: Run) -> None:
    """What was shown must still be what lies there: it may be a while since."""
    for path, before in zip(run.order["paths"], run.order.get("shown", ()), strict=False):
        if identity(path) != before:
            raise confinement.FailureError("stale", 0, path)


def check_wanted(run: Run) -> None:
    """What was ended before it began is never begun, however late that is."""
    waiting = select.poll()
    waiting.register(run.control.fileno(), select.POLLIN)
    if waiting.poll(0):
        raise ServerGoneError


def identity(path: str) -> tuple[int, int]:
    """By which a file or directory is known, whatever its name."""
    status = os.stat(path)  # noqa: PTH116  pathlib is not imported here
    return status.st_dev, status.st_ino


def make_private(order: confinement.Order) -> None:
    """Make the run's private directory, for its user."""
    os.mkdir(order["private"], _PRIVATE_MODE)  # noqa: PTH102  pathlib is not imported here
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
        for process in counting.descendants(os.getpid()):
            if process not in run.helpers:
                kill(process, number)


def end_all(run: Run) -> None:
    """SIGKILL for every process, until none is left."""
    if run.init >= 0:
        confinement.kill_known(run.init)  # the kernel ends a pid namespace with its first process
    if run.main:
        kill(-run.main, _SIGKILL)  # its group: all of it at once, however fast it forks
    pause = 0.0005
    while run.reap():
        for process in counting.descendants(os.getpid()):
            kill(process, _SIGKILL)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.02)


def kill(process: int, number: int) -> None:
    """Send a signal to a process, or to a group when the number is negative."""
    try:
        os.kill(process, number)
    except OSError:
        return  # it has ended


def measure(run: Run) -> tuple[str, float]:
    """The limit that all processes together have passed, or "", and the processor seconds that they used."""
    order = run.order
    most = order["processes"] + len(run.helpers)
    processes = counting.descendants(os.getpid(), most=most)
    if len(processes) > most:
        return "processes", 0.0  # every look at one of them would let them make more
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    waited = 0
    tasks = memory = 0
    seen: dict[tuple[int, int], int] = {}
    for process in processes:
        try:
            own, of_children, threads, began = counting.times_and_threads(process)
            waited += own + of_children
            seen[process, began] = own
            if process not in run.helpers:
                tasks += threads
                memory += counting.memory_of(process)
        except (OSError, ValueError, IndexError):
            continue  # it has ended
    # What nobody waited for is in no other's times: it is known as far as it was seen.
    run.gone += sum(ticks for known, ticks in run.seen.items() if known not in seen)
    run.seen = seen
    seconds = max(usage.ru_utime + usage.ru_stime + waited / _TICKS, (run.gone + sum(seen.values())) / _TICKS)
    for limit, used in (("processes", tasks), ("memory", memory), ("cpu_seconds", seconds)):
        if used > order[limit]:
            return limit, seconds
    return "", seconds


# --- the way into the program ------------------------------------------------------------------------------------------


def start(run: Run, descriptors: list[int]) -> None:
    """Fork the program's process, and wait until it runs the program or says why it does not."""
    order = run.order
    target = run.target
    told, tell = os.pipe()
    born, bear = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.close(told)
            if target >= 0:
                confinement.drop_user(order)
                confinement.join(run.control, order, target)
                process = os.fork()
                if process:
                    os.write(bear, process.to_bytes(4, "little"))
                    os._exit(0)
            confinement.become(order, descriptors, inside=target >= 0)
        except confinement.FailureError as failure:
            os.write(tell, marshal.dumps(failure.args))
        except OSError as error:
            os.write(tell, marshal.dumps(("process", error.errno or 0, str(error))))
        finally:
            os._exit(127)
    os.close(tell)
    os.close(bear)
    if target >= 0:
        os.close(target)
        number = os.read(born, 4)
        os.waitpid(process, 0)  # from now on the program's process is a child of this one
        process = int.from_bytes(number, "little")
    run.main = process
    os.close(born)
    await_word(run, told)
    failure_data = os.read(told, 4096)
    os.close(told)
    if failure_data:
        raise confinement.FailureError(*marshal.loads(failure_data))  # noqa: S302  our own child wrote it


def await_word(run: Run, descriptor: int) -> None:
    """Wait until a process that is being started says something, unless the server goes away before."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    waiting.register(run.control.fileno(), select.POLLRDHUP)
    ready = [number for number, _ in waiting.poll(_START_SECONDS * 1000)]
    if descriptor not in ready:
        raise confinement.FailureError("start", 0, "it was ended" if ready else "it took too long")


def enter_namespaces(run: Run) -> int:
    """Let bwrap make the namespaces, with a process in them that waits; give a descriptor of that one."""
    order = run.order
    (info, tell_info), (hear, answer), (errors, complain) = os.pipe(), os.pipe(), os.pipe()
    read, write = os.pipe()
    monitor = os.fork()
    if monitor == 0:
        try:
            confinement.drop_user(order)
            for source, target in ((read, 0), (answer, 1), (complain, 2)):
                os.dup2(source, target)
            os.set_inheritable(tell_info, True)  # noqa: FBT003  the interface of os
            argv = [part.replace("{info}", str(tell_info)) for part in order["bwrap"]]
            os.execve(argv[0], argv, {"PATH": "/usr/local/bin:/usr/bin:/bin"})  # noqa: S606  there is no shell
        finally:
            os._exit(127)
    for descriptor in (tell_info, answer, complain, read):
        os.close(descriptor)
    run.helpers.add(monitor)
    os.write(write, b"\n")  # cat gives it back as soon as it runs: then everything is mounted
    await_word(run, hear)
    ready = os.read(hear, 1)
    if not ready:
        said = os.read(errors, 500).decode("utf-8", "replace").strip()
        raise confinement.FailureError("bwrap", 0, said or "it ended")
    digits = os.read(info, 4096).partition(b'"child-pid":')[2].split(b",")[0].strip(b" \n}")
    init = int(digits)
    run.init = os.pidfd_open(init)
    inner = counting.children(init)
    run.helpers.update((init, *inner))
    for descriptor in (info, hear, errors):
        os.close(descriptor)
    return os.pidfd_open(inner[0])  # `write` stays open: cat ends with this process


def main() -> None:
    """Serve, until the server goes away."""
    link = _socket.socket(fileno=int(sys.argv[1]))
    os.chdir("/")
    confinement.prctl(_PR_SET_CHILD_SUBREAPER, 1)
    confinement.ignore_ends()
    gc.freeze()  # what is there already is never looked at again, and so stays shared with every child
    link.send(b"ready")
    serve(link, sys.argv[2])


if __name__ == "__main__":
    main()
