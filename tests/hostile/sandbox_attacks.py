"""What hostile programs try: one row a program, in Python, shell or Perl, each of them run for real in the sandbox.

A program that gets where it must not get says `ESCAPED`; what it changed outside is looked for as well. Bombs are bounded
by themselves, so that a guard that fails costs a test and not the machine. `tier` is the weakest that promises to hold it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from seawall.security.sandbox import Ceiling, Tier

__all__ = ["ATTACKS", "MEGABYTE", "PREAMBLE", "PROVABLE", "Attack"]

MEGABYTE: Final = 1024 * 1024
_ROOMY: Final = Ceiling(
    memory=512 * MEGABYTE, processes=64, cpu_seconds=20, file_size=16 * MEGABYTE, output=256 * 1024
)

PREAMBLE: Final = """
import ctypes, os, signal, socket, struct, sys, time
E = os.environ
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
L = ctypes.c_ulong
SERVER, VICTIM = int(E["SERVER"]), int(E["VICTIM"])
def nr(x86, arm): return x86 if os.uname().machine == "x86_64" else arm
def call(*numbers):
    answer = libc.syscall(*(n if isinstance(n, (bytes, type(None))) else L(n) for n in numbers))
    if answer < 0: raise OSError(ctypes.get_errno(), "refused")
    return True
def c(answer):
    if answer < 0: raise OSError(ctypes.get_errno(), "refused")
    return True
def attempt(*ways):
    for number, way in enumerate(ways):
        try:
            if way(): print("ESCAPED", number, flush=True)
        except (OSError, ValueError, AttributeError) as error:
            print("held", number, error, flush=True)
def read(path):
    with open(path, "rb") as file: return file.read(1) or True
def write(path, mode="w"):
    with open(path, mode) as file: file.write("ESCAPED")
    return True
"""


@dataclass(frozen=True)
class Attack:
    """One hostile program.

    Attributes:
        name: what it tries.
        text: the program.
        program: what runs it.
        tier: the weakest that promises to hold it.
        endings: how the run may end, by the names of the endings; any way when empty.
        ceiling: what it may use.
        seconds: when it is ended.
        network: hosts on its list.
        limit: which limit it reaches, when that is the point.
    """

    name: str
    text: str
    program: str = "python3"
    tier: Tier = Tier.LANDLOCK
    endings: frozenset[str] = frozenset()
    ceiling: Ceiling = _ROOMY
    seconds: float = 20.0
    network: frozenset[str] = field(default_factory=frozenset)
    limit: str = ""


_LIMITED: Final = frozenset({"LimitReached", "Killed"})
_ANY: Final = Tier.LIMITS


def _ceiling(
    *,
    memory: int = 512,
    processes: int = 64,
    cpu: int = 20,
    file: int = 16,
    output: int = 256 * 1024,
    files: int = 256,
) -> Ceiling:
    return Ceiling(memory * MEGABYTE, processes, cpu, file * MEGABYTE, output, files)


_READING = (
    Attack(
        "reads the users of the machine", 'attempt(lambda: read("/etc/passwd"), lambda: read("/etc/shadow"))'
    ),
    Attack("reads a secret outside", 'attempt(lambda: read(E["SECRET"]))'),
    Attack(
        "reads a sibling whose name begins alike", 'attempt(lambda: read(E["WORKSPACE"] + "_evil/secret"))'
    ),
    Attack(
        "reads outside with dots",
        'attempt(lambda: read(E["WORKSPACE"] + "/../secret"), lambda: read("../secret"))',
    ),
    Attack(
        "reads outside through a link of its own",
        'os.symlink(E["SECRET"], "link"); attempt(lambda: read("link"))',
    ),
    Attack(
        "reads outside through a link that lay there",
        'attempt(lambda: read("planted"), lambda: read("planted_up/secret"))',
    ),
    Attack("hard-links a file from outside", 'attempt(lambda: os.link(E["SECRET"], "hard") or read("hard"))'),
    Attack(
        "reads the environment and memory of the server",
        'attempt(*[lambda f=f: read(f"/proc/{SERVER}/{f}") for f in ("environ", "mem", "maps", "fd/0", "root/etc/passwd", "cwd/secret")])',
    ),
    Attack(
        "reads the environment of every process",
        """
