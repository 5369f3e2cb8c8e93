"""`seawall new`: from flags, from a blueprint, by asking; and what it says."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import get_type_hints

import pytest

from cli.processes import Seawall, Terminal
from seawall.blueprint import ToolsetDeclaration
from seawall.cli.new import kind_flags
from seawall.toolsets.filesystem import KIND
from support.projects import contents

pytestmark = pytest.mark.whole

OUTSIDE = Path(__file__).parents[1] / "support" / "outside_kind"
EXAMPLE = Path(__file__).parents[2] / "examples" / "python"
FILES = {
    ".dockerignore",
    ".env.example",
    ".gitignore",
    ".seawall/manifest.json",
    "Dockerfile",
    "README.md",
    "compose.yaml",
    "pyproject.toml",
    "seawall.toml",
    "server.py",
    "tests/surface.json",
    "tests/test_server.py",
    "workspace/welcome.txt",
}
RECORDED = {"tests/surface.json", ".seawall/manifest.json"}
"""Written by programs for programs."""


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where a kind of somebody else's is installed."""
    installed = tmp_path_factory.mktemp("outside")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-index"]
    options = ["--no-deps", "--no-build-isolation", "--target", str(installed), str(OUTSIDE)]
    subprocess.run([*pip, *options], check=True, timeout=120)
    return str(installed)


def test_a_project_is_small(called: Seawall, tmp_path: Path) -> None:
    ended = called("new", "harbour", "--filesystem", "./workspace", "--purpose", "Reads the log.")
    assert ended.status == 0, ended.err
    made = contents(tmp_path / "harbour")
    assert set(made) == FILES
    assert sum(text.count(b"\n") for path, text in made.items() if path not in RECORDED) <= 300
    for note in ("./workspace is all that tools can reach", "read-only", "127.0.0.1", "30 s"):
        assert note in ended.out
    readme = made["README.md"].decode()
    assert "| `read_file` |" in readme
    assert "Reads the log." in readme


def test_write_widens_and_says_so(called: Seawall, tmp_path: Path) -> None:
    ended = called("new", "harbour", "--filesystem", "./workspace", "--write")
    assert "may change things" in ended.out
    data = tomllib.loads((tmp_path / "harbour" / "seawall.toml").read_text())
    assert data["toolset"][0]["access"] == "write"
    assert b"write_file" in (tmp_path / "harbour" / "tests" / "surface.json").read_bytes()


def test_a_dry_run_writes_nothing(called: Seawall, tmp_path: Path) -> None:
    ended = called("new", "harbour", "--filesystem", "./workspace", "--dry-run")
    assert (ended.status, "Would write" in ended.out) == (0, True)
    for path in FILES:
        assert path in ended.out
    assert not list(tmp_path.iterdir())


def test_it_begins_with_a_blueprint_as_it_is(seawall: Seawall, tmp_path: Path) -> None:
    ended = seawall("new", "harbour", "--from", EXAMPLE / "seawall.toml")
    assert ended.status == 0, ended.err
    project = tmp_path / "harbour"
    for name in ("seawall.toml", "harbour/tools.py"):
        assert (project / name).read_bytes() == (EXAMPLE / name).read_bytes()
    assert "assign_berth" in (project / "README.md").read_text()
    assert seawall("check", "--strict", cwd=project).status == 0


def test_a_blueprint_with_problems_makes_no_project(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('[server]\nname = "x"\n[[toolset]]\nkind = "filesystm"\n')
    ended = called("new", "harbour", "--from", "bad.toml")
    assert ended.status == 2
    assert "did you mean 'filesystem'?" in ended.err
    assert [each.name for each in tmp_path.iterdir()] == ["bad.toml"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--command, --contract, --filesystem, --graphql, --grpc, --openapi, --python"),
        (("--python", "--from", "x.toml"), "--from"),
        (("--from", "missing.toml"), "missing.toml"),
        (("--python", "--with", "helm"), "helm"),
        (("--filesystem", ""), "--filesystem"),
    ],
)
def test_a_wrong_call_is_told(
    called: Seawall, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "x.toml").write_text('[server]\nname = "x"\n')
    ended = called("new", "harbour", *arguments)
    assert ended.status in {1, 2}
    assert words in ended.err
    assert not (tmp_path / "harbour").exists()


def test_a_root_that_is_not_there_yet_leaves_nothing_out(seawall: Seawall, tmp_path: Path) -> None:
    """What the server offers does not depend on it, and the tests of the project begin green."""
    (tmp_path / "x.toml").write_text(
        '[server]\nname = "x"\n[[toolset]]\nkind = "filesystem"\nroots = "./later"\n'
    )
    for name, given in (
        ("absolute", ("--filesystem", "/no/such/place")),
        ("beside", ("--filesystem", "../elsewhere")),
        ("from", ("--from", "x.toml")),
    ):
        ended = seawall("new", name, *given, cwd=tmp_path)
        assert ended.status == 0, ended.err
        assert "not recorded" not in ended.out
        assert "| `read_file` |" in (tmp_path / name / "README.md").read_text()
        assert "read_file" in json.loads((tmp_path / name / "tests" / "surface.json").read_text())
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "from",
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout


