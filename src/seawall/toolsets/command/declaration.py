"""The blueprint section of the command toolset."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field

from seawall.blueprint.quantities import ByteSize, Duration
from seawall.blueprint.section import Allowed, Section
from seawall.blueprint.toolset import ToolsetDeclaration
from seawall.toolsets.hinting import HintsOverride
from seawall.toolsets.remote import network

__all__ = ["CommandSection", "CommandsDeclaration", "GroupSection", "ItemSection", "ParameterSection"]

Scalar: TypeAlias = str | int | float | bool
_Word: TypeAlias = Annotated[
    str,
    Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$"),
    Allowed("a name of letters, digits and '_', not beginning with a digit"),
]
_Variable: TypeAlias = _Word
_HostPattern: TypeAlias = Annotated[
    str,
    Field(pattern=r"^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.-]{0,252})?(:[0-9]{1,5})?$"),
    Allowed("a host, `*.` and a domain, or either with `:port`"),
]


class ItemSection(Section):
    """What one value may be: keywords of JSON Schema, and a few of our own."""

    type: Literal["string", "integer", "number", "boolean", "array", "path"] = Field(
        default="string",
        description="As in JSON Schema; or `path`, a path within the roots, which is looked up before the program "
        "gets it.",
    )
    title: str = Field(default="", description="For people.", examples=["Log of the repository"])
    description: str = Field(default="", description="For the model.", examples=["A branch, tag or commit."])
    enum: tuple[Scalar, ...] = Field(default=(), description="The only values.", examples=[["short", "full"]])
    pattern: str = Field(
        default="",
        description="Regular expression that the whole text must fit, from its beginning to its end.",
        examples=["[\\w./-]+"],
    )
    min_length: int | None = Field(default=None, alias="minLength", ge=0, description="Characters at least.")
    max_length: int = Field(
        default=4096, alias="maxLength", ge=0, le=1_048_576, description="Characters at most."
    )
    minimum: int | float | None = Field(default=None, description="Smallest number.", examples=[1])
    maximum: int | float | None = Field(default=None, description="Largest number.", examples=[100])
    options: bool = Field(
        default=False,
        description="Let the value begin with `-`, by which a program may take it for an option.",
    )
    multiline: bool = Field(
        default=False,
        description="Let the value have line ends and tabulators. Other control characters are always refused.",
    )
    must: Literal["exist", "file", "directory", "anything"] = Field(
        default="exist",
        description="Of a `path`: what must be there. `anything` lets it be missing, for what the program makes.",
    )


class ParameterSection(ItemSection):
    """One parameter of a command."""

    default: Scalar | tuple[Scalar, ...] | None = Field(
        default=None,
        examples=[20, "HEAD", ["."]],
        description="The value when none is given. Without one, a parameter is required unless it stands in "
        "optional arguments alone.",
    )
    items: ItemSection | None = Field(
        default=None, description="Of an `array`: what each of its values may be."
    )
    min_items: int | None = Field(default=None, alias="minItems", ge=0, description="Values at least.")
    max_items: int = Field(default=256, alias="maxItems", ge=0, le=4096, description="Values at most.")


class GroupSection(Section):
    """Arguments that are there or not, or several times."""

    argv: tuple[str, ...] = Field(
        min_length=1, description="The arguments.", examples=[["--author={author}"]]
    )
    when: str = Field(
        default="",
        description="The parameter with which they are there: when it is given, or when it is true. Empty: when all "
        "of the parameters in them are given.",
        examples=["stat"],
    )
    each: str = Field(
        default="", description="The array for each value of which they stand once.", examples=["patterns"]
    )


_Argument: TypeAlias = Annotated[
    str | tuple[str, ...] | GroupSection,
    Field(union_mode="left_to_right"),
]


class CommandSection(Section):
    """One command, which becomes one tool. There is no shell: each argument reaches the program as it is."""

    name: Annotated[
        str,
        Field(pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,63}$"),
        Allowed("a name of at most 64 letters, digits, '_' or '-', starting with a letter"),
    ] = Field(description="Name of the tool.", examples=["git_log"])
    title: str = Field(default="", description="For people.", examples=["Log of the repository"])
    description: str = Field(
        default="", description="For the model: what it does.", examples=["Commits, the newest first."]
    )
    argv: tuple[_Argument, ...] = Field(
        min_length=1,
        description="The program and its arguments. `{name}` is the value of a parameter and never more than the "
        "one argument that it stands in; `{name*}` alone is all values of an array, an argument each. An array "
        "within is optional: there when all of its parameters are given. `{{` and `}}` are braces.",
        examples=[["git", "log", "-n", "{count}", ["--author={author}"], "--end-of-options", "{ref}"]],
    )
    params: dict[str, ParameterSection] = Field(
        default_factory=dict,
        description="The parameters, by their names.",
        examples=[{"count": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}}],
    )
    stdin: str = Field(
        default="",
        description="The parameter whose text the program reads on its standard input.",
        examples=["text"],
    )
    directory: str = Field(
        default="",
        description="Where the program runs, in what it may read or write; or `{name}` of a parameter of type `path`. "
        "Empty: the root when it may read that, else the first directory of `reads` and `writes`, else `/`.",
        examples=["docs", "{folder}"],
    )
    reads: tuple[str, ...] = Field(
        default=(),
        description="What the program may read beside the system's own: paths in the roots.",
        examples=[["."]],
    )
    writes: tuple[str, ...] = Field(
        default=(),
        description='What it may read and change: paths in the roots. Needs `access = "write"`.',
        examples=[["build"]],
    )
    network: Literal["none"] | tuple[_HostPattern, ...] = Field(
        default="none",
        description="Hosts that it may connect to, through a proxy that checks each; `none` for no network.",
        examples=["none", ["packages.example:443", "*.internal.example"]],
    )
    environment: tuple[_Variable, ...] | dict[str, str] = Field(
        default=(),
        description="Variables that it gets beside `PATH` and the language: names, to hand on the server's own, or a "
        "table with values. A value `env:NAME` or `file:/path` is a secret: read at the start, and taken out of "
        "all output.",
        examples=[["SSL_CERT_FILE"], {"GH_TOKEN": "env:GH_TOKEN", "CI": "1"}],
    )
    timeout: Duration = Field(
        default=30.0,
        description="Time that it has. What it had written by then is the result, which says so.",
    )
    output_limit: ByteSize = Field(
        default=256 * 1024,
        description="Bytes of output that are kept; the program is ended when it writes more.",
    )
    memory: ByteSize = Field(
        default=1024**3, description="Memory of each of its processes, and of all together."
    )
    processes: int = Field(default=64, ge=1, le=65_536, description="Processes and threads at once.")
    cpu_seconds: int = Field(
        default=60, ge=1, le=86_400, description="Processor time of all of its processes."
    )
    file_size: ByteSize = Field(default=64 * 1024**2, description="Largest file that it may write.")
    success: tuple[int, ...] = Field(
        default=(0,),
        description="Exit codes that are no failure, such as 1 of `grep` for nothing found.",
        examples=[[0, 1]],
    )
    output: Literal["text", "json", "lines"] = Field(
        default="text",
        description="What it writes: `text`; `json`, which becomes structured content; or `lines`, of which a call "
        "gives a page.",
    )
    output_schema: dict[str, object] | None = Field(
        default=None,
        description="With `json`: the JSON Schema that the output must fit.",
        examples=[{"type": "array"}],
    )
    stderr: Literal["show", "failure", "drop"] = Field(
        default="show",
        description="What becomes of standard error: shown behind the output, only when the command failed, or never.",
    )
    hints: HintsOverride | None = Field(
        default=None,
        description="What it does, where `writes` and `network` do not say it: without either it only reads.",
    )
    instances: int = Field(default=4, ge=1, le=1024, description="How many of it may run at once.")
    task: Literal["never", "optional"] = Field(
        default="never",
        description="`optional` lets clients run it as a background task: started, asked for, and cancelled later.",
    )
    shell: bool = Field(
        default=False,
        description="Say plainly that a shell runs the text after `-c`. Parameters are never part of that text.",
    )
    runs_programs: bool = Field(
        default=False,
        description="Say plainly that the program runs others, such as `make` does: `check` then only notes it.",
    )
    scopes: tuple[str, ...] = Field(
        default=(),
        description="What a caller must have beside the scopes of the toolset.",
        examples=[["repository:read"]],
    )


class CommandsDeclaration(ToolsetDeclaration):
    """Commands that run in a sandbox."""

    kind: Literal["command"] = Field(default="command", description="Commands that run in a sandbox.")
    roots: str | dict[str, str] = Field(
        default=".",
        description="The directory that paths of commands are in; or a table of several, where each name is a top "
        "directory. Relative paths start at the blueprint.",
        examples=["./workspace"],
    )
    deny: tuple[str, ...] = Field(
        default=(),
        description="Paths that no parameter may name, in .gitignore syntax. Adds to the built-in list of "
        "secret-bearing names. It does not hide them from a program that may read the directory around them.",
        examples=[["*.sql", "/private"]],
    )
    symlinks: Literal["inside", "refuse"] = Field(
        default="inside",
        description="`inside` follows symbolic links of a parameter that stay inside the root; `refuse` follows none.",
    )
    minimum_tier: Literal["rlimits", "landlock", "bwrap"] = Field(
        default="landlock",
        description="The weakest sandbox with which the server starts; `seawall doctor` says which one there is.",
    )
    programs: tuple[str, ...] = Field(
        default=(),
        description="Directories with programs beside the system's, such as a virtual environment: `bin` in them is "
        "searched, and all of it may be read and run. Outside of the roots.",
        examples=[["/opt/tools"]],
    )
    networks: tuple[Annotated[str, AfterValidator(network)], ...] = Field(
        default=(),
        description="Private addresses or networks that hosts of `network` may be at; without it only public ones.",
        examples=[["10.20.0.0/16"]],
    )
    packages: tuple[
        Annotated[
            str, Field(pattern=r"^[a-z0-9][a-z0-9+.-]{1,127}$"), Allowed("the name of a Debian package")
        ],
        ...,
    ] = Field(
        default=(),
        description="Debian packages that a generated container installs for the programs.",
        examples=[["git", "ripgrep"]],
    )
    command: tuple[CommandSection, ...] = Field(
        min_length=1,
        description="The commands, one entry each.",
        examples=[[{"name": "count_lines", "argv": ["wc", "-l", "--", "{file}"]}]],
    )