found = []
for number in [*range(1, 50), SERVER, VICTIM, os.getppid()]:
    try: found.append(b"CANARY" in open(f"/proc/{number}/environ", "rb").read())
    except OSError: pass
attempt(lambda: any(found))
""",
    ),
    Attack(
        "finds the secrets of the server in its own environment",
        'attempt(lambda: any("CANARY" in v for v in E.values()))',
        tier=_ANY,
    ),
    Attack(
        "finds descriptors that it was not given",
        """
def extra():
    for number in range(3, 1024):
        try: os.fstat(number)
        except OSError: continue
        return True
attempt(extra)
""",
        tier=_ANY,
    ),
    Attack(
        "walks its own root through /proc",
        'attempt(lambda: read("/proc/self/root" + E["SECRET"]), lambda: read("/proc/1/root" + E["SECRET"]))',
    ),
    Attack(
        "opens a file by its handle",
        """
def handle():
    buffer = ctypes.create_string_buffer(struct.pack("Ii", 128, 0), 136); mount = ctypes.c_int()
    c(libc.name_to_handle_at(-100, E["SECRET"].encode(), buffer, ctypes.byref(mount), 0))
    return True
attempt(handle, lambda: c(libc.open_by_handle_at(-100, ctypes.create_string_buffer(136), 0)))
""",
    ),
    Attack(
        "lists a directory outside",
        'attempt(lambda: os.listdir(E["OUTSIDE"]) or True, lambda: os.listdir("/root") or True, lambda: os.listdir("/tmp") or True)',
    ),
    Attack(
        "listens to what happens in a directory outside",
        'attempt(lambda: c(libc.inotify_add_watch(libc.inotify_init1(0), E["OUTSIDE"].encode(), 0xFFF)))',
    ),
    Attack(
        "reads disks and kernel memory",
        'attempt(*[lambda d=d: read(d) for d in ("/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/proc/kcore", "/proc/kallsyms", "/sys/kernel/notes")])',
    ),
)
_WRITING = (
    Attack(
        "writes outside", 'attempt(lambda: write(E["OUTSIDE"] + "/new"), lambda: write(E["SECRET"], "a"))'
    ),
    Attack(
        "writes outside through a link of its own",
        'os.symlink(E["OUTSIDE"], "way"); attempt(lambda: write("way/new2"))',
    ),
    Attack(
        "writes outside through a link that lay there",
        'attempt(lambda: write("planted", "a"), lambda: write("planted_up/outside/new3"))',
    ),
    Attack(
        "writes what it may only read",
        'attempt(lambda: write(E["READABLE"] + "/new"), lambda: write(E["READABLE"] + "/file", "a"), lambda: os.unlink(E["READABLE"] + "/file") or True)',
    ),
    Attack(
        "truncates a file outside",
        'attempt(lambda: os.truncate(E["SECRET"], 0) or True, lambda: os.truncate(E["READABLE"] + "/file", 0) or True)',
    ),
    Attack(
        "moves a file out, and one in",
        'write("mine"); attempt(lambda: os.rename("mine", E["OUTSIDE"] + "/moved") or True, lambda: os.rename(E["SECRET"], "taken") or True)',
    ),
    Attack(
        "removes what lies outside",
        'attempt(lambda: os.unlink(E["SECRET"]) or True, lambda: os.rmdir(E["OUTSIDE"] + "/empty") or True)',
    ),
    Attack(
        "changes modes, owners and times outside",
        """
S = E["SECRET"]
attempt(lambda: os.chmod(S, 0o777) or True, lambda: os.chown(S, os.getuid(), os.getgid()) or True,
        lambda: os.utime(S, (1, 1)) or True, lambda: os.setxattr(S, "user.x", b"1") or True,
        lambda: os.chmod(E["READABLE"] + "/file", 0o777) or True,
        lambda: os.fchmod(os.open(E["READABLE"] + "/file", os.O_RDONLY), 0o777) or True)
""",
    ),
    Attack(
        "leaves files in shared directories",
        """
