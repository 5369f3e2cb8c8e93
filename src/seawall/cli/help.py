"""What the help says, as data: it is shown without importing the commands themselves."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["COMMANDS", "INTRODUCTION", "START", "CommandHelp"]

INTRODUCTION = """\
Seawall turns one file, the blueprint, into a hardened MCP server.

You say what an assistant may work with: directories, functions, programs in
a sandbox, APIs, prompts and resources. Seawall serves that to MCP clients:
read-only until you allow more, bounded in size, time and number, and with no
way to anything that you did not name.
"""

START = """\
The smallest blueprint, as seawall.toml:

  [server]
  name = "workspace"

  [[toolset]]
  kind = "filesystem"
  roots = "./workspace"

With it:

  seawall check                   is it sound, and what do its tools cost?
  seawall serve                   serve it to the MCP client that starts this
  seawall serve --transport http  serve it on http://127.0.0.1:8000/mcp

Without a blueprint, for one directory:

  seawall serve --root DIR

Exit status: 0 fine; 1 a finding, or the machine does not allow it; 2 a wrong
call or blueprint; 3 an unsafe request that was refused.
"""


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """The help of one command.

    Attributes:
        name: of the command, and of its module.
        summary: one line, also in the list of commands.
        details: what a newcomer must know, without the options.
        examples: calls with what they do, and what else belongs below the options.
    """

    name: str
    summary: str
    details: str
    examples: str


COMMANDS = (
    CommandHelp(
        "new",
        "Make a project: blueprint, tests, container, and what you add by name.",
        """\
A dozen short files that are yours. Without a kind of toolset it asks, on a
terminal. Nothing that is there is replaced without --force, and a run that
fails leaves nothing behind.
""",
        """\
Examples:

  seawall new notes --filesystem workspace  files, read-only
  seawall new notes --filesystem ~/notes --write
  seawall new sums --python                 your own functions
  seawall new shop --openapi shop.yaml      operations of a REST API
  seawall new shop --grpc shop.proto        methods of a gRPC service
  seawall new shop --graphql shop.graphql   operations of a GraphQL service
  seawall new team --prompts --resource handbook
  seawall new team --from seawall.toml      around a blueprint that you have
  seawall new notes --filesystem workspace --with kubernetes,ci --dry-run

A relative ROOT is meant from DIR, and is made there.
""",
    ),
    CommandHelp(
        "add",
        "Add a toolset, prompt or resource to a blueprint, or a place to run.",
        """\
Comments and layout of seawall.toml stay as they are. Deploy files that follow
from the blueprint are brought up to date as `seawall upgrade` does it.
""",
        """\
Examples:

  seawall add toolset filesystem ./docs --name docs
  seawall add toolset python
  seawall add prompt review
  seawall add resource handbook   a directory; or a file, URL, module:function
  seawall add kubernetes      also systemd, ci, mcpb and registry

Exit status: 0 done; 1 done, and an edited file waits for you (`seawall
upgrade`); 2 it cannot be added.
""",
    ),
    CommandHelp(
        "upgrade",
        "Bring the files that Seawall made up to date, losing no edit.",
        """\
A file that you did not touch is written anew. One that you edited stays; when
Seawall makes it differently now, that text is put beside it as
NAME.seawall-new, with a diff. Remove that file when you have seen to it.

A seawall.toml of an older format is written in today's, comments and layout
kept, and each change is told; one that you edited gets its new text beside it.
""",
        """\
Examples:

  seawall upgrade            the project here
  seawall upgrade --dry-run  only say what would be done

pyproject.toml, README.md and your own code are never touched, and seawall.toml
only when its format is an older one.

Exit status: 0 up to date; 1 something waits; 2 no project, or a blueprint
with problems.
""",
    ),
    CommandHelp(
        "serve",
        "Serve a blueprint, or one directory, as an MCP server.",
        """\
Read-only and for this machine alone, until the blueprint (or --write) says
otherwise. Without a blueprint and without --root nothing is served: the
current directory is never offered silently.
""",
        """\
