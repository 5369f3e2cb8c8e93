"""A server with something behind every kind of rule: `python scoped_server.py {http|stdio} DIRECTORY`.

Of each kind of thing one is for everybody and one needs `docs:read`. On HTTP the URL is the first line of standard error. The
page that a resource fetches is served by the same process, on another port.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from fastmcp import Context, FastMCP
from fastmcp_tasks import TasksExtension

import seawall
from seawall.blueprint import load
from seawall.errors import OperationError
from seawall.runtime.assemble import build
from seawall.runtime.http.serving import serve_http
from seawall.runtime.logs import configure_logging
from seawall.runtime.stdio import serve_stdio
from seawall.toolsets.registry import declarations, installed_kinds

BLUEPRINT = """
[server]
name = "scoped"

[[toolset]]
kind = "filesystem"
roots = "root"
access = "write"
operations = ["read_file", "write_file"]
operation_scopes = {{ "write_*" = ["docs:read"] }}

[[toolset]]
kind = "python"
name = "own"
module = "scoped_tools"
access = "write"

[[toolset]]
kind = "contract"
name = "library"
contract = "scoped_library:Library"

[[toolset]]
kind = "python"
name = "shelf"
module = "scoped_shelf"
access = "write"
discovery = "search"

[[toolset]]
kind = "python"
name = "ledgers"
module = "scoped_ledgers"
scopes = ["docs:read"]

[prompts]
directory = "prompts"

[[resource]]
uri = "plan://open"
text = "open"
cache = "1m"
cache_scope = "public"

[[resource]]
uri = "plan://closed"
text = "the confidential plan"
scopes = ["docs:read"]

[[resource]]
uri = "plan://later"
text = "the confidential plan of later"
cache = "1m"
cache_scope = "public"

[[resource]]
uri = "web://closed"
url = "${{PAGE:-http://127.0.0.1:9/}}"
networks = ["127.0.0.1/32"]
scopes = ["docs:read"]

[[resource]]
uri = "said://{{title}}"
function = "scoped_reading:said"
scopes = ["docs:read"]

[[resource]]
uri = "leaflets://{{page*}}"
directory = "leaflets"

[[resource]]
uri = "vault://{{page*}}"
directory = "vault"
scopes = ["docs:read"]

[[resource]]
uri = "attic://{{page*}}"
directory = "vault"
cache = "1m"
cache_scope = "public"

[stdio]
scopes = {local}

[http]
port = 0
on_missing_scope = "{missing}"
public_url = "https://scoped.example"