attempt(*[lambda d=d: write(d + "/seawall-" + E["CASE"]) for d in ("/tmp", "/var/tmp", "/run", "/run/lock", "/dev/mqueue")])
try: write("/dev/shm/seawall-" + E["CASE"])   # in namespaces it has one of its own: the table looks whether it is the machine's
except OSError: pass
write(E["TMPDIR"] + "/mine")
""",
    ),
    Attack(
        "hides a tree from whoever cleans up",
        """
d = E["TMPDIR"]
for _ in range(300):
    os.mkdir(d + "/d"); os.chdir(d + "/d"); d = "."
    open("f", "w").close()
try: os.chmod(E["TMPDIR"] + "/d", 0)
except OSError: pass
os.symlink("/", "root")
""",
        tier=_ANY,
    ),
    Attack(
        "makes devices and sockets",
        'attempt(lambda: os.mknod("null", 0o020666, os.makedev(1, 3)) or True, lambda: os.mknod("disk", 0o060666, os.makedev(8, 0)) or True, lambda: os.mknod("sock", 0o140666) or True)',
    ),
    Attack(
        "executes what it wrote",
        """
write("own"); open("own", "w").write("#!/bin/sh\\necho ESCAPED\\n")
try: os.fchmod(os.open("own", os.O_RDONLY), 0o755)
except OSError: pass
attempt(lambda: os.posix_spawn("./own", ["own"], {}) and os.wait()[1] == 0)
""",
    ),
    Attack(
        "becomes another user",
        "attempt(lambda: os.setuid(1234) or True, lambda: os.setgid(1234) or True, lambda: os.setgroups([0]) or True)",
        tier=_ANY,
    ),
    Attack(
        "uses a program that gives rights",
        """
import glob
if os.getuid() == 0: print("held"); sys.exit()
os.execv("/bin/sh", ["sh", "-c", "for p in /bin/su /usr/bin/passwd /usr/bin/chsh; do [ -u $p ] && echo is there; done; id -u | grep -qx 0 && echo ESCAPED; exit 0"])
""",
    ),
    Attack(
        "has rights of root",
        """
header = (ctypes.c_uint32 * 2)(0x20080522, 0); data = (ctypes.c_uint32 * 6)()
libc.capget(header, data)
attempt(lambda: any(data), lambda: os.chroot("/") or True, lambda: os.listdir('/proc/1/fd') and False)
""",
        tier=_ANY,
    ),
)
_CONNECTING = (
    Attack(
        "connects to a port of this machine",
        'attempt(lambda: socket.create_connection(("127.0.0.1", int(E["TCP"])), 2), lambda: socket.create_connection(("::1", int(E["TCP"])), 2))',
        tier=_ANY,
    ),
    Attack(
        "connects to another host",
        'attempt(lambda: socket.create_connection((E["HOST"], int(E["HOST_PORT"])), 2))',
        tier=_ANY,
    ),
    Attack(
        "sends datagrams",
        """
def send(family, host, port=int(E["UDP"])): return socket.socket(family, socket.SOCK_DGRAM).sendto(b"x", (host, port))
attempt(lambda: send(socket.AF_INET, "127.0.0.1"), lambda: send(socket.AF_INET6, "::1"), lambda: send(socket.AF_INET, E["HOST"], int(E["HOST_PORT"])))
""",
        tier=_ANY,
    ),
    Attack(
        "asks a name server",
        """
query = b"\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x06secret\\x07example\\x00\\x00\\x01\\x00\\x01"
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(query, ("127.0.0.1", int(E["UDP"]))))
""",
        tier=_ANY,
    ),
    Attack(
        "connects to a socket of the machine, as of a container engine",
        """
def unix(kind):
    s = socket.socket(socket.AF_UNIX, kind); s.connect(E["SOCKET"]); return True
attempt(lambda: unix(socket.SOCK_STREAM), lambda: unix(socket.SOCK_SEQPACKET))
""",
        tier=_ANY,
    ),
    Attack(
        "sends to a datagram socket of the machine, as of the log",
        """
