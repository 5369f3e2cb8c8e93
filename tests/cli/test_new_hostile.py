"""`seawall new` with everything that a shell, a template or a file format could take for something else."""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from cli.processes import Seawall
from support.projects import contents

YAML: Any = importlib.import_module("yaml")  # without types

PURPOSES = {
    "template": "{{7*7}} {% for x in range(9) %}x{% endfor %} {# gone #} ${7*7} {{ ''.__class__ }}",
    "toml": 'a" \\ # c\n[http]\nhost = "0.0.0.0"\n\'\'\' """ x = 1',
    "variables": "${HOME} $${HOME} $HOME ${X:-y} $$",
    "shell": "$(touch pwned) `touch pwned` ; touch pwned & | > < ! * ? ~ 'x' \"y\" \\",
    "dockerfile": 'x" \\\nRUN touch pwned\nLABEL a="b',
    "yaml": "x: &a [*a, {b: c}] # !!python/object:os.system\n- y\n---\n%TAG ! x\n\"'| >",
    "markdown": "# Head\n<script>alert(1)</script> [x](javascript:y) ![z](w) `c` *b* _i_ | t |\n\n- a\n1. b\n\n    code\n<!-- x",
    "marker": "<!-- From here on it is yours. --> <!-- What the server offers, as it says itself. -->",
    "letters": "Ein Hafen für Schiffe / 港 🚢",
    "long": "x" * 4096,
    "blank": "   \n  ",
}


@pytest.mark.parametrize("purpose", PURPOSES.values(), ids=PURPOSES)
def test_a_purpose_arrives_in_every_file_as_it_is(called: Seawall, tmp_path: Path, purpose: str) -> None:
    ended = called("new", "harbour", "--filesystem", "./workspace", "--purpose", purpose)
    assert ended.status == 0, ended.err
    project, text = tmp_path / "harbour", purpose.strip()
    data = tomllib.loads((project / "seawall.toml").read_text())
    assert data["server"].get("purpose", "").replace("$${", "${") == text
    assert set(data) == {"server", "toolset"}
    package = tomllib.loads((project / "pyproject.toml").read_text())
    assert package["project"]["description"] == " ".join(text.split())
    compose = YAML.safe_load((project / "compose.yaml").read_text())
    assert set(compose["services"]) == {"stdio", "http"}
    dockerfile = (project / "Dockerfile").read_text()
    assert not [line for line in dockerfile.splitlines() if "pwned" in line and "description" not in line]
    assert label(dockerfile, "description") == (" ".join(text.split()) or "harbour")
    shown = words(rendered((project / "README.md").read_text()))
    assert all(word in shown for word in words(text)) or "long" in text
    for file in (project / "README.md").read_text().splitlines():
        assert not file.startswith(("# Head", "<script", "- a", "1. b"))
    checked = called("check", project / "seawall.toml", "--strict")
    assert checked.status == 0, checked.out
    assert not list(tmp_path.rglob("*pwned*"))


def label(dockerfile: str, name: str) -> str:
    """The value of a label, read as the Dockerfile reference says: in quotes, where a backslash takes away meaning."""
    found = re.search(rf'image\.{name}="((?:\\.|[^"\\])*)"', dockerfile)
    assert found is not None
    return re.sub(r"\\(.)", r"\1", found[1])


def rendered(markdown: str) -> str:
    """What a reader of the Markdown sees, as plain text; HTML would stand out as tokens of its own."""
    tokens: list[Any] = MarkdownIt("commonmark").enable("table").parse(markdown)
    inline = [child for token in tokens for child in token.children or ()]
    assert not [each for each in inline if each.type == "html_inline"]
    assert not [each for each in tokens if each.type == "html_block" and not each.content.startswith("<!-- ")]
    assert not [
        each for each in inline if each.type in {"image", "link_open"} and "javascript" in str(each.attrs)
    ]
    return " ".join(each.content for each in inline)


def words(text: str) -> list[str]:
    return re.findall(r"[\w]+", text)


@pytest.mark.parametrize("text", ["\x1b[31mred", "bell\x07", "\x7f", "a\u202eb", "\u2028", "\x85", "\x9b31m"])
@pytest.mark.parametrize("flag", ["--purpose", "--title", "--filesystem"])
def test_control_characters_are_refused(called: Seawall, tmp_path: Path, flag: str, text: str) -> None:
    ended = called("new", "harbour", *(() if flag == "--filesystem" else ("--python",)), flag, f"x{text}y")
    assert ended.status == 2
    assert flag in ended.err
    assert not set(ended.err) & {"\x1b", "\x07", "\x7f", "\u202e", "\x9b"}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", ["", "a b", 'a"b', "a\nb", "a'b", "{{7*7}}", "$(id)", "..", "-x", "a/b", "é", "x" * 65, "a\x1bb"]
)
def test_a_name_that_is_none_is_refused(called: Seawall, tmp_path: Path, name: str) -> None:
    ended = called("new", "harbour", "--python", f"--name={name}")
    assert ended.status == 2
    assert "name" in ended.err
    assert "\x1b" not in ended.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("directory", "name"),
    [
        ("my server", "my-server"),
        ('say "hi" {{7*7}}', "say-hi-7-7"),
        ("two\nlines", "two-lines"),
        ("$(touch pwned)", "touch-pwned"),
        ("Häfen", "Hafen"),
        ("-rf", "rf"),
        (os.fsdecode(b"caf\xe9"), "caf"),
        ("x" * 100, "x" * 64),
    ],
)
def test_a_directory_may_be_called_anything(
    called: Seawall, tmp_path: Path, directory: str, name: str
) -> None:
    ended = called("new", tmp_path / directory, "--filesystem", "./workspace")
    assert ended.status == 0, ended.err
    data = tomllib.loads((tmp_path / directory / "seawall.toml").read_text())
    assert data["server"]["name"] == name
    assert [each.name for each in tmp_path.iterdir()] == [directory]


