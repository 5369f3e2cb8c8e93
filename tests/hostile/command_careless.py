"""What gets through where an operator lets arguments be options: there the kernel alone holds the program.

`payload.sh` lies in the workspace. It says in `ran.txt` that it ran, and then tries whatever hurts: to write and read
outside, to read the environment of every process, to connect, to stay.
"""

from __future__ import annotations

from typing import Final

__all__ = ["CARELESS", "PAYLOAD", "RUNNING"]

PAYLOAD: Final = """#!/bin/sh
echo ran > ran.txt
exec 2>&1
touch {pwn}; echo more >> {secret}; ln -s {secret} own_link; cat {secret} own_link planted planted_up/outside/secret
ln {secret} own_hard && cat own_hard; mv {outside}/kept moved; rm -f {outside}/kept; chmod 777 {outside}
cat /etc/passwd /etc/shadow /proc/*/environ; grep -a canary /proc/{server}/mem
kill -9 {server}; kill -STOP {server}
for place in /tmp /var/tmp /dev/shm /run; do echo left > $place/{left}; done
curl -s -m 2 http://127.0.0.1:{port}/; curl -s -m 2 --unix-socket {sock} http://x/; curl -s -m 1 tftp://127.0.0.1:{udp}/x
bash -c 'echo x > /dev/tcp/127.0.0.1/{port}'; bash -c 'echo x > /dev/udp/127.0.0.1/{udp}'
sleep {nap} & nohup sleep {nap} & setsid sleep {nap} & (setsid setsid sleep {nap} &)
trap '' TERM HUP INT; (trap '' TERM; sleep {nap}) & sh -c 'kill -STOP $$; sleep {nap}' &
exit 0
"""

_RUN: Final = "sh payload.sh"

RUNNING: Final = frozenset(
    {
        "awk",
        "env",
        "find",
        "git",
        "make",
        "perl",
        "python3",
        "rg",
        "rsync",
        "sed",
        "split",
        "tar",
        "vim",
        "xargs",
    }
)
"""The programs of which at least one row runs the payload in every sandbox: otherwise the table would prove nothing."""

CARELESS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "awk": (
        (f'BEGIN{{{{system("{_RUN}")}}}}',),
        ('BEGIN{{while((getline line < "{secret}")>0) print line}}',),
        ('BEGIN{{print "x" > "{pwn}"}}',),
        ('BEGIN{{"/inet/tcp/0/127.0.0.1/{port}" |& getline x; print x}}',),
    ),
    "curl": (
        ("-s", "-o", "{pwn}", "file://{secret}"),
        ("-s", "file://{secret}", "file:///etc/passwd"),
        ("-s", "-m", "2", "--unix-socket", "{sock}", "http://x/"),
        ("-s", "-m", "2", "-T", "notes.txt", "telnet://127.0.0.1:{port}"),
        ("-s", "-m", "2", "tftp://127.0.0.1:{udp}/x"),
        ("-s", "-m", "2", "--doh-url", "https://127.0.0.1:{port}/", "http://secret.example/"),
        ("-s", "-K", "{secret}"),
    ),
    "env": (("sh", "payload.sh"), ("-S", _RUN), ("-C", "{outside}", "cat", "secret")),
    "find": (
        (".", "-maxdepth", "0", "-exec", "sh", "payload.sh", ";"),
        ("{outside}", "-delete"),
        ("{outside}", "-type", "f", "-exec", "cat", "{{}}", "+"),
        (".", "-maxdepth", "0", "-fprintf", "{pwn}", "x"),
        ("-files0-from", "{secret}"),
    ),
    "git": (
        ("-c", f"alias.x=!{_RUN}", "x"),
        ("-c", f"core.pager={_RUN}", "-p", "log"),
        ("-c", "protocol.ext.allow=always", "ls-remote", "ext::sh payload.sh"),
        ("ls-remote", f"--upload-pack={_RUN};", "."),
        ("grep", f"--open-files-in-pager={_RUN};", "alpha"),
        ("log", "-p", "--output={pwn}"),
        ("diff", "--no-index", "/dev/null", "{secret}"),
        ("-C", "{outside}", "init"),
        ("config", "--file", "{secret}", "--list"),
        ("ls-remote", "http://127.0.0.1:{port}/x"),
    ),
    "grep": (
        ("-f{secret}", "notes.txt"),
        ("-r", "canary", "{outside}"),
        ("-a", "canary", "/proc/{server}/environ"),
    ),
    "less": (("{secret}",), ("-o{pwn}", "notes.txt"), (f"+!{_RUN}", "notes.txt")),
    "make": ((f"--eval=$(shell {_RUN})x:", "x"), ("-f", "{secret}"), ("--eval=x:;cat {secret}", "x")),
    "man": (("-P", _RUN, "-l", "notes.txt"), ("-C", "{secret}", "x")),
    "perl": (("-e", f"system '{_RUN}'"), ("-ne", "print", "{secret}"), ("-e", "fork; fork; sleep {nap}")),
    "python3": (("-c", f"import os; os.system('{_RUN}')"), ("-c", "print(open('{secret}').read())")),
    "rg": (
        ("--no-ignore", "--hidden", "canary", "{outside}"),
        ("--pre", "sh", "alpha", "payload.sh"),
        ("-f", "{secret}", "notes.txt"),
    ),
    "rsync": (
        ("-e", "sh payload.sh", "x:y", "copied"),
        ("-a", "{outside}/", "copied"),
        ("-a", "notes.txt", "{pwn}"),
        ("rsync://127.0.0.1:{port}/x", "copied"),
    ),
    "scp": (("-oProxyCommand=sh payload.sh", "x:y", "."), ("{secret}", "copied")),
    "sed": (
        (f"1e {_RUN}", "notes.txt"),
        ("w{pwn}", "notes.txt"),
        ("r{secret}", "notes.txt"),
        ("-i", "s/a/b/", "{secret}"),
    ),
    "setsid": (("-f", "sh", "payload.sh"), ("-f", "sleep", "{nap}")),
    "sort": (("-o", "{pwn}", "notes.txt"), ("{secret}",), ("-T", "{outside}", "notes.txt")),
    "split": ((f"--filter={_RUN}", "notes.txt"), ("notes.txt", "{pwn}")),
    "ssh": (
        ("-oProxyCommand=sh payload.sh", "x"),
        ("-E{pwn}", "-oConnectTimeout=2", "127.0.0.1"),
        ("-F{secret}", "x"),
        ("-oConnectTimeout=2", "-p{port}", "127.0.0.1"),
        ("-f", "-N", "-oProxyCommand=sleep {nap}", "x"),
    ),
    "tar": (
        ("-cf", "/dev/null", "--checkpoint=1", f"--checkpoint-action=exec={_RUN}", "notes.txt"),
        ("-cf", "{pwn}", "notes.txt"),
        ("-cf", "-", "{outside}"),
        ("-cf", "/dev/null", f"--use-compress-program={_RUN}", "notes.txt"),
    ),
    "tee": (("{pwn}",), ("-a", "{secret}")),
    "vim": (
        ("-es", "-u", "NONE", "-c", f"!{_RUN}", "-c", "qa!"),
        ("-es", "-u", "NONE", "-c", "w! {pwn}", "-c", "qa!", "notes.txt"),
        ("-es", "-u", "NONE", "-c", "%p", "-c", "qa!", "{secret}"),
    ),
    "xargs": (("sh", "payload.sh"), ("-a", "{secret}", "echo")),
}
"""The arguments by their program; each text is a template as in the table of arguments."""
