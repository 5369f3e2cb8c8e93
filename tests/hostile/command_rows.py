"""Arguments that try to be more than arguments, and the programs that they are given to: the rows of the table.

Each text is a template of `str.format`: `{pwn}` is a file outside that must not come to be, `{pwn_in}` one of the
workspace, `{secret}` a file that must not be read, `{nap}` what a process sleeps that must not be left, `{port}`, `{udp}`
and `{sock}` where nobody may connect to.
"""

from __future__ import annotations

from typing import Final

__all__ = ["ARGUMENTS", "HOSTILE_CONFIG", "META", "REFUSED", "TERMINAL"]

META: Final = (
    "; touch {pwn}",
    "| touch {pwn}",
    "&& touch {pwn}",
    "|| touch {pwn} ||",
    "& sleep {nap} &",
    "$(touch {pwn})",
    "`touch {pwn}`",
    "${{IFS}}touch${{IFS}}{pwn}",
    "> {pwn}",
    ">> {pwn}",
    "< {secret}",
    "<(cat {secret})",
    '"; touch {pwn}; "',
    "'; touch {pwn}; '",
    "\\",
    "*",
    "?",
    "~",
    "~root",
    "!!",
    "%s%n%x",
    "{{a,b}}",
    "$HOME",
    "$0",
    "a  b",
    " ",
    "#",
    "\u2028\u202e\u00a0",
    "a\\x00b",
    "--=",
)
"""What means something to a shell, and nothing to a program."""

REFUSED: Final = (
    "a\0b",
    "\0",
    "a\nb",
    "a\rb",
    "a\tb",
    "\x1b[2J",
    "\x9b2J",
    "\x7f",
    "\ud800",
    "x" * 5000,
)
"""What no slot takes: control characters, half of a character, and texts that are too long."""

TERMINAL: Final = (
    r"\033[2J\033[H",
    r"\033]0;title\007",
    r"\033]52;c;ZWNobw==\007",
    r"\033P+q544e\033\\",
    r"\0302\0233\062J",
    r"one\rtwo",
    r"\b\b\b",
    r"\016\033(0",
)
"""What `printf %b` makes control sequences of, which must not come to a terminal."""

