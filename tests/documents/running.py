"""Runs what a document says, as a reader would who types it: files are written, commands run, servers served.

A page is run from its first block to its last in one empty folder. What a block is, the line above it says to the
reader and to us alike:

- A block below a line that ends with "`NAME`:" is that file; below "Add to `NAME`:", what is added to its end.
- Other `sh` blocks run in bash, with the variables that earlier ones exported, and must end with status 0, or with the one that the line above names ("exit status 2").
  One that serves over HTTP keeps running until the page ends, or the next one serves.
- Other `python` blocks run as a script, `toml` blocks are whole blueprints or are laid on the smallest one,
  `json` blocks are read.
- Every blueprint, whole or laid together, must pass `seawall check`.
- A `text` block below a line that ends with "prints:" is what the block before it printed, in part: its lines, in
  their order; `…` stands for anything.
- A `js` block runs in Node.js, an `nginx` block must please `nginx -t`, each where that is installed.
- A client's command or configuration must lead to a server that answers.

Ports are free ones in the place of those that the pages name.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import anyio
import pytest

from documents.markdown import ROOT, Block
from seawall.cli.check import check
from support.clients import Client, Endpoint, connect
from support.servers import GUARD, HttpServer, await_readiness, environment, free_port

__all__ = [
    "NODE_PACKAGES",
    "PROGRAMS",
    "Project",
    "answering",
    "serving",
    "shell",
    "shell_environment",
    "stand_ins",
    "tools_of",
]

PROGRAMS: Final = Path(sys.executable).parent
NODE_PACKAGES: Final = ROOT / "tests" / "support" / "node" / "node_modules"
_PORTS: Final = ("8000", "8080", "9464")
_FILE: Final = re.compile(r"`([\w./-]+\.\w+|[\w./-]*/[\w-]+)`[^`]*:$")
_SERVES: Final = re.compile(r"^(?:seawall serve .*--transport http|make serve|uvicorn )", re.MULTILINE)
_STATUS: Final = re.compile(r"exit status (\d+)")
_SMALLEST: Final = '[server]\nname = "workspace"\n\n[[toolset]]\nkind = "filesystem"\nroots = "./workspace"\n'
_STAND_IN: Final = '#!/bin/sh\nfor word; do printf "%s\\0" "$word"; done > "$0.arguments"\n'
_CURL: Final = """\
#!{python}
import sys, urllib.error, urllib.request
url = next(word for word in sys.argv[1:] if word.startswith("http"))
headers = dict(sys.argv[at + 1].split(": ", 1) for at, word in enumerate(sys.argv) if word in ("-H", "--header"))
try:
    answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers))
except urllib.error.HTTPError as error:
    answer = error
if "--include" in sys.argv:
    print("HTTP/1.1", answer.status, answer.reason, end="\\n\\n")
print(answer.read().decode(), end="")
"""


def shell(line: str, folder: Path, extra: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a line of a document to its end, as a shell does."""
    return subprocess.run(
        ["bash", "-euc", line],
        cwd=folder,
        env=shell_environment(extra or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=2 * GUARD,
        check=False,
    )


def shell_environment(extra: dict[str, str]) -> dict[str, str]:
    """A person's environment: the command is on the PATH, and nothing of ours is set."""
    # The make that runs these tests has left its flags in the environment; a person's shell has none.
    inherited = {k: v for k, v in environment().items() if not k.startswith(("MAKE", "MFLAGS"))}
    return inherited | {"PATH": f"{PROGRAMS}:{os.environ['PATH']}"} | extra


@contextlib.contextmanager
def serving(line: str, folder: Path, extra: dict[str, str], port: int, log: Path) -> Iterator[HttpServer]:
    """Run a line that serves over HTTP on `port` until the `with` ends."""
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            ["bash", "-euc", line],
            cwd=folder,
            env=shell_environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=stderr,
            stderr=stderr,
            start_new_session=True,
        )
    server = HttpServer(process, "127.0.0.1", port, log)
    try:
        await_readiness(server)
        yield server
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(GUARD)


async def tools_of(client: Client) -> set[str]:
    """The names of the tools that the client sees."""
    return {tool["name"] for tool in await client.list_tools()}