@pytest.mark.parametrize("directory", ["{{}}", "港", os.fsdecode(b"\xff\xfe")])
def test_one_that_gives_no_name_needs_one(called: Seawall, tmp_path: Path, directory: str) -> None:
    ended = called("new", tmp_path / directory, "--filesystem", "./workspace")
    assert ended.status == 2
    assert "--name" in ended.err
    assert not list(tmp_path.iterdir())
    assert called("new", tmp_path / directory, "--filesystem", "./workspace", "--name", "harbour").status == 0


ROOTS = {
    "quotes": "a\"b'c",
    "template": "{{7*7}}",
    "variable": "${HOME}",
    "closing": "a}b",
    "blanks": "my files",
    "colon": "a:b:ro",
    "shell": "$(touch pwned)",
    "outside": "../elsewhere",
    "home": "~/notes",
    "absolute": "/srv/x y",
    "itself": ".",
}


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_a_root_arrives_as_it_is(called: Seawall, tmp_path: Path, root: str) -> None:
    ended = called("new", "harbour", "--filesystem", root)
    assert ended.status == 0, ended.err
    project = tmp_path / "harbour"
    written = tomllib.loads((project / "seawall.toml").read_text())["toolset"][0]["roots"]
    assert written.replace("$${", "${") == root
    shown = called("config", project / "seawall.toml", "--json")
    assert root in [each["value"] for each in json.loads(shown.out)["settings"]]
    compose = YAML.safe_load((project / "compose.yaml").read_text())
    (volume,) = compose["services"]["stdio"]["volumes"]
    assert volume["type"] == "bind"
    assert root.removeprefix("./") in volume["source"].replace("$$", "$")
    assert [each.name for each in tmp_path.iterdir()] == ["harbour"]


@pytest.mark.parametrize(
    "root",
    [
        "Dockerfile",
        "server.py",
        "tests/test_server.py",
        "./seawall.toml",
        ".seawall/manifest.json",
        "README.md",
    ],
)
def test_a_root_that_is_a_file_of_every_project_is_refused(
    called: Seawall, tmp_path: Path, root: str
) -> None:
    ended = called("new", "harbour", "--filesystem", root)
    assert ended.status == 2
    assert f"{root.removeprefix('./')} is a file that every project has" in ended.err
    assert "seawall-new-" not in ended.err
    assert not list(tmp_path.iterdir())


# --- where it is to be


def test_a_file_in_the_way_is_refused(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "harbour").write_text("mine")
    ended = called("new", "harbour", "--python", "--force")
    assert (ended.status, "no directory" in ended.err) == (2, True)
    assert contents(tmp_path) == {"harbour": b"mine"}


@pytest.mark.parametrize("target", ["elsewhere", "nowhere"])
def test_a_link_is_not_followed(called: Seawall, tmp_path: Path, target: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "harbour").symlink_to(target)
    ended = called("new", "harbour", "--python", "--force")
    assert (ended.status, "symbolic link" in ended.err) == (2, True)
    assert contents(tmp_path) == {}


@pytest.mark.parametrize("name", ["tests", "Dockerfile", ".seawall"])
def test_a_link_within_is_not_followed(called: Seawall, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / name).symlink_to(tmp_path / "elsewhere")
    ended = called("new", "harbour", "--python", "--force")
    assert ended.status == 2
    assert name in ended.err
    assert contents(tmp_path) == {}
    assert [each.name for each in (tmp_path / "harbour").iterdir()] == [name]


def test_a_directory_without_a_parent_is_refused(called: Seawall) -> None:
    ended = called("new", "no/such/harbour", "--python")
    assert (ended.status, "there is no directory" in ended.err) == (2, True)


def test_a_place_where_nobody_may_write_is_refused(called: Seawall) -> None:
    ended = called("new", "/sys/kernel/harbour", "--python")
    assert ended.status == 2
    assert "written" in ended.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.root_user
@pytest.mark.parametrize("existing", [True, False])
def test_a_read_only_directory_is_refused(tmp_path: Path, existing: bool) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\n"
        "from seawall.scaffold.target import write\nfrom seawall.errors import UsageError\n"
        "os.setegid(65534); os.seteuid(65534)\n"
        "try:\n    write(Path(sys.argv[1]), {'a': 'b'}, force=False)\n"
        "except UsageError as error:\n    print(error.exit_code, error.message)\n"
    )
    place = tmp_path / "harbour"
    if existing:
        place.mkdir(mode=0o555)
    for each in (tmp_path, *tmp_path.parents[:-2]):
        each.chmod(each.stat().st_mode | 0o055)
    ended = subprocess.run(
        [sys.executable, "-c", script, str(place)], capture_output=True, text=True, check=True
    )
    assert ended.stdout.startswith("2 ")
    assert not place.exists() or not list(place.iterdir())


def test_what_is_there_stays_without_force(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "README.md").write_text("mine")
    ended = called("new", "harbour", "--python")
    assert ended.status == 2
    assert "README.md" in ended.err
    assert "--force" in ended.err
    assert contents(tmp_path / "harbour") == {"README.md": b"mine"}
    assert called("new", "harbour", "--python", "--force").status == 0
    assert (tmp_path / "harbour" / "README.md").read_text().startswith("# harbour")


def test_other_files_of_a_directory_are_no_hindrance(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "harbour").mkdir()
    (tmp_path / "harbour" / "notes.txt").write_text("mine")
    assert called("new", "harbour", "--python").status == 0
    assert (tmp_path / "harbour" / "notes.txt").read_text() == "mine"
