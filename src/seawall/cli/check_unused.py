"""What `seawall check` says about an older format, and about settings and variables that have no effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from seawall.blueprint import LoadedBlueprint
from seawall.blueprint.migrate import FORMAT
from seawall.blueprint.overrides import strangers
from seawall.cli.check import Finding
from seawall.security.egress.addresses import refusal
from seawall.toolsets.interface import ToolsetKind
from seawall.toolsets.registry import declarations

__all__ = ["about_format", "about_unused", "about_variables"]


def about_format(loaded: LoadedBlueprint) -> Iterator[Finding]:
    """That the text has an older format, and what it was taken for."""
    if loaded.migrated is not None:
        before, changed = loaded.migrated.before, " ".join(loaded.migrated.notes)
        yield Finding(
            "warning",
            "old_format",
            "format",
            f"the blueprint has format {before}, and is read as one of format {FORMAT}. {changed}".rstrip(),
            "`seawall upgrade` writes it down.",
        )


def about_unused(loaded: LoadedBlueprint) -> Iterator[Finding]:
    """Settings that nothing reads as the others stand."""
    limits = loaded.blueprint.limits
    if limits.burst is not None and limits.rate is None:
        yield Finding(
            "warning",
            "unused_setting",
            "limits.burst",
            "it says how many calls of `rate` may come at once, and there is no `rate`: nothing is limited.",
            "Set `limits.rate`, or leave out `burst`.",
        )
    yield from _unused_audit(loaded)
    yield from _unreachable(loaded)


def _unused_audit(loaded: LoadedBlueprint) -> Iterator[Finding]:
    audit = loaded.blueprint.audit
    for name in ("key", "checkpoints"):
        if audit.file is None and getattr(audit, name) is not None:
            yield Finding(
                "warning",
                "unused_setting",
                f"audit.{name}",
                "it is about records of calls, and there is no `file`: nothing is recorded.",
                f"Set `audit.file`, or leave out `{name}`.",
            )


def _unreachable(loaded: LoadedBlueprint) -> Iterator[Finding]:
    """Pages at addresses that the egress guard refuses for ever; what a name stands for is known when it is asked."""
    for index, resource in enumerate(loaded.blueprint.resource):
        host = urlsplit(resource.url or "").hostname
        try:
            address = ip_address(host or "")
        except ValueError:
            continue
        networks = [ip_network(each) for each in resource.networks]
        if (reason := refusal(str(address), networks)) is not None:
            yield Finding(
                "warning",
                "unreachable_url",
                f"resource[{index}].url",
                f"{address} is {reason}, so that nobody can read {resource.uri}.",
                f'`networks = ["{address}/{address.max_prefixlen}"]` in the resource lets it be reached.',
            )


def about_variables(
    loaded: LoadedBlueprint, kinds: Mapping[str, ToolsetKind], environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Environment variables with our prefix that set nothing. Their values are not told."""
    data = {"toolset": tuple(item.model_dump(include={"name", "kind"}) for item in loaded.blueprint.toolset)}
    for name, meant in strangers(environment, data, declarations(kinds)).items():
        if not loaded.refers_to(name):
            yield Finding(
                "warning",
                "unknown_variable",
                name,
                "the variable sets nothing.",
                f"Did you mean {meant}?" if meant else "Variables are named SEAWALL_<TABLE>__<SETTING>.",
            )