[http.auth]
kind = "token"
tokens = {{ alice = {{ token = "env:ALICE", scopes = ["docs:read", "docs:list"] }}, bob = {{ token = "env:BOB", scopes = ["docs:list", "*"] }} }}
"""

TOOLS = '''
import seawall

@seawall.operation(read_only=True)
def greet() -> str:
    """Greet."""
    return "hello"

@seawall.operation(read_only=True, scopes=["docs:read", "docs:list"])
def minutes() -> str:
    """Tell what was said behind closed doors."""
    return "the confidential minutes"
'''

LIBRARY = '''
import seawall

class Library:
    @seawall.resource("own://open")
    def open_page(self) -> str:
        """For everybody."""
        return "open"

    @seawall.resource("own://closed", scopes=["docs:read"])
    def closed_page(self) -> str:
        """For few."""
        return "the confidential page"

    @seawall.resource("own://books/{title}", scopes=["docs:read"])
    def book(self, title: str) -> str:
        """For few, by title."""
        return f"the confidential {title}"
'''

SHELF = '''
import seawall

@seawall.operation(read_only=True)
def lend(title: str) -> str:
    """Lend a book from the shelf."""
    return title

@seawall.operation(read_only=True, scopes=["docs:read"])
def unlock(title: str = "x") -> str:
    """Unlock the cabinet of rare books from the shelf."""
    return f"the confidential {title}"
'''

LEDGERS = '''
import seawall

@seawall.operation(read_only=True)
def ledger() -> str:
    """Show what was paid."""
    return "the confidential ledger"

@seawall.resource("ledger://all")
def ledgers() -> str:
    """What was paid."""
    return "the confidential ledgers"
'''

READING = '''
def said(title: str) -> str:
    """What was said."""
    return f"the confidential words on {title}"
'''

CHOICE = "arguments:\n  who: {choices: [confidential-choice, nobody], default: nobody}\n"
GIVEN = "arguments:\n  what: {required: true}\n"
PROMPTS = {
    "welcome": "---\ndescription: For everybody.\n---\nSay hello.\n",
    "strategy": f"---\ndescription: For few.\nscopes: ['docs:read']\n{CHOICE}---\nthe confidential strategy for {{{{ who }}}}\n",
    "memo": f"---\ndescription: For few, says code.\n{CHOICE}---\nthe confidential memo to {{{{ who }}}}\n",
    "asks": f"---\ndescription: Calls a tool.\n{GIVEN}---\n{{{{ tool(what) }}}}\n",
    "finds": f"---\ndescription: Calls an operation.\n{GIVEN}---\n{{{{ tool('call_operation', name=what) }}}}\n",
    "opens": "---\ndescription: Always calls a tool and embeds a resource.\n---\n{{ tool('minutes') }}\n{{ embed('own://closed') }}\n",
    "may": "---\ndescription: May call a tool.\n---\n{% if caller.principal == 'nobody' %}{{ tool('minutes') }}{% endif %}well\n",
    "shows": f"---\ndescription: Embeds a resource.\n{GIVEN}---\n{{{{ embed(what) }}}}\n",
}


def write(directory: Path, *, missing: str = "hide", local: str = "[]", more: str = "") -> None:
    """The files of the server."""
    (directory / "root").mkdir(exist_ok=True)
    (directory / "root" / "a.txt").write_text("hello\n")
    for name, text in PROMPTS.items():
        (directory / "prompts").mkdir(exist_ok=True)
        (directory / "prompts" / f"{name}.md").write_text(text)
    for name in ("leaflets/start.md", "vault/rare.md", "vault/confidential.md"):
        (directory / name).parent.mkdir(exist_ok=True)
        (directory / name).write_text("open" if name.startswith("leaflets") else "the confidential page")
    (directory / "scoped_tools.py").write_text(TOOLS)
    (directory / "scoped_ledgers.py").write_text(LEDGERS)
    (directory / "scoped_reading.py").write_text(READING)
    (directory / "scoped_shelf.py").write_text(SHELF)
    (directory / "scoped_library.py").write_text(LIBRARY)
    (directory / "seawall.toml").write_text(BLUEPRINT.format(missing=missing, local=local) + more)


def assembled(directory: Path, page: str) -> Any:
    """The server, with prompts, resources, tasks and completions that code adds to it."""
    kinds = installed_kinds()
    loaded = load(directory / "seawall.toml", kinds=declarations(kinds), environment={"PAGE": page})
    assembly = build(loaded, kinds)
    mcp = assembly.mcp
    mcp.add_extension(TasksExtension(url=f"memory://{directory.name}"))

    add_prompts(mcp)
    add_resources(mcp)
    add_tools(mcp)
    needed = ["docs:read"]
    seawall.require(mcp, "prompt", "briefing", needed)
    seawall.require(mcp, "resource", "note://closed", needed)
    seawall.require(mcp, "template", "note://closed/{part}", needed)
    seawall.require(mcp, "prompt", "memo", needed)
    seawall.require(mcp, "resource", "plan://later", needed)
    seawall.require(mcp, "template", "attic://{page*}", needed)
    seawall.require(mcp, "tool", "report", ["docs:list"])
    for name in ("added", "watch", "gather"):
        seawall.require(mcp, "tool", name, needed)
    return assembly


def add_prompts(mcp: FastMCP) -> None:
    @mcp.prompt
    def hello(name: str) -> str:
        return f"Say hello to {name}."

    @mcp.prompt
    def briefing(name: str) -> str:
        return f"the confidential briefing of {name}"

    @mcp.prompt
    async def digest(context: Context) -> str:
        """Whoever gets it has a tool called in their name."""
        try:
            return str((await context.fastmcp.call_tool("minutes", {})).content)
        except OperationError as error:
            return str(error)


def add_resources(mcp: FastMCP) -> None:
    @mcp.resource("note://open")
    def note() -> str:
        return "open"

    @mcp.resource("note://closed")
    def closed() -> str:
        return "the confidential note"

    @mcp.resource("note://closed/{part}")
    def part(part: str) -> str:
        return f"the confidential part {part}"


def add_tools(mcp: FastMCP) -> None:
    @mcp.tool(task=True)
    async def report() -> str:
        return "the confidential report"

    @mcp.tool(task=True)
    async def watch() -> str:
        await asyncio.sleep(3600)
        return "the confidential end"

    @mcp.tool(task=True)
    async def gather() -> str:
        return str((await mcp.call_tool("minutes", {})).content)

    @mcp.tool
    async def added() -> str:
        return "the confidential addition"

    @mcp.completion
    async def complete(reference: Any, argument: Any, context: Any) -> list[str]:
        return ["confidential-1", "confidential-2"]


class Page(BaseHTTPRequestHandler):
    """Another server, which knows no callers."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"the confidential page of another server")

    def log_message(self, *args: object) -> None:
        """Nothing: standard error is read by the test."""


def main() -> int:
    transport, directory = sys.argv[1], Path(sys.argv[2])
    sys.path.insert(0, str(directory))
    configure_logging("json", "info")
    pages = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=pages.serve_forever, daemon=True).start()
    served = assembled(directory, f"http://127.0.0.1:{pages.server_port}/").served

    def ready(url: str) -> None:
        sys.stderr.write(f"{url}\n")
        sys.stderr.flush()

    asyncio.run(serve_http(served, ready=ready) if transport == "http" else serve_stdio(served))
    return 0


if __name__ == "__main__":
    sys.exit(main())