Examples:

  seawall serve                              ./seawall.toml, over stdio
  seawall serve team.toml --transport http   on the host and port it names
  seawall serve --root ~/notes               one directory, read-only
  seawall serve --root ~/notes --write       the same, and files can change

An MCP client starts the stdio form by itself. On a terminal the banner says
how to add the server to Claude Code, Cursor and VS Code.

Every setting can come from the environment, too: SEAWALL_HTTP__PORT=9000.
A profile is part of the blueprint: [profile.prod.http] changes [http], and
--profile prod (or SEAWALL_PROFILE=prod) chooses it. SEAWALL_TRANSPORT=http
serves over HTTP where nothing can be added to the call, as in a container.
""",
    ),
    CommandHelp(
        "check",
        "Check a blueprint without serving it.",
        """\
Shows every problem of the file with its line; then whether its directories
are there, whether its address is safe, which tools it offers, how many
tokens their descriptions cost a model and what a call of each may do; of an
API also what of its description cannot be served, and what has changed.
""",
        """\
Examples:

  seawall check                   ./seawall.toml
  seawall check team.toml --json  for programs: ok, problems, findings, tools
  seawall check --profile prod    as it will be served with that profile

The text of every profile is checked, whichever is chosen.

Exit status: 0 sound; 1 a finding that keeps it from being served (with
--strict also a warning); 2 problems of the file.
""",
    ),
    CommandHelp(
        "lock",
        "Write down which operations of an API are offered, and under which names.",
        """\
seawall.lock stands beside the blueprint and is committed with it. Tools keep
the names that it has, whatever comes to the API's description later, and
`seawall check` shows what is different since then, operation by operation.
Where a toolset says `introspect = true`, its service is asked for its schema
first, and the schema is saved.
""",
        """\
Examples:

  seawall check                   what is different?
  seawall lock                    that is right: write it down
  seawall lock --profile prod     as it is served with that profile
""",
    ),
    CommandHelp(
        "health",
        "Tell whether a server is well, by exit status.",
        """\
For the health check of a container, which needs neither curl nor a shell.
A server over stdio has no port to ask: the command starts the blueprint's
toolsets, lists the tools as a client does, and stops again.
""",
        """\
Examples:

  seawall health                  ./seawall.toml: can its tools be listed?
  seawall health --url http://127.0.0.1:8000/readyz

With SEAWALL_TRANSPORT=http it asks /readyz at the blueprint's own port.

Exit status: 0 healthy; 1 not healthy; 2 a wrong call.
""",
    ),
    CommandHelp(
        "config",
        "Show the effective value of every setting, and where it came from.",
        """\
The strongest that gives a value wins: default, file, profile, environment,
flag. Secrets are not shown: a reference stays a reference, and a text made of
a variable whose name says that it is secret stays as the file has it.
""",
        """\
Examples:

  seawall config                   ./seawall.toml, every setting
  seawall config --changed         only what something has set
  seawall config --profile prod    as it is with that profile
  seawall config --json            for programs

The JSON object holds source, profile (or null), profiles and settings. Each
of the settings has
  setting  its name, such as http.port or toolset.files.access
  value    as a person writes it, such as "30s"; null when it is unset
  hidden   true when the value is not shown as it is
  origin   kind: default, file, profile, environment or flag; with line and
           column (and source or name) in the file, or variable, or flag
""",
    ),
    CommandHelp(
        "run",
        "Run one tool of a blueprint from the terminal.",
        """\
The call passes every guard that a served one passes: arguments are validated,
time and size are limited, secrets are taken out. It has the scopes that
[stdio] gives to a local caller.
""",
        """\
Examples:

  seawall run                                   list the tools of ./seawall.toml
  seawall run seawall.toml read_file --args '{"path": "notes.txt"}'
  seawall run seawall.toml write_file --args-file call.json
  echo '{}' | seawall run seawall.toml list_directory --args-file - --json

