"""Hostile programs: how they try to stay, and to use up what there is. All bombs are bounded by themselves."""

from __future__ import annotations

from hostile.sandbox_attack import ANY, LIMITED, Attack, ceiling

SURVIVING = (
    Attack("leaves a child behind", "sleep 321 & exit 0", "sh", ANY),
    Attack("leaves a child that ignores hanging up", "nohup sleep 321 >/dev/null 2>&1 & exit 0", "sh", ANY),
    Attack(
        "leaves a daemon in a session of its own",
        "setsid sleep 321 & setsid -f sleep 321; (setsid setsid sleep 321 &) ; exit 0",
        "sh",
        ANY,
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
        tier=ANY,
    ),
    Attack(
        "leaves a daemon, in Perl",
        'use POSIX; for (1..5) { if (!fork) { eval { POSIX::setsid() }; if (!fork) { $SIG{TERM} = "IGNORE"; sleep 321 } exit } } exit',
        "perl",
        ANY,
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
        tier=ANY,
    ),
    Attack(
        "leaves children to whoever started it",
        """
for _ in range(3):
    if not libc.syscall(L(nr(56, 220)), L(0x8011), *[L(0)] * 4):                    # CLONE_PARENT
        libc.syscall(L(nr(56, 220)), L(0x8000), *[L(0)] * 4); time.sleep(321)       # and without a signal at its end
os._exit(0)
""",
        tier=ANY,
    ),
    Attack(
        "stops itself", "kill -STOP $$; sleep 321", "sh", ANY, endings=frozenset({"TimedOut"}), seconds=1.0
    ),
    Attack(
        "stops its children",
        """
for _ in range(5):
    if not os.fork(): os.kill(os.getpid(), signal.SIGSTOP); time.sleep(321)
time.sleep(321)
""",
        tier=ANY,
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
        tier=ANY,
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
        tier=ANY,
        endings=frozenset({"TimedOut"}),
        seconds=1.5,
    ),
    Attack("hangs", "sleep 321", "sh", ANY, endings=frozenset({"TimedOut"}), seconds=0.5),
    Attack(
        "closes its output and stays",
        "exec >&- 2>&-; sleep 321",
        "sh",
        ANY,
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
        tier=ANY,
        ceiling=ceiling(),
        endings=frozenset({"Exited"}),
    ),
)

