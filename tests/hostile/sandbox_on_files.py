"""Hostile programs: what they try with files. A row says `ESCAPED` where it gets through."""

from __future__ import annotations

from hostile.sandbox_attack import ANY, Attack

READING = (
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
        tier=ANY,
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
        tier=ANY,
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
        'attempt(*[lambda d=d: read(d) for d in ("/dev/mem", "/dev/kmsg", "/dev/vda", "/dev/sda", "/proc/kcore", "/proc/kallsyms", "/sys/kernel/notes", "/proc/iomem", "/proc/kpagecount", "/proc/slabinfo", "/proc/vmallocinfo")])',
    ),
)

WRITING = (
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
        "empties a file by opening it",
        """
def how(mode, resolve=None):   # openat2(2): its flags are where no filter sees them
    path, flags = E[mode[0]] + mode[1], mode[2] | os.O_TRUNC
    if not resolve: os.close(os.open(path, flags)); return True
    return call(437, -100, path.encode(), struct.pack("QQQ", flags, 0, 0), 24)
attempt(*[lambda m=m, r=r: how(m, r) for r in (False, True) for m in (("SECRET", "", 3), ("SECRET", "", 0), ("READABLE", "/file", 0), ("READABLE", "/file", 3))])
""",
    ),
    Attack(
        "makes whoever opens a file wait",
        """
import fcntl
attempt(*[lambda k=k: fcntl.fcntl(os.open(E["READABLE"] + "/file", os.O_RDONLY), 1024, k) == 0 for k in (0, 1)])
""",
        tier=ANY,
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
        tier=ANY,
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
        tier=ANY,
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
        tier=ANY,
    ),
)
