"""Whether another value of a setting lets callers reach more or less: every setting by its own sense.

What is in no table here merely changes something: names, texts, forms, places, and what is compared by hand alone.
"""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from seawall.blueprint.auth import host_is_loopback
from seawall.blueprint.locate import KeyPath
from seawall.security.rate import Rate

__all__ = ["Effect", "effect"]

Effect: TypeAlias = Literal["widens", "narrows", "changes"]
_Rule: TypeAlias = Callable[[Any, Any], Effect]

_TURNED: Final[Mapping[Effect, Effect]] = {"widens": "narrows", "narrows": "widens", "changes": "changes"}


def effect(path: KeyPath, before: object, after: object) -> Effect:
    """Whether the other value `widens` or `narrows` what callers can reach, or merely `changes` something.

    Args:
        path: the table, without the name of a toolset or the number of a resource, and the setting within it.
        before: the value; None where it is not set.
        after: the other one.
    """
    words = tuple(_settings_of(path))
    if words[:1] == ("deploy",) and words[-1] != "outbound":
        return "changes"
    for length in range(len(words), 0, -1):
        for start in range(length):
            rule = _RULES.get(words[start:length])
            if rule is not None:
                return rule(before, after)
    return "changes"


def _settings_of(path: KeyPath) -> Iterator[str]:
    """The words of the path that are settings, and not names that the operator chose."""
    parts = iter(path)
    for part in parts:
        if isinstance(part, int):
            continue
        yield part
        if part in _VALUES_BELOW:
            return
        if part in _NAMES_BELOW:
            next(parts, None)


_NAMES_BELOW: Final = frozenset({"tokens", "params", "override", "credentials"})
_VALUES_BELOW: Final = frozenset(
    {"fixed", "headers", "environment", "settings", "operation_scopes", "roots", "scalars"}
)


def _more(before: Any, after: Any) -> Effect:  # noqa: ANN401  numbers and truth values; None where something else decides
    if before is None or after is None or before == after:
        return "changes"
    return "widens" if after > before else "narrows"


def _less(before: Any, after: Any) -> Effect:  # noqa: ANN401  as above
    return _TURNED[_more(before, after)]


def _rate(before: Any, after: Any) -> Effect:  # noqa: ANN401  as it is written; None for no limit
    if before is None or after is None:
        return "widens" if after is None else "narrows"
    return _more(Rate.parse(before).per_second, Rate.parse(after).per_second)


def _listed(before: Any, after: Any) -> Effect:  # noqa: ANN401  arrays of words
    """Of a list that lets in what it names; `*` stands for anything in it."""
    old, new = _words(before), _words(after)
    more, fewer = _beyond(new, old), _beyond(old, new)
    return "changes" if more == fewer else "widens" if more else "narrows"


def _listed_or_all(before: Any, after: Any) -> Effect:  # noqa: ANN401  as above
    """Of a list that lets in what it names, and everything when it is empty."""
    return _listed(before or ("*",), after or ("*",))


def _needed(before: Any, after: Any) -> Effect:  # noqa: ANN401  as above
    """Of a list that keeps out who lacks one of them, or what it names."""
    old, new = _words(before), _words(after)
    if any(each.startswith("!") for each in old ^ new):  # lets in again what stands before it
        return "changes"
    return "narrows" if old < new else "widens" if new < old else "changes"


def _words(value: Any) -> set[str]:  # noqa: ANN401  an array, one word, or None
    if value is None or value == "none":
        return set()
    return {value} if isinstance(value, str) else {str(each) for each in value}


def _beyond(these: set[str], others: set[str]) -> bool:
    """Whether one of these is covered by none of the others."""
    return not all(any(fnmatch.fnmatchcase(each, other) for other in others) for each in these)


def _word(*words: str) -> _Rule:
    """Of a word, from the one that lets in least to the one that lets in most."""
    return lambda before, after: (
        _more(words.index(before), words.index(after)) if {before, after} <= set(words) else "changes"
    )


def _there(before: Any, after: Any) -> Effect:  # noqa: ANN401  anything, or None
    """Of what lets in somebody or something by being there."""
    return "widens" if before is None else "narrows" if after is None else "changes"


def _not_there(before: Any, after: Any) -> Effect:  # noqa: ANN401  as above
    return _TURNED[_there(before, after)]


def _address(before: Any, after: Any) -> Effect:  # noqa: ANN401  texts
    local = [host_is_loopback(str(each)) for each in (before, after)]
    return "changes" if local[0] == local[1] else "widens" if local[0] else "narrows"


def _root(before: Any, after: Any) -> Effect:  # noqa: ANN401  paths, or None
    """Of a directory: one that holds the other has more."""
    if before is None or after is None:
        return _there(before, after)
    if not (isinstance(before, str) and isinstance(after, str)):
        return "changes"
    old, new = (os.path.join(os.path.normpath(each), "") for each in (before, after))  # noqa: PTH118  text alone
    if os.path.isabs(old) != os.path.isabs(new) or old == new:  # noqa: PTH117  text alone
        return "changes"
    old, new = (each.removeprefix("./") for each in (old, new))
    return "widens" if old.startswith(new) else "narrows" if new.startswith(old) else "changes"


def _unjudged(before: Any, after: Any) -> Effect:  # noqa: ANN401  anything
    """Of what a wider rule would judge wrongly."""
    del before, after
    return "changes"


def _rules(table: Mapping[_Rule, str]) -> Mapping[tuple[str, ...], _Rule]:
    return {tuple(name.split(".")): rule for rule, names in table.items() for name in names.split()}


_RULES: Final = _rules(
    {
        _more: "limits max_file_size max_size timeout concurrency attempt_timeout connect_timeout redirects "
        "spec_size schema_size descriptor_size message_size streams stream_idle stream_lifetime open_pages "
        "http.body_limit http.header_limit http.sessions http.connections http.allow_unauthenticated "
        "http.auth.leeway explore explore_mutations prompts.size "
        "command.output_limit command.memory command.processes command.cpu_seconds command.file_size "
        "command.instances command.shell command.runs_programs "
        "params.options params.multiline params.maxLength params.maxItems params.maximum",
        _less: "params.minLength params.minItems params.minimum limits.assumed_list_size http.auth.require_type",
        _rate: "rate limits.rate",
        _listed: "networks hosts stdio.scopes http.allowed_hosts http.allowed_origins http.trusted_proxies "
        "http.auth.tokens.scopes http.auth.algorithms auth.scopes credentials.scopes forward_headers "
        "response_headers packages programs command.reads command.writes command.network deploy.outbound",
        _listed_or_all: "params.enum",
        _needed: "scopes operation_scopes deny http.auth.required_scopes private override.hidden",
        _there: "http.auth.tokens http.metrics_port",
        _not_there: "http.auth.kind override.fixed params.pattern",
        _address: "http.host http.metrics_host",
        _root: "roots",
        _word("read", "write"): "access",
        _word("hide", "challenge"): "on_missing_scope",
        _word("refuse", "continue"): "on_failure",
        _word("private", "public"): "cache_scope",
        _word("refuse", "inside"): "symlinks",
        _word("refuse", "read"): "hard_links",
        _word("bwrap", "landlock", "rlimits"): "minimum_tier",
        _unjudged: "limits.page_size limits.burst http.auth",
    }
)