async def answering(endpoint: Endpoint) -> set[str]:
    """The tools of the server there; fails when there is none."""
    async with connect("fastmcp-modern", endpoint) as client:
        return await tools_of(client)


def stand_ins(folder: Path) -> Path:
    """A directory for the PATH with clients that only keep their arguments, and curl where there is none."""
    folder.mkdir()
    programs = {"claude": _STAND_IN, "code": _STAND_IN}
    if shutil.which("curl") is None:
        programs["curl"] = _CURL.format(python=sys.executable)
    for name, text in programs.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    return folder


@dataclass
class Project:
    """The folder of one page while its blocks are run.

    Attributes:
        folder: the reader's folder, empty at first.
        aside: where logs and stand-ins are.
        printed: what the last block printed.
    """

    folder: Path
    aside: Path
    printed: str = ""
    _variables: dict[str, str] = field(default_factory=dict)
    _answered: list[Endpoint] = field(default_factory=list)
    _ports: dict[str, str] = field(default_factory=dict)
    _served: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def __post_init__(self) -> None:
        """Make the folders, and choose free ports."""
        self.folder.mkdir()
        self.aside.mkdir()
        self._programs = stand_ins(self.aside / "bin")
        self._ports = {port: str(free_port()) for port in _PORTS}

    def close(self) -> None:
        """End what still serves."""
        self._served.close()

    def run(self, block: Block) -> None:
        """Do what the block says; fails when that is not what happens."""
        text = self._with_ports(block.text)
        lead = block.lead.strip()
        if block.language == "text":
            if lead.endswith("prints:"):
                self._compare(text)
        elif block.language != "sh" and (named := _FILE.search(lead)):
            self._write(named[1], text, add="Add to `" in lead)
        else:
            getattr(self, f"_{block.language}")(text, lead)

    def _with_ports(self, text: str) -> str:
        for port, free in self._ports.items():
            text = re.sub(rf"\b{port}\b", free, text)
        return text

    def _write(self, name: str, text: str, *, add: bool) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if add:
            assert path.exists(), f"{name} is added to before it is there"
            text = f"{path.read_text().rstrip()}\n\n{text}"
        path.write_text(text)
        if path.suffix == ".toml":
            self._check(path)
        elif path.suffix == ".json":
            self._configured(json.loads(text))

    def _check(self, blueprint: Path) -> None:
        with self._own_modules(), pytest.MonkeyPatch.context() as own:
            for name, value in self._variables.items():  # where secrets are looked up
                own.setenv(name, value)
            result = check(blueprint, environment=shell_environment(self._variables))
        assert not result.problems, [problem.message for problem in result.problems]
        errors = [finding for finding in result.findings if finding.level == "error"]
        assert not errors, errors

    @contextlib.contextmanager
    def _own_modules(self) -> Iterator[None]:
        """Forget afterwards what a toolset of functions imported from the page's folder: pages use the same names."""
        path = sys.path[:]
        try:
            yield
        finally:
            sys.path[:] = path
            for name, module in list(sys.modules.items()):
                if str(self.folder) in str(getattr(module, "__file__", None)):
                    del sys.modules[name]

    def _toml(self, text: str, lead: str) -> None:
        """A whole blueprint, or a part of one, which is laid on the smallest."""
        del lead
        (self.folder / "workspace").mkdir(exist_ok=True)
        whole = self.folder / ".laid-together.toml"
        whole.write_text(text if "[server]" in text else f"{_SMALLEST}\n{text}")
        self._check(whole)
        whole.unlink()

    def _sh(self, text: str, lead: str) -> None:
        own = {"PATH": f"{self._programs}:{PROGRAMS}:{os.environ['PATH']}"}
        extra = self._variables | own
        wanted = _STATUS.search(lead)
        if _SERVES.search(text) and not wanted:
            self._serve(text, extra)
            return
        kept = self.aside / "variables"
        ended = shell(f"trap 'env -0 > \"{kept}\"' EXIT\n{text}", self.folder, extra)
        self._variables = _exported(kept.read_bytes(), own)
        self.printed = ended.stdout + ended.stderr
        assert ended.returncode == int(wanted[1] if wanted else 0), self.printed
        self._added()

    def _serve(self, text: str, extra: dict[str, str]) -> None:
        self._served.close()
        port = self._ports["8000"]
        log = self.aside / "serving.log"
        self._served.enter_context(
            serving(text, self.folder, {**extra, "SEAWALL_HTTP__PORT": port}, int(port), log)
        )
        self.printed = log.read_text()

    def _python(self, text: str, lead: str) -> None:
        del lead
        script = self.aside / "block.py"
        script.write_text(text)
        ended = shell(
            f"'{sys.executable}' '{script}'", self.folder, self._variables | {"PYTHONPATH": str(self.folder)}
        )
        self.printed = ended.stdout + ended.stderr
        assert ended.returncode == 0, self.printed

    def _js(self, text: str, lead: str) -> None:
        """A module for Node.js, run where the packages that it imports are installed."""
        del lead
        if not NODE_PACKAGES.exists():
            return
        script = self.folder / "block.mjs"
        script.write_text(text)
        (self.folder / "node_modules").symlink_to(NODE_PACKAGES)
        ended = shell("node block.mjs", self.folder, self._variables)
        self.printed = ended.stdout + ended.stderr
        assert ended.returncode == 0, self.printed

    def _nginx(self, text: str, lead: str) -> None:
        """A part of nginx's configuration: nginx itself says whether it is sound, where it is installed."""
        del lead
        if shutil.which("nginx") is None:
            return
        whole = self.aside / "nginx.conf"
        whole.write_text(f"pid {self.aside}/nginx.pid;\nevents {{}}\nhttp {{\n{text}}}\n")
        ended = shell(f"nginx -t -c '{whole}' -e '{self.aside}/nginx.log'", self.folder)
        assert ended.returncode == 0, ended.stderr

    def _json(self, text: str, lead: str) -> None:
        del lead
        self._configured(json.loads(text))

    def _compare(self, text: str) -> None:
        """Every line was printed, one after the other; how many blanks there are does not count."""
        lines = [" ".join(line.split()) for line in text.splitlines()]
        pattern = ".*".join(".*".join(map(re.escape, line.split("…"))) for line in lines if line)
        assert re.search(pattern, " ".join(self.printed.split())), (
            f"not printed:\n{text}\nbut:\n{self.printed}"
        )

    def _added(self) -> None:
        """What a client was told to add must answer."""
        for kept in self._programs.glob("*.arguments"):
            words = kept.read_text().split("\0")[:-1]
            kept.unlink()
            if "--" in words:
                self._answers(
                    {"command": words[words.index("--") + 1], "args": words[words.index("--") + 2 :]}
                )
            elif "--add-mcp" in words:
                self._answers(json.loads(words[words.index("--add-mcp") + 1]))
            else:
                self._answers({"url": next(word for word in words if "://" in word)})

    def _configured(self, data: Any) -> None:
        """A client's configuration; other JSON is only read."""
        servers = (data.get("mcpServers") or data.get("servers") or {}) if isinstance(data, dict) else {}
        for entry in servers.values():
            self._answers(entry)

    def _answers(self, entry: dict[str, Any]) -> None:
        log = self.aside / "client.log"
        if "url" in entry:
            endpoint = Endpoint(log=log, url=entry["url"])
        else:
            program = shutil.which(entry["command"], path=str(PROGRAMS))
            assert program is not None, entry["command"]
            words = [word.replace("/path/to", str(self.folder)) for word in entry["args"]]
            line = ("bash", "-euc", 'cd "$0" && exec "$@"', str(self.folder), program, *words)
            endpoint = Endpoint(log=log, command=line, environment=environment(entry.get("env")))
        if endpoint not in self._answered:  # several clients are told to start the same
            assert anyio.run(answering, endpoint)
            self._answered.append(endpoint)


def _exported(listed: bytes, given: dict[str, str]) -> dict[str, str]:
    """The variables that a block has set, by what `env -0` lists at its end."""
    before = shell_environment(given) | {"_": "", "SHLVL": "", "PWD": "", "OLDPWD": ""}
    after = dict(item.split("=", 1) for item in listed.decode().split("\0") if item)
    return {name: value for name, value in after.items() if name not in before}
