"""Arguments that try to be more than arguments, given to programs that run others: judged by what happens.

Each program runs for real, on every tier of the machine, and may write into the workspace, so that an injected option
would be seen there. What counts are canaries: files that a payload would make, a secret that it would read, a process
that it would leave.
"""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from seawall.errors import OperationError
from seawall.toolsets.command.programs import SYSTEM_PATH, find_program
from seawall.toolsets.command.starter import presets
from seawall.toolsets.interface import TextResult
from toolsets.command.yard import TIERS, Yard

pytestmark = pytest.mark.anyio

SECRET = "canary-3f9d1c-outside"  # noqa: S105  what a program must not read
NAP = "86399.25"
"""What a canary process is told to sleep."""

META = (
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

REFUSED = ("a\0b", "a\nb", "a\rb", "\x1b[2J", "\x9b2J", "\x7f", "x" * 5000)
"""What no slot takes: it has control characters, or is too long."""

TABLE: dict[str, tuple[str, tuple[str, ...]]] = {
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
            "http://127.0.0.1:1/",
            "gopher://127.0.0.1:1/x",
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
    "zip": (
        'argv = ["cat", "--", "{x}"]',
        ("{secret}", "/proc/self/environ", "/proc/1/environ", "/etc/shadow", "../outside/secret"),
    ),
}


@dataclass(frozen=True)
class World:
    """A workspace with a repository, and what lies outside of it."""

    base: Path

    @property
    def words(self) -> dict[str, str]:
        return {
            "pwn": str(self.base / "outside" / "pwned"),
            "pwn_in": "pwned",
            "outside": str(self.base / "outside"),
            "secret": str(self.base / "outside" / "secret"),
            "nap": NAP,
        }

    def state(self) -> dict[str, bytes]:
        """Every file outside, and in the workspace all but what git keeps for itself."""
        found = [*(self.base / "outside").rglob("*"), *(self.base / "ws").rglob("*")]
        kept = [path for path in found if ".git" not in path.parts and path.is_file()]
        return {str(path.relative_to(self.base)): path.read_bytes() for path in sorted(kept)}


@pytest.fixture
def world(tmp_path: Path) -> World:
    tmp_path.chmod(0o755)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text(SECRET)
    workspace = tmp_path / "ws"
    workspace.mkdir()
    (workspace / "notes.txt").write_text("alpha\nbeta\n")
    clean = {"PATH": os.environ["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    author = ["-c", "user.name=A", "-c", "user.email=a@b.example"]
    for line in (["init", "-q"], ["add", "."], [*author, "commit", "-qm", "first"]):
        subprocess.run(["git", *line], cwd=workspace, env=clean, check=True)
    return World(tmp_path)


def naps() -> Iterator[int]:
    """The canary processes of this machine."""
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            try:
                line = (each / "cmdline").read_bytes()
            except OSError:
                continue
            if NAP.encode() in line.split(b"\0"):
                yield int(each.name)


def yard_text(lines: str, *, extra: str = "") -> str:
    return (
        f'[[command]]\nname = "run"\n{lines}\nreads = ["."]\nwrites = ["."]\nsuccess = {list(range(256))}\n'
        f'params = {{ x = {{ {extra} }} }}\ntimeout = "20s"\n'
    )


async def tried(yard: Yard, payload: str) -> tuple[str, str]:
    """What came of a call: `refused` or `ran`, and the words."""
    try:
        result = await yard.call("run", x=payload)
    except OperationError as error:
        return "refused" if error.code in {
            "invalid_arguments",
            "path_denied",
            "path_escapes",
        } else "ran", str(error)
    assert isinstance(result, TextResult)
    return "ran", result.text


def here() -> list[str]:
    """The rows whose programs this machine has; .ci/run installs all of them."""
    programs = {name: tomllib.loads(lines)["argv"][0] for name, (lines, _) in TABLE.items()}
    return sorted(name for name, program in programs.items() if find_program(program, SYSTEM_PATH))


@pytest.mark.parametrize("program", here())
@pytest.mark.parametrize("tier", TIERS)
async def test_an_argument_stays_one_whatever_it_says(world: World, tier: str, program: str) -> None:
    lines, payloads = TABLE[program]
    before = world.state()
    shown: list[str] = []
    async with Yard.of(world.base, yard_text(lines), tier=tier, roots="./ws") as yard:
        for written in (*payloads, *META[:6]):
            payload = written.format(**world.words)
            outcome, words = await tried(yard, payload)
            if payload.startswith("-") and not lines.split('"')[-2].startswith("A="):
                assert outcome == "refused" or "={x}" in lines or "v={x}" in lines, (payload, words)
            shown.append(words)
            assert world.state() == before, f"{payload!r} changed a file"
    assert SECRET not in "\n".join(shown)
    assert not list(naps())


@pytest.mark.parametrize("tier", TIERS)
async def test_what_means_something_to_a_shell_reaches_the_program_as_it_is(world: World, tier: str) -> None:
    before = world.state()
    async with Yard.of(
        world.base, yard_text('argv = ["printf", "%s", "x{x}"]'), tier=tier, roots="./ws"
    ) as yard:
        for written in META:
            payload = written.format(**world.words)
            assert (await yard.answer("run", x=payload)).text == f"x{payload}"
    assert world.state() == before
    assert not list(naps())


async def test_control_characters_and_endless_texts_are_refused(world: World) -> None:
    async with Yard.of(world.base, yard_text('argv = ["printf", "%s", "x{x}"]'), roots="./ws") as yard:
        schema: Any = yard.operations["run"].parameters
        for payload in REFUSED:
            if len(payload) > schema["properties"]["x"]["maxLength"]:
                continue  # refused by the schema, before the handler
            outcome, words = await tried(yard, payload)
            assert outcome == "refused", words


LIVE = {
    "find": ('argv = ["find", ".", "-maxdepth", "0", "{x}", "pwned"]', "-fprint"),
    "git": ('argv = ["git", "log", "{x}"]', "--output=pwned"),
    "sort": ('argv = ["sort", "{x}", "notes.txt"]', "-opwned"),
    "tar": (
        'argv = ["tar", "-cf", "/dev/null", "--checkpoint=1", "{x}", "notes.txt"]',
        "--checkpoint-action=exec=touch pwned",
    ),
}


@pytest.mark.parametrize("program", sorted(LIVE))
async def test_the_canaries_are_alive_an_option_that_is_allowed_is_seen(world: World, program: str) -> None:
    """Without the refusal these payloads work: the table above is no table of harmless texts."""
    lines, payload = LIVE[program]
    text = yard_text(lines, extra="options = true")
    async with Yard.of(world.base, text, roots="./ws") as yard:
        await yard.call("run", x=payload)
    assert (world.base / "ws" / "pwned").exists()


GIT: Any = presets()["git"]["command"]

HOSTILE_CONFIG = """
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


@pytest.mark.parametrize("tier", TIERS)
async def test_a_repository_whose_own_configuration_is_hostile_runs_nothing(world: World, tier: str) -> None:
    """The commands that `seawall new --command git` begins with, made so that they could write."""
    workspace = world.base / "ws"
    with (workspace / ".git" / "config").open("a") as file:
        file.write(HOSTILE_CONFIG)
    (workspace / "hooks").mkdir()
    for name in (
        "post-index-change",
        "pre-commit",
        "post-checkout",
        "reference-transaction",
        "fsmonitor-watchman",
    ):
        hook = workspace / "hooks" / name
        hook.write_text("#!/bin/sh\ntouch pwned\n")
        hook.chmod(0o755)
    (workspace / ".gitattributes").write_text("* diff=evil\n")
    (workspace / "attributes").write_text("* diff=evil\n")
    (workspace / "notes.txt").write_text("alpha\ngamma\n")
    before = world.state()
    writable = tuple({**each, "writes": (".",)} for each in GIT)
    async with Yard.of(world.base, "", tier=tier, roots="./ws", command=writable) as yard:
        assert "notes.txt" in await yard.text("git_status")
        assert "first" in await yard.text("git_log", stat=True, paths=["notes.txt"])
        assert "+gamma" in await yard.text("git_diff")
        assert "+beta" in await yard.text("git_show")
        assert "beta" in await yard.text("git_blame", file="notes.txt")
    assert world.state() == before
