"""Where a server records its calls."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from seawall.blueprint import LoadedBlueprint, parse
from seawall.errors import StartError
from seawall.runtime.recording import audit_of
from seawall.security.audit import AuditLog
from seawall.toolsets.registry import declarations, installed_kinds


def log(directory: Path, table: str) -> AuditLog | None:
    text = f'[server]\nname = "x"\n[audit]\n{table}'
    return audit_of(parse(text, source="x", directory=directory, kinds={}, environment={}))


def test_a_file_is_that_file_and_a_directory_has_one_for_each_host(tmp_path: Path) -> None:
    file = log(tmp_path, 'file = "audit.jsonl"\ncheckpoints = "/kept"\n')
    assert file is not None
    assert (file.policy.file, file.policy.checkpoints) == (tmp_path / "audit.jsonl", Path("/kept"))
    directory = log(tmp_path, 'file = "audit/"\ncheckpoints = "/kept/"\n')
    assert directory is not None
    assert directory.policy.file == tmp_path / "audit" / f"audit-{socket.gethostname()}.jsonl"
    assert directory.policy.checkpoints == Path(f"/kept/checkpoints-{socket.gethostname()}.jsonl")


def test_the_name_of_a_host_leads_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names a container names no other file."""
    monkeypatch.setattr(socket, "gethostname", lambda: "../../etc/x y\n")
    found = log(tmp_path, 'file = "audit/"\n')
    assert found is not None
    assert found.policy.file == tmp_path / "audit" / "audit-..-..-etc-x-y-.jsonl"


def test_without_a_file_nothing_is_recorded(tmp_path: Path) -> None:
    assert log(tmp_path, 'checkpoints = "kept"\n') is None


SERVED = {
    "a root": '[[toolset]]\nkind = "filesystem"\nroots = "."\n',
    "a root above": '[[toolset]]\nkind = "filesystem"\nroots = "../"\n',
    "one of several roots": '[[toolset]]\nkind = "filesystem"\nroots = { a = "other", b = "." }\n',
    "a root behind a link": '[[toolset]]\nkind = "filesystem"\nroots = "link"\n',
    "the root of commands": '[[toolset]]\nkind = "command"\nroots = "."\ncommand = [{ name = "x", argv = ["true"] }]\n',
    "a resource of a directory": '[[resource]]\nuri = "a://{b*}"\ndirectory = "."\n',
    "a resource of the file": '[[resource]]\nuri = "a://b"\nfile = "log/audit.jsonl"\n',
}


@pytest.mark.parametrize("place", sorted(SERVED))
@pytest.mark.parametrize("setting", ["file", "checkpoints"])
def test_a_file_that_callers_could_reach_is_refused(place: str, setting: str, tmp_path: Path) -> None:
    """They would read what others did, or write it: both the records and their checkpoints."""
    (tmp_path / "link").symlink_to(tmp_path)
    (tmp_path / "log").mkdir()
    names = {"file": "/elsewhere/audit.jsonl", "checkpoints": "/elsewhere/kept"} | {
        setting: "log/audit.jsonl"
    }
    table = (
        f'[server]\nname = "x"\n[audit]\nfile = "{names["file"]}"\ncheckpoints = "{names["checkpoints"]}"\n'
    )
    with pytest.raises(StartError, match=rf"audit\.{setting}: .* its callers could reach it"):
        audit_of(parsed(tmp_path, table + SERVED[place]))


@pytest.mark.parametrize("deny", ["audit*", "/log/", "*.jsonl"])
def test_one_that_is_denied_to_them_is_not(deny: str, tmp_path: Path) -> None:
    toolset = f'[[toolset]]\nkind = "filesystem"\nroots = "."\ndeny = ["{deny}"]\n'
    text = f'[server]\nname = "x"\n[audit]\nfile = "log/audit.jsonl"\n{toolset}'
    assert audit_of(parsed(tmp_path, text)) is not None


def parsed(directory: Path, text: str) -> LoadedBlueprint:
    kinds = declarations(installed_kinds())
    return parse(text, source="x", directory=directory, kinds=kinds, environment={})


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('file = "a"\ncheckpoints = "b/../a"\n', "it is the file of records itself"),
        ('file = "a\\u0000b"\n', "a NUL character"),
    ],
    ids=["checkpoints in the file of records", "NUL"],
)
def test_places_that_are_none_are_refused(table: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with pytest.raises(StartError, match=words):
        log(tmp_path, table)


def test_a_directory_that_is_not_there_is_told_before_the_start(tmp_path: Path) -> None:
    found = log(tmp_path, 'file = "absent/"\n')
    assert found is not None
    with pytest.raises(StartError, match="may make no file there") as caught:
        found.check()
    assert "on a mounted volume" in str(caught.value)