a, b = 0, 0
def pair():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); return a.sendto(b"x", E["LOG"])
attempt(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", E["LOG"]), pair)
""",
        tier=_ANY,
    ),
    Attack(
        "connects to an abstract socket",
        """
def abstract():
    s = socket.socket(socket.AF_UNIX); s.connect("\\0" + E["ABSTRACT"]); return True
attempt(abstract)
""",
        tier=_ANY,
    ),
    Attack(
        "opens sockets of every other family",
        """
attempt(*[lambda f=f, k=k: socket.socket(f, k, 0) for f in (1, 4, 5, 9, 10, 15, 16, 17, 21, 29, 30, 31, 38, 40, 42, 43, 44) for k in (1, 2, 3, 5)])
""",
        tier=_ANY,
    ),
    Attack(
        "opens other protocols over IP while it has a list of hosts",
        """
attempt(*[lambda k=k, p=p: socket.socket(2, k, p) for k, p in ((1, 132), (1, 262), (2, 0), (2, 17), (3, 1), (3, 255), (5, 132))])
""",
        network=frozenset({"example.com"}),
    ),
    Attack(
        "connects past its list of hosts",
        """
attempt(lambda: socket.create_connection(("127.0.0.1", int(E["TCP"])), 2), lambda: socket.create_connection((E["HOST"], int(E["HOST_PORT"])), 2))
def fast():
    s = socket.socket(); s.settimeout(2); s.sendto(b"x", 0x20000000, ("127.0.0.1", int(E["TCP"]))); return True
def listen():
    s = socket.socket(); s.listen(1); return True
attempt(fast, listen, lambda: socket.create_server(("127.0.0.1", 0)))
""",
        network=frozenset({"example.com"}),
    ),
    Attack(
        "asks the proxy for a host that is not on its list",
        """
def ask(target, credential=None):
    import base64
    address = E["https_proxy"].removeprefix("http://"); user, _, place = address.rpartition("@"); host, _, port = place.partition(":")
    s = socket.create_connection((host, int(port)), 5)
    user = base64.b64encode((credential or user).encode()).decode()
    s.sendall(f"CONNECT {target} HTTP/1.1\\r\\nProxy-Authorization: Basic {user}\\r\\n\\r\\n".encode())
    answer = s.recv(200); print(answer); return b" 200 " in answer
attempt(lambda: ask("127.0.0.1:" + E["TCP"]), lambda: ask(E["HOST"] + ":" + E["HOST_PORT"]), lambda: ask("localhost:" + E["TCP"]),
        lambda: ask("example.com:443", "run:wrong"), lambda: ask("[::1]:" + E["TCP"]), lambda: ask("0x7f000001:" + E["TCP"]))
""",
        network=frozenset({"example.com"}),
    ),
)
_OTHERS = (
    Attack(
        "kills the server",
        """
attempt(*[lambda n=n: os.kill(SERVER, n) or True for n in (0, 9, 15, 19)], lambda: os.kill(int(E["FORK_SERVER"]), 9) or True,
        lambda: os.getppid() > 0 and (os.kill(os.getppid(), 9) or True))
""",
        tier=_ANY,
    ),
    Attack(
        "kills the server by other calls",
        """
attempt(lambda: call(nr(234, 131), SERVER, SERVER, 9), lambda: call(nr(200, 130), SERVER, 9),
        lambda: call(nr(129, 138), SERVER, 9, bytes(128)), lambda: call(424, os.pidfd_open(SERVER), 9, 0, 0),
        lambda: SERVER > 1 and (os.killpg(SERVER, 9) or True))
""",
        tier=_ANY,
    ),
    Attack(
        "kills another process of its user",
        """
def owner():
    s = socket.socketpair()[0]; import fcntl
    fcntl.fcntl(s, 8, VICTIM); fcntl.fcntl(s, 10, 9); return False
attempt(lambda: os.kill(VICTIM, 9) or True, lambda: signal.pidfd_send_signal(os.pidfd_open(VICTIM), 9) or True, owner)
""",
    ),
    # The kernel says yes to this even when it let none of them be killed: the table looks for the victim.
    Attack("kills everything that it can", "attempt(lambda: os.kill(-1, 9) and False)"),
    Attack(
        "traces the server",
        """
P = SERVER
attempt(lambda: c(libc.ptrace(16, P, 0, 0)), lambda: c(libc.ptrace(0x4206, P, 0, 0)), lambda: c(libc.ptrace(16, VICTIM, 0, 0)),
        lambda: call(312, P, os.getpid(), 0, 0, 0) if nr(1, 0) else call(272, P, os.getpid(), 0, 0, 0))
""",
        tier=_ANY,
    ),
    Attack(
        "reads and writes the memory of the server",
        """
class V(ctypes.Structure): _fields_ = [("b", ctypes.c_void_p), ("l", ctypes.c_size_t)]
b = ctypes.create_string_buffer(8); v = V(ctypes.addressof(b), 8); w = V(0x400000, 8)
attempt(*[lambda p=p, f=f: c(f(p, ctypes.byref(v), 1, ctypes.byref(w), 1, 0)) for p in (SERVER, VICTIM) for f in (libc.process_vm_readv, libc.process_vm_writev)])
""",
        tier=_ANY,
    ),
    Attack(
        "takes descriptors of the server",
        "attempt(*[lambda n=n: call(438, os.pidfd_open(SERVER), n, 0) for n in range(5)])",
        tier=_ANY,
    ),
    Attack(
        "lowers limits and priority of the server",
        """
import resource
attempt(lambda: resource.prlimit(SERVER, resource.RLIMIT_NOFILE, (3, 3)), lambda: os.setpriority(os.PRIO_PROCESS, SERVER, 19) or True,
        lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19) or True, lambda: os.sched_setaffinity(SERVER, {0}) or True,
        lambda: os.sched_setscheduler(SERVER, 5, os.sched_param(0)) or True)