def test_a_server_that_cannot_be_put_together_yet_gets_its_project(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('[server]\nname = "x"\n[[toolset]]\nkind = "python"\nmodule = "mine"\n')
    (tmp_path / "mine.py").write_text("import no_such_module_at_all\n")
    ended = called("new", "harbour", "--from", "x.toml")
    assert ended.status == 0
    assert "tests/surface.json is not recorded yet" in ended.out
    assert "pytest --seawall-update" in ended.out
    assert not (tmp_path / "harbour" / "tests" / "surface.json").exists()


@pytest.mark.parametrize("module", ["server", "tests.tools"])
def test_code_of_ones_own_is_never_replaced_by_a_file_of_the_project(
    called: Seawall, tmp_path: Path, module: str
) -> None:
    """Every project has a server.py: with --force, that of the blueprint's author would be gone."""
    code = tmp_path / f"{module.replace('.', '/')}.py"
    code.parent.mkdir(exist_ok=True)
    code.write_text('"""Mine."""\n')
    (code.parent / "test_server.py").write_text('"""Mine."""\n')
    (tmp_path / "x.toml").write_text(
        f'[server]\nname = "x"\n[[toolset]]\nkind = "python"\nmodule = "{module}"\n'
    )
    before = contents(tmp_path)
    for directory in ("harbour", "."):
        ended = called("new", directory, "--from", "x.toml", "--force")
        assert ended.status == 2
        assert "another name" in ended.err
    assert contents(tmp_path) == before


def test_it_asks_on_a_terminal(terminal: Terminal, tmp_path: Path) -> None:
    started = terminal("new", "harbour")
    for question, answer in (
        ("What is the server for", 'Reads "the" log.'),
        ("Kind", "typo"),
        ("Please choose among", "filesystem, python"),
        ("Which directory", ""),
        ("May its tools change anything", "y"),
    ):
        started.read_until(question)
        started.send(f"{answer}\n")
    assert started.finish() == 0, started.text
    data = tomllib.loads((tmp_path / "harbour" / "seawall.toml").read_text())
    assert data["server"] == {"name": "harbour", "purpose": 'Reads "the" log.'}
    assert data["toolset"] == [
        {"kind": "filesystem", "roots": "./workspace", "access": "write"},
        {"kind": "python", "module": "tools", "access": "write"},
    ]


def test_an_interrupted_question_writes_nothing(terminal: Terminal, tmp_path: Path) -> None:
    started = terminal("new", "harbour")
    started.read_until("What is the server for")
    started.process.send_signal(signal.SIGINT)
    assert started.finish() == 130
    assert not list(tmp_path.iterdir())


def test_a_kind_of_somebody_elses_has_its_flag(seawall: Seawall, tmp_path: Path, outside: str) -> None:
    told = seawall("new", "--help", PYTHONPATH=outside).out
    assert "--tides HARBOUR" in told
    assert "the tides of a harbour" in told
    ended = seawall("new", "coast", "--tides", "Dover", "--filesystem", "./workspace", PYTHONPATH=outside)
    assert ended.status == 0, ended.err
    assert "The water is high every 12.4 hours." in ended.out
    project = tmp_path / "coast"
    kinds = {each["kind"] for each in tomllib.loads((project / "seawall.toml").read_text())["toolset"]}
    assert kinds == {"filesystem", "tides"}
    assert (project / "specs" / "tides.txt").read_text() == "3.5\n"
    assert "acme-tides>=1" in (project / "pyproject.toml").read_text()
    assert "COPY specs ./specs" in (project / "Dockerfile").read_text()
    assert "next_high_water" in (project / "README.md").read_text()
    assert seawall("check", "--strict", cwd=project, PYTHONPATH=outside).status == 0
    refused = seawall("new", "sea", "--tides", "atlantis", PYTHONPATH=outside)
    assert (refused.status, "Name another harbour." in refused.err) == (2, True)


def test_a_kind_with_the_name_of_an_option_gets_another_flag() -> None:
    class Named:
        name = "force"
        declaration = ToolsetDeclaration
        starter = KIND.starter
        build = KIND.build

    flags = kind_flags({"force": Named(), "my.kind": Named()})
    found = [
        argument.__metadata__[0].name[0] for argument in get_type_hints(flags, include_extras=True).values()
    ]
    assert found == ["--kind-force", "--my.kind"]


def test_it_can_be_added_to_a_project(seawall: Seawall, tmp_path: Path, outside: str) -> None:
    assert seawall("new", "coast", "--filesystem", "./workspace").status == 0
    project = tmp_path / "coast"
    ended = seawall("add", "toolset", "tides", "Dover", cwd=project, PYTHONPATH=outside)
    assert ended.status == 0, ended.err
    assert "Dockerfile: updated" in ended.out
    assert seawall("check", "--strict", cwd=project, PYTHONPATH=outside).status == 0