ARGUMENTS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "git-log": (
        'argv = ["git", "log", "{x}"]',
        (
            "--output={pwn}",
            "--output={pwn_in}",
            "-O{secret}",
            "--ext-diff",
            "HEAD --output={pwn_in}",
            "-p",
            "@{{u}}",
        ),
    ),
    "git-show": (
        'argv = ["git", "show", "--no-ext-diff", "--no-textconv", "--end-of-options", "{x}"]',
        ("--output={pwn_in}", "HEAD:../../outside/secret", ":/x", "--textconv", "HEAD^{{/.*}}"),
    ),
    "git-grep": (
        'argv = ["git", "grep", "{x}"]',
        ("-Otouch {pwn_in}", "--open-files-in-pager=touch {pwn_in};", "-f{secret}", "--no-index"),
    ),
    "git-ls-remote": (
        'argv = ["git", "ls-remote", "{x}"]',
        (
            "--upload-pack=touch {pwn_in};",
            "-utouch {pwn_in}",
            "ext::sh -c touch% {pwn_in}",
            "ext::sleep% {nap}",
            "file://{outside}",
            "ssh://-oProxyCommand=touch {pwn_in}/x",
            "-oProxyCommand=touch${{IFS}}{pwn_in}",
        ),
    ),
    "find": (
        'argv = ["find", "{x}", "-name", "none"]',
        (
            "-delete",
            "-exec",
            "-execdir",
            "-fprint",
            "-fprintf",
            "-ok",
            "-files0-from",
            "(",
            "!",
            ",",
            "{outside}",
        ),
    ),
    "find-name": (
        'argv = ["find", ".", "-maxdepth", "1", "-name", "{x}"]',
        ("-exec", "x -exec touch {pwn_in} ;", "-o", "-delete", ")", "*"),
    ),
    "tar": (
        'argv = ["tar", "--force-local", "-cf", "/dev/null", "--checkpoint=1", "{x}"]',
        (
            "--checkpoint-action=exec=touch {pwn_in}",
            "--use-compress-program=touch {pwn_in};",
            "-Itouch {pwn_in};",
            "--to-command=touch {pwn_in}",
            "--rsh-command=touch {pwn_in}",
            "-C{outside}",
            "-T{secret}",
            "{secret}",
        ),
    ),
    "tar-remote": (
        'argv = ["tar", "-tf", "{x}"]',
        (
            "evil:/x",
            "-f{secret}",
            "--rmt-command=touch {pwn_in}",
            "--info-script=touch {pwn_in}",
            "-F{pwn_in}",
        ),
    ),
    "rsync": (
        'argv = ["rsync", "-n", "{x}", "copied"]',
        (
            "-e touch {pwn_in};",
            "--rsh=touch {pwn_in}",
            "--files-from={secret}",
            "evil.example:x",
            "rsync://evil.example/x",
        ),
    ),
    "curl": (
        'argv = ["curl", "-q", "-s", "-m", "3", "{x}"]',
        (
            "-o{pwn_in}",
            "--output={pwn_in}",
            "-K{secret}",
            "--config={secret}",
            "file://{secret}",
            "FILE://{secret}",
            "@{secret}",
            "http://127.0.0.1:{port}/",
            "http://[::1]:{port}/",
            "http://localhost:{port}/",
            "gopher://127.0.0.1:{port}/x",
            "tftp://127.0.0.1:{udp}/x",
            "--unix-socket={sock}",
            "-x127.0.0.1:{port}",
        ),
    ),
    "awk-file": (
        'argv = ["awk", "{{print}}", "{x}"]',
        (
            "-f{secret}",
            "-vx=1",
            '--source=BEGIN{{system("touch {pwn_in}")}}',
            "x=1",
            "{secret}",
            "-i",
            "-lfilefuncs",
        ),
    ),
    "awk-value": (
        'argv = ["awk", "-v", "v={x}", "BEGIN{{{{print v}}}}"]',
        ('1" system("touch {pwn_in}") "', '\\n BEGIN{{system("touch {pwn_in}")}}', "=", "-f{secret}"),
    ),
    "sed-file": (
        'argv = ["sed", "--sandbox", "-n", "p", "{x}"]',
        ("-e1e touch {pwn_in}", "-f{secret}", "-i", "--in-place", "-s", "{secret}"),
    ),
    "sed-code": (
        'argv = ["sed", "--sandbox", "{x}", "notes.txt"]',
        ("1e touch {pwn_in}", "w{pwn_in}", "r{secret}", "s/a/touch pwned/e", "1i\\\\x", "-n", "1R{secret}"),
    ),
    "grep": (
        'argv = ["grep", "{x}", "notes.txt"]',
        ("-f{secret}", "-r", "--file={secret}", "-e.", "--include=*", "-z", "\\|"),
    ),
    "rg": (
        'argv = ["rg", "--no-config", "{x}"]',
        ("--pre=touch", "--pre touch", "-f{secret}", "--hostname-bin=touch", "-z", "--search-zip", "--files"),
    ),
    "ssh": (
        'argv = ["ssh", "-F", "/dev/null", "{x}", "true"]',
        (
            "-oProxyCommand=touch {pwn_in}",
            "-oPermitLocalCommand=yes",
            "-oLocalCommand=touch {pwn_in}",
            "-F{secret}",
            "-E{pwn_in}",
            "-S{pwn_in}",
            "-oKnownHostsCommand=sleep {nap}",
            "evil.example",
        ),
    ),
    "less": ('argv = ["less", "{x}"]', ("+!touch {pwn_in}", "-o{pwn_in}", "-k{secret}", "+G", "{secret}")),
    "vim": (
        'argv = ["vim", "-es", "-u", "NONE", "-c", "qa!", "{x}"]\nruns_programs = true',
        (
            "+!touch {pwn_in}",
            "-c!touch {pwn_in}",
            "--cmd=!touch {pwn_in}",
            "-S{secret}",
            "-w{pwn_in}",
            "+w!{pwn_in}",
        ),
    ),
    "man": (
        'argv = ["man", "{x}"]',
        ("-Ptouch {pwn_in};", "-Htouch", "--pager=touch {pwn_in}", "-l{secret}", "-C{secret}"),
    ),
    "sort": (
        'argv = ["sort", "{x}"]',
        ("-o{pwn_in}", "--compress-program=touch", "--files0-from={secret}", "-T{outside}", "{secret}"),
    ),
    "date": ('argv = ["date", "{x}"]', ("-f{secret}", "--file={secret}", "-s2020-01-01", "-r{secret}")),
    "env": (
        'argv = ["env", "A={x}", "true"]\nruns_programs = true',
        ("-S touch {pwn_in}", "x touch {pwn_in}", "LD_PRELOAD=/x"),
    ),
    "xargs": (
        'argv = ["xargs", "-n", "1", "echo", "{x}"]\nruns_programs = true',
        ("-I", "-a{secret}", "-P0", "; touch {pwn_in}"),
    ),
    "make": (
        'argv = ["make", "-f", "/dev/null", "{x}"]\nruns_programs = true',
        ("--eval=$(shell touch {pwn_in})", "-f{secret}", "-C{outside}", "-E$(shell touch {pwn_in})"),
    ),
    "python": (
        'argv = ["python3", "-I", "-c", "import sys; print(sys.argv[1])", "{x}"]\nruns_programs = true',
        ("__import__('os').system('touch {pwn_in}')", "-c", "-m", "-"),
    ),
    "wc": ('argv = ["wc", "{x}"]', ("--files0-from={secret}", "-l", "{secret}", "/etc/shadow")),
    "cat": (
        'argv = ["cat", "--", "{x}"]',
        (
            "{secret}",
            "../outside/secret",
            "planted",
            "planted_up/outside/secret",
            "/etc/passwd",
            "/etc/shadow",
            "/proc/self/environ",
            "/proc/1/environ",
            "/proc/{server}/environ",
            "/proc/{server}/cmdline/../environ",
            "/proc/self/root{secret}",
            "/dev/tcp/127.0.0.1/{port}",
            "/dev/mem",
        ),
    ),
    "diff": (
        'argv = ["diff", "{x}", "notes.txt"]',
        ("--from-file={secret}", "{secret}", "planted", "-r", "--to-file=."),
    ),
    "perl": (
        'argv = ["perl", "-ne", "print", "{x}"]\nruns_programs = true',
        (
            "-esystem 'touch {pwn_in}'",
            "touch {pwn_in}|",
            "|touch {pwn_in}",
            ">{pwn_in}",
            "cat < {secret} |",
            "-i",
        ),
    ),
    "scp": (
        'argv = ["scp", "-F", "/dev/null", "{x}", "copied"]\nruns_programs = true',
        ("-Stouch", "-oProxyCommand=touch {pwn_in}", "evil.example:x", "scp://evil.example/x", "{secret}"),
    ),
    "split": (
        'argv = ["split", "{x}", "part"]',
        ("--filter=touch {pwn_in}", "--additional-suffix=/../x", "{secret}", "--verbose"),
    ),
}

HOSTILE_CONFIG: Final = """
[core]
	fsmonitor = "touch pwned; false"
	pager = "touch pwned"
	hooksPath = "hooks"
	editor = "touch pwned"
	sshCommand = "touch pwned"
	askPass = "touch pwned"
	attributesFile = "attributes"
[diff]
	external = "touch pwned"
[diff "evil"]
	textconv = "touch pwned; cat"
	command = "touch pwned"
[credential]
	helper = "!touch pwned"
[gpg]
	program = "touch pwned"
[log]
	showSignature = true
[pager]
	log = "touch pwned"
	diff = "touch pwned"
[alias]
	log = "!touch pwned"
"""
"""What a repository may say of itself that has git run programs."""
