"""A blueprint becomes frozen values, or an error of the one class that its reader handles."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from pydantic import Field, ValidationError

from blueprint.samples import KINDS, SMALLEST, Files, Tickets, problem, read
from seawall.blueprint import LoadedBlueprint, ToolsetDeclaration, load, parse
from seawall.errors import BlueprintError, StartError

FULL = """\
#:schema ./seawall.schema.json
format = 1

[server]
name = "workspace"
version = "1.0.0"
title = "Workspace"
purpose = "Reads files."

[[toolset]]
kind = "files"
name = "docs"
roots = { a = "./a", b = "/b" }
access = "write"
operations = ["read_*", "!read_link"]
prefix = "docs_"
scopes = ["docs:read"]
timeout = "2m"
token_budget = 500
discovery = "search"
results = "json"
max_file_size = "512KiB"

[[toolset]]
kind = "tickets"
url = "https://t"
tokens = ["env:TOKEN"]
[toolset.auth]
scheme = "bearer"
value = "file:/run/secrets/key"
[[toolset.column]]
title = "Name"

[limits]
request_timeout = 2.5
response_size = 2048
workers = 4

[stdio]
scopes = []

[http]
host = "::1"
port = 0
allowed_hosts = ["workspace.example"]
allowed_origins = ["https://app.example"]

