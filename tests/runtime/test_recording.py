"""Where a server records its calls."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from seawall.blueprint import parse
from seawall.errors import StartError
from seawall.runtime.recording import audit_of
from seawall.security.audit import AuditLog


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


def test_a_directory_that_is_not_there_is_told_before_the_start(tmp_path: Path) -> None:
    found = log(tmp_path, 'file = "absent/"\n')
    assert found is not None
    with pytest.raises(StartError, match="may make no file there") as caught:
        found.check()
    assert "on a mounted volume" in str(caught.value)
