"""What `seawall check` says about scopes: those that nobody can have, and what nobody can reach for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from seawall.blueprint import Blueprint
from seawall.blueprint.auth import JwtAuth, NamedToken, TokenAuth
from seawall.cli.check import Finding
from seawall.toolsets.interface import Caller

__all__ = ["about_scopes"]

_SHOWN = 6

Needed = Mapping[tuple[str, str], frozenset[str]]


def about_scopes(blueprint: Blueprint, needed: Needed) -> Iterator[Finding]:
    """Warnings and notes. Args: needed: the scopes of each thing, by kind and name."""
    users: dict[str, list[str]] = defaultdict(list)
    for (_, name), scopes in needed.items():
        for scope in sorted(scopes):
            users[scope].append(name)
    yield from _over_http(blueprint, users)
    yield from _in_caches(blueprint)
    yield from _on_stdio(blueprint, needed)


def _over_http(blueprint: Blueprint, users: Mapping[str, list[str]]) -> Iterator[Finding]:
    auth = blueprint.http.auth
    if auth is None:
        if users:
            yield Finding(
                "note",
                "unreachable_over_http",
                "http.auth",
                f"callers over HTTP have no scopes without it, so that none of them can use {_names(users)}.",
                "Set [http.auth] when the server is to be reached over HTTP.",
            )
        return
    if isinstance(auth, JwtAuth):
        return  # what its issuer grants is not known here
    granted = set(_granted(auth))
    for scope, names in users.items():
        if scope not in granted:
            yield Finding(
                "warning",
                "scope_not_granted",
                "http.auth.tokens",
                f"no token has the scope {scope}, so that nobody can use {_list(names)} over HTTP.",
                "Give it to a token: { token = …, scopes = [" + f'"{scope}"' + "] }.",
            )
    for scope in sorted(each for each in granted if "*" in each and each not in users):
        yield Finding(
            "warning",
            "scope_is_no_pattern",
            "http.auth.tokens",
            f"{scope} is a plain word in a token: * stands for other scopes in stdio.scopes alone.",
            "List the scopes.",
        )


def _in_caches(blueprint: Blueprint) -> Iterator[Finding]:
    """What a shared cache may hand to those whom the server itself would not let in."""
    if blueprint.http.auth is None:
        return
    for index, each in enumerate(blueprint.resource):
        if each.cache is not None and each.cache_scope == "public":
            yield Finding(
                "warning",
                "public_behind_auth",
                f"resource[{index}].cache_scope",
                f"a shared cache may give {each.uri} to callers without a token, although the server asks for one.",
                'Leave it out, unless everybody may read this: "private" is the default.',
            )


def _on_stdio(blueprint: Blueprint, needed: Needed) -> Iterator[Finding]:
    local = Caller("local", patterns=tuple(blueprint.stdio.scopes))
    names = [name for (_, name), scopes in needed.items() if not local.holds(*scopes)]
    if names:
        yield Finding(
            "note",
            "unreachable_on_stdio",
            "stdio.scopes",
            f"the local caller lacks scopes for {_list(names)}.",
            None,
        )


def _granted(auth: TokenAuth) -> Iterator[str]:
    for given in auth.tokens.values():
        yield from given.scopes if isinstance(given, NamedToken) else ()


def _names(users: Mapping[str, list[str]]) -> str:
    return _list(list(dict.fromkeys(name for names in users.values() for name in names)))


def _list(names: list[str]) -> str:
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