[log]
format = "json"
level = "debug"
"""


def test_the_smallest_blueprint_has_safe_defaults() -> None:
    blueprint = read(SMALLEST).blueprint
    assert blueprint.server.name == "workspace"
    assert (blueprint.server.version, blueprint.server.title, blueprint.server.purpose) == ("0.1.0", "", "")
    assert (blueprint.limits.request_timeout, blueprint.limits.response_size) == (30.0, 1024**2)
    assert blueprint.limits.workers == 16
    assert blueprint.stdio.scopes == ("*",)
    assert (blueprint.http.host, blueprint.http.port) == ("127.0.0.1", 8000)
    assert (blueprint.http.allowed_hosts, blueprint.http.allowed_origins) == ((), ())
    assert (blueprint.log.format, blueprint.log.level) == ("auto", "info")
    (files,) = blueprint.toolset
    assert isinstance(files, Files)
    assert (files.name, files.access, files.roots, files.timeout) == ("", "read", "./workspace", None)


def test_every_setting_of_a_full_blueprint_arrives() -> None:
    blueprint = read(FULL).blueprint
    docs, tickets = blueprint.toolset
    assert isinstance(docs, Files)
    assert docs.model_dump() == {
        "kind": "files",
        "name": "docs",
        "roots": {"a": "./a", "b": "/b"},
        "access": "write",
        "operations": ("read_*", "!read_link"),
        "prefix": "docs_",
        "scopes": ("docs:read",),
        "operation_scopes": {},
        "timeout": 120.0,
        "token_budget": 500,
        "discovery": "search",
        "results": "json",
        "max_file_size": 512 * 1024,
    }
    assert isinstance(tickets, Tickets)
    assert tickets.auth is not None
    assert (tickets.auth.value, tickets.tokens) == ("file:/run/secrets/key", ("env:TOKEN",))
    assert tickets.column[0].width == 10
    limits = blueprint.limits
    assert (limits.request_timeout, limits.response_size, limits.workers) == (2.5, 2048, 4)
    assert (limits.concurrency, limits.queue, limits.rate, limits.burst) == (64, 256, None, None)
    assert (blueprint.stdio.scopes, blueprint.http.host, blueprint.http.port) == ((), "::1", 0)
    assert blueprint.http.allowed_hosts == ("workspace.example",)
    assert (blueprint.log.format, blueprint.log.level) == ("json", "debug")


@pytest.mark.parametrize("change", ["\ufeff{}", "{}"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_byte_order_mark_and_either_line_end_are_read(change: str, newline: str) -> None:
    assert read(change.format(SMALLEST.replace("\n", newline))).blueprint == read(SMALLEST).blueprint


def test_positions_do_not_count_the_byte_order_mark_or_the_carriage_return() -> None:
    found = problem("\ufeff[server]\r\nname = 1\r\n")
    assert (found.line, found.column) == (2, 8)
    found = problem('\ufeffsrver = 1\r\n[server]\r\nname = "w"\r\n')
    assert (found.line, found.column) == (1, 1)


def test_the_values_are_frozen() -> None:
    blueprint = read(SMALLEST).blueprint
    with pytest.raises(ValidationError):
        blueprint.http.port = 1  # type: ignore[misc]
    with pytest.raises(ValidationError):
        blueprint.toolset[0].access = "write"  # type: ignore[misc]


def test_a_kind_is_whatever_model_is_handed_in() -> None:
    """The loader names no kind: this one exists in this test alone."""

    class Weather(ToolsetDeclaration):
        kind: Literal["weather"] = Field(description="Weather of a town.")
        town: str = Field(description="Which town.")

    text = '[server]\nname = "w"\n[[toolset]]\nkind = "weather"\ntown = "Bergen"\n'
    loaded = parse(text, source="s", directory=Path("/"), kinds={"weather": Weather}, environment={})
    assert loaded.blueprint.toolset == (Weather(kind="weather", town="Bergen"),)
    with pytest.raises(BlueprintError) as caught:
        parse(
            text.replace("town =", "twon ="),
            source="s",
            directory=Path("/"),
            kinds={"weather": Weather},
            environment={},
        )
    (found,) = caught.value.problems
    assert found.message == "unknown setting 'twon' in [[toolset]] 'weather'; did you mean 'town'?"


def test_without_any_kind_installed_a_toolset_is_still_explained() -> None:
    with pytest.raises(BlueprintError) as caught:
        parse(SMALLEST, source="s", directory=Path("/"), kinds={}, environment={})
    (found,) = caught.value.problems
    assert (found.key, found.allowed) == ("toolset[0].kind", "no kind: none is installed")


# --- files --------------------------------------------------------------------------------------------------


def _load(path: Path) -> LoadedBlueprint:
    return load(path, kinds=KINDS, environment={})


def test_a_file_is_loaded_with_its_directory(tmp_path: Path) -> None:
    path = tmp_path / "seawall.toml"
    path.write_text(SMALLEST)
    loaded = _load(path)
    assert (loaded.directory, loaded.source) == (tmp_path, str(path))
    assert loaded.blueprint == read(SMALLEST).blueprint


def test_a_relative_path_gives_an_absolute_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "seawall.toml").write_text(SMALLEST)
    monkeypatch.chdir(tmp_path)
    loaded = _load(Path("seawall.toml"))
    assert (loaded.directory, loaded.source) == (tmp_path, "seawall.toml")


def test_relative_paths_start_at_the_link_and_not_at_what_it_leads_to(tmp_path: Path) -> None:
    """Kubernetes mounts a ConfigMap's file as a link into a directory with a changing name."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data/seawall.toml").write_text(SMALLEST)
    (tmp_path / "seawall.toml").symlink_to("..data/seawall.toml")
    assert _load(tmp_path / "seawall.toml").directory == tmp_path


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read: No such file or directory") as caught:
        _load(tmp_path / "none.toml")
    assert "none.toml" in caught.value.message


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_directory_or_fifo_is_refused_without_waiting(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "seawall.toml")
    with pytest.raises(StartError, match=r"seawall\.toml' is (a directory|not a regular file)"):
        _load(tmp_path / "seawall.toml")


def test_a_path_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(StartError, match="no valid file name"):
        _load(Path("a\0b"))


@pytest.mark.parametrize(
    ("content", "line", "column", "found"),
    [
        (b"\xff\xfe[\x00s\x00", 1, 1, "UTF-16"),
        (b'[server]\nname = "caf\xe9"\n', 2, 12, "the byte 0xe9 at offset 20"),
        ("# é\n".encode() + b"# \xc3", 2, 3, "the byte 0xc3 at offset 7"),
        (b"a" * (1024 * 1024 + 1), 1, 1, "more than 1048576 bytes"),
        (b"\x00", 1, 1, r"'\x00'"),
    ],
)
def test_bytes_that_are_no_text_are_located(
    tmp_path: Path, content: bytes, line: int, column: int, found: str
) -> None:
    path = tmp_path / "seawall.toml"
    path.write_bytes(content)
    with pytest.raises(BlueprintError) as caught:
        _load(path)
    (only,) = caught.value.problems
    assert (only.source, only.line, only.column, only.found) == (str(path), line, column, found)


def test_importing_the_blueprint_does_not_import_fastmcp() -> None:
    code = "import sys, seawall.blueprint; sys.exit(any(name in sys.modules for name in ('fastmcp', 'mcp')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