USING_UP = (
    Attack(
        "multiplies",
        """
end = time.monotonic() + 5; made = 0
while time.monotonic() < end and made < 12:          # 2**12 at most
    try: os.fork(); made += 1
    except OSError: break
time.sleep(30)
""",
        tier=ANY,
        ceiling=ceiling(processes=40),
        seconds=4.0,
    ),
    Attack(
        "multiplies, in shell",
        "b() { [ $1 -gt 9 ] && sleep 30; b $(($1+1)) & b $(($1+1)) & wait; }; b 0",
        "sh",
        ANY,
        ceiling=ceiling(processes=40),
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
        tier=ANY,
        ceiling=ceiling(processes=40),
        seconds=4.0,
    ),
    Attack(
        "takes memory",
        'b = []\nfor _ in range(60): b.append(bytearray(16 << 20))\nprint("ESCAPED")',
        tier=ANY,
        ceiling=ceiling(memory=128),
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
        tier=ANY,
        ceiling=ceiling(memory=128),
        endings=frozenset({"LimitReached", "Exited"}),
        seconds=10,
    ),
    Attack(
        "takes memory that nobody needs to have mapped",
        """
import mmap
def shared():
    for _ in range(20):
        part = mmap.mmap(-1, 16 << 20); part.write(bytes(16 << 20)); part.madvise(mmap.MADV_DONTNEED); parts.append(part)
    return True
def unmapped():
    for _ in range(20):
        parts.append(os.memfd_create("x"))
        os.write(parts[-1], bytes(16 << 20))
    return True
parts = []
attempt(shared, unmapped)
""",
        tier=ANY,
        ceiling=ceiling(memory=128),
    ),
    Attack(
        "takes memory that nobody needs to have mapped, of a device",
        """
import mmap
def zero():
    for _ in range(20):
        part = mmap.mmap(os.open("/dev/zero", os.O_RDWR), 16 << 20); part.write(bytes(16 << 20)); part.madvise(mmap.MADV_DONTNEED); parts.append(part)
    return True
parts = []
attempt(zero)
""",
        ceiling=ceiling(memory=128),
    ),
    Attack(
        "takes memory for page tables",
        """
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
size, step = 1 << 39, 2 << 20
area = libc.mmap(None, size, 1, 0x4022, -1, 0)
for offset in range(0, size, step): ctypes.c_char.from_address(area + offset).value
time.sleep(3)
print("ESCAPED", flush=True)
""",
        tier=ANY,
        ceiling=ceiling(memory=128),
        limit="memory",
    ),
    Attack(
        "takes memory when its first thread has ended",
        """
import threading
def work():
    time.sleep(0.3)
    area = libc.mmap(None, 1 << 39, 1, 0x4022, -1, 0)
    for offset in range(0, 1 << 39, 2 << 20): ctypes.c_char.from_address(area + offset).value
    time.sleep(3)
    print("ESCAPED", flush=True); os._exit(0)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
threading.Thread(target=work).start()
libc.syscall(L(nr(60, 93)), L(0))
""",
        tier=ANY,
        ceiling=ceiling(memory=128),
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
        tier=ANY,
        ceiling=ceiling(file=4),
    ),
    Attack(
        "writes one large file, in shell",
        "head -c 60000000 /dev/zero > large",
        "sh",
        ANY,
        ceiling=ceiling(file=4),
    ),
    Attack(
        # Bounded by time alone where a directory may be written; what lies in the run's own goes with it.
        "writes many files",
        """
end = time.monotonic() + 10; number = 0; os.chdir(E["TMPDIR"])
while time.monotonic() < end and number < 20000:      # 80 MB at most
    try:
        with open(f"f{number}", "wb") as file: file.write(bytes(4096))
    except OSError: break
    number += 1
time.sleep(30)
""",
        tier=ANY,
        endings=frozenset({"TimedOut", "LimitReached", "Exited"}),
        seconds=2.0,
    ),
    Attack(
        "opens many files",
        """
def many():
    for _ in range(2000): os.dup(1)
    return True
attempt(many)
""",
        tier=ANY,
    ),
    Attack(
        "uses the processor",
        "while :; do :; done",
        "sh",
        ANY,
        ceiling=ceiling(cpu=1),
        endings=LIMITED,
        limit="cpu_seconds",
    ),
    Attack(
        "uses the processor with many processes",
        "for i in 1 2 3 4; do (while :; do :; done) & done; wait",
        "sh",
        ANY,
        ceiling=ceiling(cpu=1),
        endings=LIMITED,
        limit="cpu_seconds",
    ),
    Attack(
        "uses the processor with processes that nobody waits for",
        """
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
used, mine = 0.0, 0.5
while used < 4:
    child = os.fork()
    if not child:
        while time.process_time() < mine: pass
        os._exit(0)
    try: os.waitpid(child, 0)
    except ChildProcessError: used += mine
print("ESCAPED", flush=True)
""",
        tier=ANY,
        ceiling=ceiling(cpu=1),
        endings=LIMITED,
        limit="cpu_seconds",
        seconds=40.0,
    ),
    Attack("floods its output", "yes", "sh", ANY, endings=frozenset({"OutputFull"})),
    Attack("floods both streams", "yes >&2 & yes", "sh", ANY, endings=frozenset({"OutputFull"})),
    Attack(
        "floods with one large write",
        'sys.stdout.write("x" * (8 << 20)); time.sleep(30)',
        tier=ANY,
        endings=frozenset({"OutputFull"}),
    ),
)
