"""Hostile programs: what they try with the network, with other processes, and with the kernel."""

from __future__ import annotations

from hostile.sandbox_attack import ANY, Attack

CONNECTING = (
    Attack(
        "connects to a port of this machine",
        'attempt(lambda: socket.create_connection(("127.0.0.1", int(E["TCP"])), 2), lambda: socket.create_connection(("::1", int(E["TCP"])), 2))',
        tier=ANY,
    ),
    Attack(
        "connects to another host",
        'attempt(lambda: socket.create_connection((E["HOST"], int(E["HOST_PORT"])), 2))',
        tier=ANY,
    ),
    Attack(
        "sends datagrams",
        """
def send(family, host, port=int(E["UDP"])): return socket.socket(family, socket.SOCK_DGRAM).sendto(b"x", (host, port))
attempt(lambda: send(socket.AF_INET, "127.0.0.1"), lambda: send(socket.AF_INET6, "::1"), lambda: send(socket.AF_INET, E["HOST"], int(E["HOST_PORT"])))
""",
        tier=ANY,
    ),
    Attack(
        "asks a name server",
        """
query = b"\\x12\\x34\\x01\\x00\\x00\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x06secret\\x07example\\x00\\x00\\x01\\x00\\x01"
attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(query, ("127.0.0.1", int(E["UDP"]))))
""",
        tier=ANY,
    ),
    Attack(
        "connects to a socket of the machine, as of a container engine",
        """
def unix(kind):
    s = socket.socket(socket.AF_UNIX, kind); s.connect(E["SOCKET"]); return True
attempt(lambda: unix(socket.SOCK_STREAM), lambda: unix(socket.SOCK_SEQPACKET))
""",
        tier=ANY,
    ),
    Attack(
        "sends to a datagram socket of the machine, as of the log",
        """
a, b = 0, 0
def pair():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM); return a.sendto(b"x", E["LOG"])
attempt(lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", E["LOG"]), pair)
""",
        tier=ANY,
    ),
    Attack(
        "connects to an abstract socket",
        """
def abstract():
    s = socket.socket(socket.AF_UNIX); s.connect("\\0" + E["ABSTRACT"]); return True
attempt(abstract)
""",
        tier=ANY,
    ),
    Attack(
        "opens sockets of every other family",
        """
attempt(*[lambda f=f, k=k: socket.socket(f, k, 0) for f in (1, 4, 5, 9, 10, 15, 16, 17, 21, 29, 30, 31, 38, 40, 42, 43, 44) for k in (1, 2, 3, 5)])
""",
        tier=ANY,
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

REACHING = (
    Attack(
        "kills the server",
        """
attempt(*[lambda n=n: os.kill(SERVER, n) or True for n in (0, 9, 15, 19)], lambda: os.kill(int(E["FORK_SERVER"]), 9) or True,
        lambda: os.getppid() > 0 and (os.kill(os.getppid(), 9) or True))
""",
        tier=ANY,
    ),
    Attack(
        "kills the server by other calls",
        """
attempt(lambda: call(nr(234, 131), SERVER, SERVER, 9), lambda: call(nr(200, 130), SERVER, 9),
        lambda: call(nr(129, 138), SERVER, 9, bytes(128)), lambda: call(424, os.pidfd_open(SERVER), 9, 0, 0),
        lambda: SERVER > 1 and (os.killpg(SERVER, 9) or True))
""",
        tier=ANY,
    ),
    Attack(
        "kills the server by the number of a thread",
        """
threads = [int(one) for one in E["THREADS"].split(",")]
attempt(*[lambda t=t: os.kill(t, 0) or True for t in threads], *[lambda t=t: call(nr(129, 138), t, 0, struct.pack("iii", 0, 0, -1) + bytes(116)) for t in threads])
""",
        tier=ANY,
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
        tier=ANY,
    ),
    Attack(
        "reads and writes the memory of the server",
        """
class V(ctypes.Structure): _fields_ = [("b", ctypes.c_void_p), ("l", ctypes.c_size_t)]
b = ctypes.create_string_buffer(8); v = V(ctypes.addressof(b), 8); w = V(0x400000, 8)
attempt(*[lambda p=p, f=f: c(f(p, ctypes.byref(v), 1, ctypes.byref(w), 1, 0)) for p in (SERVER, VICTIM) for f in (libc.process_vm_readv, libc.process_vm_writev)])
""",
        tier=ANY,
    ),
    Attack(
        "takes descriptors of the server",
        "attempt(*[lambda n=n: call(438, os.pidfd_open(SERVER), n, 0) for n in range(5)])",
        tier=ANY,
    ),
    Attack(
        "lowers limits and priority of the server",
        """
import resource
attempt(lambda: resource.prlimit(SERVER, resource.RLIMIT_NOFILE, (3, 3)), lambda: os.setpriority(os.PRIO_PROCESS, SERVER, 19) or True,
        lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19) or True, lambda: os.sched_setaffinity(SERVER, {0}) or True,
        lambda: os.sched_setscheduler(SERVER, 5, os.sched_param(0)) or True)
""",
        tier=ANY,
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
        tier=ANY,
    ),
    Attack(
        "joins namespaces",
        'attempt(*[lambda f=f: c(libc.setns(os.open("/proc/self/ns/" + f, 0), 0)) for f in ("user", "mnt", "net", "pid")], lambda: c(libc.setns(os.pidfd_open(SERVER), 0x20000)))',
        tier=ANY,
    ),
    Attack(
        "mounts",
        """
attempt(lambda: c(libc.mount(b"none", E["WORKSPACE"].encode(), b"tmpfs", L(0), None)), lambda: c(libc.umount2(b"/", 2)),
        lambda: call(430, b"tmpfs", 0), lambda: call(428, -100, b"/", 1), lambda: call(442, -100, b"/", 0, bytes(32), 32))
""",
        tier=ANY,
    ),
    Attack("uses io_uring", "attempt(lambda: call(425, 8, bytes(120)))", tier=ANY),
    Attack(
        "uses the keyring",
        'attempt(lambda: call(nr(248, 217), b"user", b"seawall", b"x", 1, 0xFFFFFFFD), lambda: call(nr(250, 219), 0, 0xFFFFFFFD, 0), lambda: call(nr(249, 218), b"user", b"seawall", None, 0))',
        tier=ANY,
    ),
    Attack(
        "uses bpf, perf, userfaultfd and the like",
        """
attempt(lambda: call(nr(321, 280), 0, bytes(72), 72), lambda: call(nr(298, 241), bytes(128), 0, -1, -1, 0), lambda: call(nr(323, 282), 1),
        lambda: call(nr(246, 104), 0, 0, 0, 0), lambda: call(nr(175, 105), 0, 0, b""), lambda: call(447, 0), lambda: call(nr(300, 262), 0, 0))
""",
        tier=ANY,
    ),
    Attack(
        "takes what the user or the machine has one supply of",
        "attempt(lambda: call(nr(206, 0), 1000, bytes(8)), lambda: c(libc.inotify_init1(0)), lambda: c(libc.inotify_init()))",
        tier=ANY,
    ),
    Attack(
        "uses memory and queues that outlive it",
        'attempt(lambda: call(nr(29, 194), 0x5EA, 4096, 0o1666), lambda: call(nr(64, 190), 0x5EA, 1, 0o1666), lambda: call(nr(68, 186), 0x5EA, 0o1666), lambda: call(nr(240, 180), b"seawall", 0o102, 0o600, None))',
        tier=ANY,
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
        tier=ANY,
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
        tier=ANY,
    ),
)