""",
        tier=_ANY,
    ),
    Attack(
        "makes namespaces",
        """
libc.unshare.argtypes = (ctypes.c_int,)
flags = (0x10000000, 0x20000, 0x20000000, 0x40000000, 0x8000000, 0x4000000, 0x2000000, 0x80)
def clone(flag):
    p = call(nr(56, 220), flag | 17, 0, 0, 0, 0)
    return True
attempt(*[lambda f=f: c(libc.unshare(f)) for f in flags], *[lambda f=f: clone(f) for f in flags[:7]], lambda: call(435, bytes(88), 88))
""",
        tier=_ANY,
    ),
    Attack(
        "joins namespaces",
        'attempt(*[lambda f=f: c(libc.setns(os.open("/proc/self/ns/" + f, 0), 0)) for f in ("user", "mnt", "net", "pid")], lambda: c(libc.setns(os.pidfd_open(SERVER), 0x20000)))',
        tier=_ANY,
    ),
    Attack(
        "mounts",
        """
attempt(lambda: c(libc.mount(b"none", E["WORKSPACE"].encode(), b"tmpfs", L(0), None)), lambda: c(libc.umount2(b"/", 2)),
        lambda: call(430, b"tmpfs", 0), lambda: call(428, -100, b"/", 1), lambda: call(442, -100, b"/", 0, bytes(32), 32))
""",
        tier=_ANY,
    ),
    Attack("uses io_uring", "attempt(lambda: call(425, 8, bytes(120)))", tier=_ANY),
    Attack(
        "uses the keyring",
        'attempt(lambda: call(nr(248, 217), b"user", b"seawall", b"x", 1, 0xFFFFFFFD), lambda: call(nr(250, 219), 0, 0xFFFFFFFD, 0), lambda: call(nr(249, 218), b"user", b"seawall", None, 0))',
        tier=_ANY,
    ),
    Attack(
        "uses bpf, perf, userfaultfd and the like",
        """
attempt(lambda: call(nr(321, 280), 0, bytes(72), 72), lambda: call(nr(298, 241), bytes(128), 0, -1, -1, 0), lambda: call(nr(323, 282), 1),
        lambda: call(nr(246, 104), 0, 0, 0, 0), lambda: call(nr(175, 105), 0, 0, b""), lambda: call(447, 0), lambda: call(nr(300, 262), 0, 0))
