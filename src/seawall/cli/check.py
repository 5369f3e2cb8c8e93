"""`seawall check`: everything that can be known about a blueprint without serving it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from seawall.blueprint.origin import Origin
from seawall.cli import check_source
from seawall.cli.explain import explain, problem_as_json
from seawall.cli.origins import origin_as_json, told
from seawall.cli.output import plain, show, show_json
from seawall.cli.source import DEFAULT_BLUEPRINT, NO_FLAGS, Flags, ProfileOption, choose_blueprint
from seawall.errors import BlueprintError, Problem, SeawallError, StartError, UsageError
from seawall.types import JsonObject, JsonValue

if TYPE_CHECKING:
    from seawall.toolsets.interface import LeftOut, SourceReport  # it needs pydantic, and the help does not

__all__ = [
    "CheckResult",
    "CheckedPrompt",
    "CheckedResource",
    "CheckedTool",
    "CheckedToolset",
    "Finding",
    "check",
    "command",
    "finding_of",
    "render",
    "result_as_json",
]


_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold"}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong beside the blueprint's text: with the machine, or with what it adds up to.

    Attributes:
        level: an `error` keeps the server from starting; a `warning` does not, and fails a strict check; a `note`
            only says what follows from a setting.
        code: stable word, such as `cannot_start` or `token_budget`.
        subject: the toolset or setting that it is about.
        message: what is wrong, one sentence.
        hint: the next step, or None.
        origin: of a setting, what gave it its value; None for a toolset.
    """

    level: Literal["error", "warning", "note"]
    code: str
    subject: str
    message: str
    hint: str | None
    origin: Origin | None = None


@dataclass(frozen=True, slots=True)
class CheckedTool:
    """One tool that would be offered.

    Attributes:
        name: what a client calls.
        toolset: the toolset that it comes from.
        tokens: estimates what its description costs a client.
        risk: what a call may do: `reads`, `changes` or `may destroy`.
    """

    name: str
    toolset: str | None
    tokens: int
    risk: str = "may destroy"