The result goes to standard output and errors go to standard error. One image or
other binary result is written as it is when the output is no terminal.

Exit status: 0 fine; 1 the tool failed; 2 no such tool, arguments that do not
fit, or a faulty blueprint; 3 a guard refused it.
""",
    ),
    CommandHelp(
        "install",
        "Put a server into the configuration of an MCP client.",
        """\
Shows the change, asks, keeps a backup, and leaves everything else in the file
as it is. The entry holds the absolute path of the blueprint and the command
that starts it, or with --url where it runs; of variables only their names.
""",
        """\
Examples:

  seawall install claude-code                  ./seawall.toml, for all projects
  seawall install vscode --scope project       in .vscode/mcp.json of this one
  seawall install cursor --url https://workspace.example/mcp --name workspace
  seawall install gemini-cli --dry-run         show it, and change nothing
  seawall install claude-desktop --remove      take it out again

Clients: claude-code, claude-desktop, cursor, vscode, gemini-cli.

Exit status: 0 done, or nothing to do; 1 not agreed to, or a file that cannot be
changed; 2 a wrong call or blueprint; 3 a link that leads elsewhere.
""",
    ),
    CommandHelp(
        "docs",
        "Write the server's own documentation.",
        """\
What it is for, its tools with arguments, examples and errors, resources and
prompts, every setting, how to run and operate it, and what it can and cannot
reach: from the server itself, so that it is never a guess. Secrets are not in
it. Files that this command did not write are left alone.
""",
        """\
Examples:

  seawall docs                   ./seawall.toml, to docs beside it
  seawall docs --format html     one page that loads nothing
  seawall docs --check           for a build: is what stands there up to date?

Exit status of --check: 0 up to date; 1 stale, with what would change.
""",
    ),
    CommandHelp(
        "schema",
        "Print the JSON Schema of the blueprint, for editors.",
        """\
Editors with TOML support then complete and check the file while you write.
""",
        """\
Save it beside the blueprint:

  seawall schema --output seawall.schema.json

and let the first line of seawall.toml name it:

  #:schema ./seawall.schema.json
""",
    ),
    CommandHelp(
        "audit",
        "Prove that the record of calls is as the server wrote it.",
        """\
A changed, removed or moved record is found, with its line. With --key a file
is found out that somebody wrote anew as a whole, and with --checkpoints one
whose end was cut. A server that was stopped marks the end: with --stopped a
chain without that mark is not whole.
""",
        """\
Examples:

  seawall audit verify audit.jsonl
  seawall audit verify audit.jsonl.1 audit.jsonl   one chain, rotated
  seawall audit verify audit.jsonl --key file:/run/secrets/audit
  seawall audit verify audit.jsonl --checkpoints /mnt/kept
  seawall audit verify audit.jsonl --stopped       no server writes it any more

Exit status: 0 whole; 1 not whole, or it cannot be read; 2 a wrong call.
""",
    ),
    CommandHelp(
        "doctor",
        "Tell what this machine can enforce.",
        """\
One line for each mechanism that Seawall builds on, with what it means for
you. Exit status 1 only when files cannot be confined to their root at all.
""",
        """\
Attach `seawall doctor --json` to the report of a fault.
""",
    ),
    CommandHelp(
        "completion",
        "Print what makes your shell complete this command.",
        """\
Completes commands, options and their values, profiles and files.
""",
        """\
bash, once, where the package bash-completion finds it:

  d=~/.local/share/bash-completion/completions; mkdir -p $d
  seawall completion bash > $d/seawall

or without that package, in ~/.bashrc:

  eval "$(seawall completion bash)"

zsh, once, in a directory of $fpath, before compinit:

  seawall completion zsh > ~/.zfunc/_seawall

or in ~/.zshrc, after compinit:

  eval "$(seawall completion zsh)"

fish, once:

  seawall completion fish > ~/.config/fish/completions/seawall.fish
""",
    ),
)