""",
        tier=_ANY,
    ),
    Attack(
        "uses memory and queues that outlive it",
        'attempt(lambda: call(nr(29, 194), 0x5EA, 4096, 0o1666), lambda: call(nr(64, 190), 0x5EA, 1, 0o1666), lambda: call(nr(68, 186), 0x5EA, 0o1666), lambda: call(nr(240, 180), b"seawall", 0o102, 0o600, None))',
        tier=_ANY,
    ),
    Attack(
        "types into a terminal",
        """
import fcntl
def tty(path, request): fcntl.ioctl(os.open(path, os.O_RDWR), request, b"x"); return True
attempt(*[lambda p=p, r=r: tty(p, r) for p in ("/dev/tty", "/dev/null", "/dev/pts/ptmx", "/dev/console") for r in (0x5412, 0x541C)])
""",
    ),
    Attack(
        "speaks as another architecture",
        """
def x32():
    if nr(0, 1): raise OSError("not here")
    return call(0x40000000 + 39)
attempt(x32, lambda: c(libc.personality(0x0400000)) , lambda: call(500), lambda: call(1000))
""",
        tier=_ANY,
    ),
    Attack(
        "makes 32-bit system calls",
        """
import mmap
if os.uname().machine != "x86_64": print("held"); sys.exit()
code = mmap.mmap(-1, 4096, prot=7); code.write(bytes.fromhex("b814000000cd80c3"))   # getpid by int 0x80
ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))()
print("ESCAPED")
""",
        tier=_ANY,
    ),
)
_SURVIVING = (
    Attack("leaves a child behind", "sleep 321 & exit 0", "sh", _ANY),
    Attack("leaves a child that ignores hanging up", "nohup sleep 321 >/dev/null 2>&1 & exit 0", "sh", _ANY),
    Attack(
        "leaves a daemon in a session of its own",
        "setsid sleep 321 & setsid -f sleep 321; (setsid setsid sleep 321 &) ; exit 0",
        "sh",
        _ANY,
    ),
    Attack(
        "leaves a daemon by the book",
        """
if os.fork(): os._exit(0)
try: os.setsid()
except OSError: pass
if os.fork(): os._exit(0)
for n in range(3): os.close(n)
time.sleep(321)
""",
        tier=_ANY,
    ),
    Attack(
        "leaves a daemon, in Perl",
        'use POSIX; for (1..5) { if (!fork) { eval { POSIX::setsid() }; if (!fork) { $SIG{TERM} = "IGNORE"; sleep 321 } exit } } exit',
        "perl",
        _ANY,
    ),
    Attack(
        "changes its group",
        """
for _ in range(4):
    if not os.fork():
        try: os.setpgid(0, 0)
        except OSError: pass
        time.sleep(321)
""",
        tier=_ANY,
    ),
    Attack(
        "stops itself", "kill -STOP $$; sleep 321", "sh", _ANY, endings=frozenset({"TimedOut"}), seconds=1.0
    ),
    Attack(
        "stops its children",
        """
for _ in range(5):
    if not os.fork(): os.kill(os.getpid(), signal.SIGSTOP); time.sleep(321)
time.sleep(321)
""",
        tier=_ANY,
        endings=frozenset({"TimedOut"}),
        seconds=1.5,
    ),
    Attack(
        "ignores being asked to end",
        """
for n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)
for _ in range(3): os.fork()
while True: time.sleep(321)
""",
        tier=_ANY,
        endings=frozenset({"TimedOut"}),
        seconds=1.5,
    ),
    Attack(
        "answers being asked to end with children",
        """
def more(*_):
    for _ in range(5):
        if not os.fork(): signal.signal(15, signal.SIG_IGN); time.sleep(321)
signal.signal(15, more)
while True: time.sleep(0.1)
""",
        tier=_ANY,
        endings=frozenset({"TimedOut"}),
        seconds=1.5,
    ),
    Attack("hangs", "sleep 321", "sh", _ANY, endings=frozenset({"TimedOut"}), seconds=0.5),
    Attack(
        "closes its output and stays",
        "exec >&- 2>&-; sleep 321",
        "sh",
        _ANY,
        endings=frozenset({"TimedOut"}),
        seconds=0.5,
    ),
    Attack(
        "runs away by forking and ending",
        """