@dataclass(frozen=True, slots=True)
class CheckedResource:
    """One resource that would be offered, or one template of them.

    Attributes:
        uri: what a client reads; with `{name}` in it, it is a template.
        name: a word for it.
        toolset: the toolset that it comes from; None for one of the blueprint itself.
        media_type: of what it gives; empty when that differs.
        source: of one of the blueprint: `text`, `file`, `directory`, `url` or `function`; else empty.
        scopes: what a caller must have beside those of the toolset.
    """

    uri: str
    name: str
    toolset: str | None
    media_type: str
    source: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedToolset:
    """One toolset: what it may do, and what it costs of what it may.

    Attributes:
        name: in the blueprint.
        kind: as declared.
        access: `read` or `write`.
        tokens: estimated cost of its tools.
        budget: its `token_budget`.
        denied: the deny patterns that the blueprint adds, where the kind has such.
        left_out: name and reason of what it has and does not offer.
        searched: how many operations are searched for instead of listed.
        report: what was found in the description that it was made of.
        changes: what is different from `seawall.lock`, one line each.
    """

    name: str
    kind: str
    access: str
    tokens: int
    budget: int
    denied: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()
    searched: int = 0
    report: SourceReport | None = None
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckedPrompt:
    """One prompt: its name, its file, its arguments (`name?` for one that may be left out), and the scopes it needs."""

    name: str
    file: str
    arguments: tuple[str, ...]
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found out.

    `problems` are faults of the blueprint's text; with any of them the rest is not looked at. `profile` is the
    chosen one, or None.
    """

    source: str
    profile: str | None = None
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    toolsets: tuple[CheckedToolset, ...] = ()
    tools: tuple[CheckedTool, ...] = ()
    prompts: tuple[CheckedPrompt, ...] = ()
    resources: tuple[CheckedResource, ...] = ()

    @property
    def tokens(self) -> int:
        """Estimated cost of the whole `tools/list`."""
        return sum(tool.tokens for tool in self.tools)

    def exit_status(self, *, strict: bool) -> int:
        """0 when the blueprint can be served, 1 for a finding that forbids it, 2 for problems of its text."""
        if self.problems:
            return BlueprintError.exit_code
        failing = {"error", "warning"} if strict else {"error"}
        return int(any(finding.level in failing for finding in self.findings))


def command(
    blueprint: Annotated[Path | None, Parameter(help="The file to check. Default: ./seawall.toml.")] = None,
    /,
    *,
    profile: ProfileOption = None,
    json: Annotated[bool, Parameter(help="Print the result as one JSON object.")] = False,
    strict: Annotated[bool, Parameter(help="Let warnings fail the check, too.")] = False,
    against: Annotated[
        str | None,
        Parameter(
            help="Say what is different with this profile, and whether it lets more in.", metavar="PROFILE"
        ),
    ] = None,
) -> int:
    """Check a blueprint without serving it; help.py has the words for people."""
    try:
        chosen = choose_blueprint(blueprint, command="check")
    except UsageError as error:
        if not json:
            raise
        absent = str(DEFAULT_BLUEPRINT)
        show_json(result_as_json(CheckResult(absent, findings=(finding_of(error, absent),)), ok=False))
        return error.exit_code
    result = check(chosen, environment=os.environ, flags=Flags(profile=profile))
    status = result.exit_status(strict=strict)
    told, shown = _compared(chosen, profile, None if result.problems else against)
    if json:
        show_json(result_as_json(result, ok=status == 0) | told)
    else:
        show(*render(result, ok=status == 0), *shown)
    return status


def _compared(
    blueprint: Path, profile: str | None, against: str | None
) -> tuple[JsonObject, Sequence[RenderableType]]:
    """What is different with another profile, for programs and for people.

    Raises:
        BlueprintError: there is no such profile, or the blueprint has problems with it.
    """
    if against is None:
        return {}, ()
    from seawall.cli.check_against import against_as_json, compare  # noqa: PLC0415  as in `check`
    from seawall.cli.check_against import render as rendered  # noqa: PLC0415  as above
    from seawall.cli.loading import load_source  # noqa: PLC0415  as above
    from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  as above

    kinds = installed_kinds()
    here, there = (
        load_source(blueprint, kinds=kinds, flags=each, environment=os.environ)
        for each in (Flags(profile=profile), Flags(profile=against, chosen_by="--against"))
    )
    found = compare(here, there, kinds, against)
    return {"against": against_as_json(found)}, tuple(rendered(found))


def check(blueprint: Path, *, environment: Mapping[str, str], flags: Flags = NO_FLAGS) -> CheckResult:
    """Everything that can be known of the blueprint without serving it. Changes nothing."""
    # Each import when it is needed: the help needs none, and a blueprint's problems need no FastMCP (0.5 s).
    from seawall.cli.loading import load_source  # noqa: PLC0415  see above
    from seawall.toolsets.registry import installed_kinds  # noqa: PLC0415  see above

    source = str(blueprint)
    try:
        kinds = installed_kinds()
        loaded = load_source(blueprint, kinds=kinds, flags=flags, environment=environment)
        from seawall.cli.checking import examine  # noqa: PLC0415  see above

        return examine(loaded, kinds, environment)
    except BlueprintError as error:
        return CheckResult(source, problems=error.problems)
    except StartError as error:
        return CheckResult(source, findings=(finding_of(error, source),))


def finding_of(error: SeawallError, subject: str) -> Finding:
    """The finding that an error is which would end `serve`."""
    return Finding("error", error.code, subject, error.message, error.hint)


def result_as_json(result: CheckResult, *, ok: bool) -> JsonObject:
    """The stable form for programs: ok, problems, findings, toolsets, tools, prompts, resources, tokens."""
    return {
        "ok": ok,
        "source": result.source,
        "profile": result.profile,
        "problems": [problem_as_json(problem) for problem in result.problems],
        "findings": [_finding_as_json(finding) for finding in result.findings],
        "toolsets": [_toolset_as_json(toolset) for toolset in result.toolsets],
        "tools": [asdict(tool) for tool in result.tools],
        "prompts": [
            asdict(each) | {"arguments": list(each.arguments), "scopes": list(each.scopes)}
            for each in result.prompts
        ],
        "resources": [asdict(each) | {"scopes": list(each.scopes)} for each in result.resources],
        "tokens": result.tokens,
    }


def _finding_as_json(finding: Finding) -> JsonObject:
    origin = None if finding.origin is None else origin_as_json(finding.origin)
    return asdict(finding) | {"origin": origin}


def _toolset_as_json(toolset: CheckedToolset) -> JsonObject:
    left_out: list[JsonValue] = [{"name": each.name, "reason": each.reason} for each in toolset.left_out]
    lists: JsonObject = {
        "denied": list(toolset.denied),
        "left_out": left_out,
        "changes": list(toolset.changes),
    }
    return asdict(toolset) | lists | {"report": _report_as_json(toolset.report)}


def _report_as_json(report: SourceReport | None) -> JsonObject | None:
    if report is None:
        return None
    return {
        "source": report.source,
        "found": report.found,
        "served": report.found - len(report.unservable),
        "unservable": [{"name": each.name, "reason": each.reason} for each in report.unservable],
        "faults": [{"place": each.name, "fault": each.reason} for each in report.faults],
    }


def render(result: CheckResult, *, ok: bool) -> Iterator[RenderableType]:
    """The result for a person."""
    if result.problems:
        yield from explain(result.problems)
        yield _verdict(result.source, f"{check_source.counted(len(result.problems), 'problem')}.", good=False)
        return
    for toolset in result.toolsets:
        yield _heading(toolset)
        yield _tools([tool for tool in result.tools if tool.toolset == toolset.name])
        own = [each for each in result.resources if each.toolset == toolset.name]
        if own:
            yield _rows((each.uri, each.media_type) for each in own)
        yield from check_source.about(toolset)
    if result.prompts:
        yield Text("prompts", style="bold")
        yield _rows((each.name, ", ".join(each.arguments)) for each in result.prompts)
    declared = [each for each in result.resources if each.toolset is None]
    if declared:
        yield Text("resources", style="bold")
        yield _rows((each.uri, each.source) for each in declared)
    for finding in result.findings:
        yield _finding(finding)
    levels = [each.level for each in result.findings]
    facts = [
        check_source.counted(levels.count(each), each)
        for each in ("error", "warning", "note")
        if each in levels
    ]
    if result.tools:
        facts.append(f"{check_source.counted(len(result.tools), 'tool')}, about {result.tokens:,} tokens")
    facts += [check_source.counted(len(result.prompts), "prompt")] if result.prompts else []
    facts += [check_source.counted(len(result.resources), "resource")] if result.resources else []
    facts += [] if result.tools or result.prompts or result.resources else ["no tools"]
    source = f"{result.source}, profile {result.profile}" if result.profile else result.source
    yield _verdict(source, f"{'; '.join(facts)}.", good=ok)


def _heading(toolset: CheckedToolset) -> Text:
    text = Text(plain(toolset.name), style="bold")
    facts = [toolset.kind] if toolset.kind != toolset.name else []
    facts += ["writes allowed" if toolset.access == "write" else "read-only"]
    facts += [f"about {toolset.tokens:,} of {toolset.budget:,} tokens"]
    facts += (
        [f"{check_source.counted(toolset.searched, 'operation')} to search for"] if toolset.searched else []
    )
    text.append(f"  {', '.join(facts)}", style="not bold")
    if toolset.denied:
        text.append(
            f"\n  denies, beside the built-in list: {plain(', '.join(toolset.denied))}", style="not bold"
        )
    return text


def _tools(tools: list[CheckedTool]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    for tool in tools:
        table.add_row(f"  {plain(tool.name)}", f"{tool.tokens:,}", tool.risk)
    return table


def _rows(pairs: Iterable[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for name, about in pairs:
        table.add_row(f"  {plain(name)}", plain(about))
    return table


def _finding(finding: Finding) -> Text:
    text = Text(f"{finding.level}: ", style=_STYLES[finding.level])
    subject = finding.subject if finding.origin is None else f"{finding.subject} ({told(finding.origin)})"
    message = finding.message.removeprefix(f"{finding.subject}: ")  # some errors begin with the setting, too
    text.append(plain(f"{subject}: {message}"), style="default not bold")
    if finding.hint:
        text.append(f" {plain(finding.hint)}", style="default not bold")
    return text


def _verdict(source: str, text: str, *, good: bool) -> Text:
    verdict = Text("sound" if good else "not sound", style="bold green" if good else "bold red")
    return Text.assemble(f"{plain(source)}: ", verdict, f": {text}")