for _ in range(400):
    if os.fork(): os._exit(0)
time.sleep(321)
""",
        tier=_ANY,
        ceiling=_ceiling(),
        endings=frozenset({"Exited"}),
    ),
)
_USING_UP = (
    Attack(
        "multiplies",
        """
end = time.monotonic() + 5; made = 0
while time.monotonic() < end and made < 12:          # 2**12 at most
    try: os.fork(); made += 1
    except OSError: break
time.sleep(30)
""",
        tier=_ANY,
        ceiling=_ceiling(processes=40),
        seconds=4.0,
    ),
    Attack(
        "multiplies, in shell",
        "b() { [ $1 -gt 9 ] && sleep 30; b $(($1+1)) & b $(($1+1)) & wait; }; b 0",
        "sh",
        _ANY,
        ceiling=_ceiling(processes=40),
        seconds=4.0,
    ),
    Attack(
        "makes threads",
        """
import threading
for _ in range(2000):
    try: threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
    except (RuntimeError, MemoryError): break
time.sleep(30)
""",
        tier=_ANY,
        ceiling=_ceiling(processes=40),
        seconds=4.0,
    ),
    Attack(
        "takes memory",
        'b = []\nfor _ in range(60): b.append(bytearray(16 << 20))\nprint("ESCAPED")',
        tier=_ANY,
        ceiling=_ceiling(memory=128),
    ),
    Attack(
        "takes memory with many processes",
        """
for _ in range(7):
    if not os.fork(): break
b = bytearray(os.urandom(1 << 20)) * 60
time.sleep(3)
print("ESCAPED", flush=True)
""",
        tier=_ANY,
        ceiling=_ceiling(memory=128),
        endings=frozenset({"LimitReached", "Exited"}),
        seconds=10,
    ),
    Attack(
        "takes memory that is shared",
        """
import mmap
parts = []
for _ in range(60):
    part = mmap.mmap(-1, 16 << 20); part.write(bytes(16 << 20)); parts.append(part)
time.sleep(3)
print("ESCAPED", flush=True)
""",
        tier=_ANY,
        ceiling=_ceiling(memory=128),
        limit="memory",
    ),
    Attack(
        "writes one large file",
        """
signal.signal(25, signal.SIG_IGN)
def large():
    with open("large", "wb") as file:
        for _ in range(64): file.write(bytes(1 << 20)); file.flush()
    return True
attempt(large)
""",
        tier=_ANY,
        ceiling=_ceiling(file=4),
    ),
    Attack(
        "writes one large file, in shell",
        "head -c 60000000 /dev/zero > large",
        "sh",
        _ANY,
        ceiling=_ceiling(file=4),
    ),
    Attack(
        "opens many files",
        """
def many():
    for _ in range(2000): os.dup(1)
    return True
attempt(many)
""",
        tier=_ANY,
    ),
    Attack(
        "uses the processor",
        "while :; do :; done",
        "sh",
        _ANY,
        ceiling=_ceiling(cpu=1),
        endings=_LIMITED,
        limit="cpu_seconds",
    ),
    Attack(
        "uses the processor with many processes",
        "for i in 1 2 3 4; do (while :; do :; done) & done; wait",
        "sh",
        _ANY,
        ceiling=_ceiling(cpu=1),
        endings=_LIMITED,
        limit="cpu_seconds",
    ),
    Attack("floods its output", "yes", "sh", _ANY, endings=frozenset({"OutputFull"})),
    Attack("floods both streams", "yes >&2 & yes", "sh", _ANY, endings=frozenset({"OutputFull"})),
    Attack(
        "floods with one large write",
        'sys.stdout.write("x" * (8 << 20)); time.sleep(30)',
        tier=_ANY,
        endings=frozenset({"OutputFull"}),
    ),
)

PROVABLE: Final = (*_READING, *_WRITING, *_CONNECTING)
"""What can be shown to get through where nothing holds it, without harm to the machine."""

ATTACKS: Final = (*_READING, *_WRITING, *_CONNECTING, *_OTHERS, *_SURVIVING, *_USING_UP)
