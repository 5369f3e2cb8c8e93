"""`seawall new`, `add`, `check` and `docs` with prompts and resources."""

from __future__ import annotations

import io
import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from cli.processes import Seawall, Terminal
from seawall.cli.banner import Offer, banner
from seawall.cli.clients import Endpoint
from seawall.scaffold.request import ToolsetRequest
from support.projects import contents, make_project

pytestmark = pytest.mark.whole


def test_a_project_of_prompts_and_resources_is_whole(seawall: Seawall, tmp_path: Path) -> None:
    """What can be read is in the image, the README tells of it, and the surface records it."""
    ended = seawall(
        *("new", "harbour", "--prompts", "--resource", "handbook", "--resource", "terms.md"),
        *("--resource", "harbour_data:report", "--resource", "https://status.example/now.json"),
    )
    assert ended.status == 0, ended.err
    project = tmp_path / "harbour"
    made = contents(project)
    assert {"prompts/explain.md", "handbook/start.md", "terms.md", "harbour_data.py"} <= set(made)
    data = tomllib.loads(made["seawall.toml"].decode())
    assert data["prompts"] == {"directory": "prompts"}
    assert [each["uri"] for each in data["resource"]] == [
        "handbook://{page*}",
        "docs://terms",
        "data://report",
        "web://status-example",
    ]
    dockerfile = made["Dockerfile"].decode()
    for source in ("prompts", "handbook", "terms.md", "harbour_data.py"):
        assert f"COPY {source} ./{source}" in dockerfile
    readme = made["README.md"].decode()
    assert "[prompts](prompts): your prompts; each file is one." in readme
    assert "handbook://{page*}" in readme
    assert {"prompt: explain", "resource: docs://terms", "template: handbook://{page*}"} <= set(
        json.loads(made["tests/surface.json"])
    )
    assert seawall("check", project / "seawall.toml", "--strict").status == 0


def test_with_prompts_and_pages_a_project_is_small_and_a_failed_one_leaves_nothing(
    called: Seawall, tmp_path: Path
) -> None:
    """One file more for each; what cannot be offered is told before anything is written."""
    assert called("new", "bare", "--filesystem", "./workspace").status == 0
    bare = contents(tmp_path / "bare")
    assert called("new", "harbour", "--prompts", "--resource", "handbook").status == 0
    made = contents(tmp_path / "harbour")
    assert set(made) - set(bare) == {"prompts/explain.md", "handbook/start.md"}
    assert sum(text.count(b"\n") for path, text in made.items() if path != "tests/surface.json") <= 300
    for wrong in ("/etc", "chart.pdf", "secrets", "os:path", "Dockerfile", "{{ 7 }}", "a\tb", "ftp://x"):
        ended = called("new", "wrong", "--prompts", "--resource", "terms.md", "--resource", wrong)
        assert (ended.status, "Traceback" in ended.err) == (2, False), wrong
        assert not (tmp_path / "wrong").exists()


def test_asked_on_a_terminal_prompts_and_resources_are_among_the_choices(
    terminal: Terminal, tmp_path: Path
) -> None:
    started = terminal("new", "harbour")
    started.read_until("What is the server for")
    started.send("Tells.\n")
    told = started.read_until("Kind")
    assert "prompts: texts that people choose" in told
    started.send("prompts,resource\n")
    started.read_until("can be read")
    started.send("pages\n")
    assert started.finish() == 0
    data = tomllib.loads((tmp_path / "harbour" / "seawall.toml").read_text())
    assert data["resource"][0]["directory"] == "pages"
    assert "toolset" not in data


def test_prompts_and_resources_are_added_and_comments_stay(called: Seawall, tmp_path: Path) -> None:
    project = make_project(tmp_path / "harbour", ToolsetRequest("filesystem", "./workspace"))
    blueprint = project / "seawall.toml"
    blueprint.write_text(blueprint.read_text() + "\n# mine\n[limits]\nworkers = 4\n")
    before = blueprint.read_text()
    for arguments in (
        ("prompt", "review"),
        ("prompt", "plan"),
        ("resource", "handbook"),
        ("resource", "a.md"),
    ):
        ended = called("add", *arguments, "--project", project)
        assert ended.status == 0, ended.err
        made = "prompts" if arguments[0] == "prompt" else "handbook" if "." not in arguments[1] else "a.md"
        assert f"{made}" in next(line for line in ended.out.splitlines() if line.endswith(": written"))
        assert "Everything is up to date" not in ended.out
    after = blueprint.read_text()
    assert all(line in after for line in before.splitlines())
    data = tomllib.loads(after)
    assert data["prompts"] == {"directory": "prompts"}
    assert [each["uri"] for each in data["resource"]] == ["handbook://{page*}", "docs://a"]
    assert sorted(path.name for path in (project / "prompts").iterdir()) == ["plan.md", "review.md"]
    assert "COPY prompts ./prompts" in (project / "Dockerfile").read_text()
    found = json.loads(called("check", blueprint, "--json").out)
    assert found["ok"]
    assert found["prompts"][0] == {
        "name": "plan",
        "file": "prompts/plan.md",
        "arguments": ["text", "reader?"],
        "scopes": [],
    }
    assert [(each["uri"], each["source"]) for each in found["resources"]] == [
        ("handbook://{page*}", "directory"),
        ("docs://a", "file"),
    ]
    again = called("add", "resource", "handbook", "--project", project)
    assert (again.status, "already" in again.err) == (2, True)


def test_faults_of_prompts_are_told_with_file_and_line_and_end_the_check(
    called: Seawall, tmp_path: Path
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_text("---\ntitel: x\n---\n{{ nothing }}\n")
    (tmp_path / "prompts" / "b.md").write_text("---\ntitle: x\n---\n{{ 1|shout }}\n{{ file('x') }}\n")
    (tmp_path / "seawall.toml").write_text('[server]\nname = "x"\n\n[prompts]\ndirectory = "prompts"\n')
    ended = called("check")
    assert ended.status == 2
    for words in (
        "prompts/a.md:2: the head has no key 'titel'; did you mean title?",
        "prompts/a.md:4: there is no variable 'nothing'",
        "prompts/b.md:4: there is no filter 'shout'",
    ):
        assert words in ended.out
    (tmp_path / "prompts" / "a.md").unlink()
    (tmp_path / "prompts" / "b.md").write_text("---\ntitle: x\n---\n{{ file('x') }}\n")
    assert "prompts/b.md:4: file needs a toolset that offers `read_file`" in called("check").out


def test_a_resource_that_is_not_there_is_a_finding(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "x"\n\n[[resource]]\nuri = "a://{p*}"\ndirectory = "absent"\n'
    )
    found = json.loads(called("check", "--json").out)
    assert [(each["level"], each["code"], each["subject"]) for each in found["findings"]] == [
        ("error", "cannot_start", "[[resource]]")
    ]
    assert found["findings"][0]["message"].startswith("the directory of a://{p*}: ")
    assert "`directory` of the resource" in found["findings"][0]["hint"]


def test_a_resource_without_a_source_is_told_in_words_of_its_own(called: Seawall, tmp_path: Path) -> None:
    (tmp_path / "seawall.toml").write_text('[server]\nname = "x"\n\n[[resource]]\nuri = "a://b"\n')
    told = called("check").out
    assert "allowed: exactly one of text, file, directory, url, function." in told
    assert "found a table" not in told


def test_a_prompt_that_calls_a_tool_that_is_not_there_is_told_which_there_are(
    called: Seawall, tmp_path: Path
) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "a.md").write_text("---\ndescription: D.\n---\n{{ tool('zzz') }}\n")
    (tmp_path / "seawall.toml").write_text(
        '[server]\nname = "x"\n[[toolset]]\nkind = "filesystem"\nroots = "."\naccess = "write"\n'
        '[prompts]\ndirectory = "prompts"\n'
    )
    told = called("check").out
    assert "there is no tool 'zzz'; allowed: read_file, list_directory, search_files." in told


def test_what_no_image_will_have_is_told(called: Seawall, tmp_path: Path) -> None:
    """Where `seawall new` made a project: it works here, and a container does not have it."""
    project = make_project(tmp_path / "harbour", ToolsetRequest("filesystem", "./workspace"))
    (tmp_path / "pages").mkdir()
    (tmp_path / "a.md").write_text("x")
    with (project / "seawall.toml").open("a") as file:
        file.write(
            f'[prompts]\ndirectory = "../pages"\n[[resource]]\nuri = "a://b"\nfile = "{tmp_path}/a.md"\n'
        )
    found = json.loads(called("check", project / "seawall.toml", "--json").out)["findings"]
    told = [(each["level"], each["subject"]) for each in found if each["code"] == "outside_project"]
    assert told == [("note", "[prompts]"), ("note", "[[resource]]")]
    assert found[0]["message"] == "../pages is outside of the project: an image of it has nothing there."


def test_the_documents_tell_of_prompts_resources_and_what_they_reach(called: Seawall, tmp_path: Path) -> None:
    assert called("new", "harbour", "--prompts", "--resource", "handbook").status == 0
    project = tmp_path / "harbour"
    assert called("docs", project / "seawall.toml").status == 0
    offers = (project / "docs" / "resources.md").read_text()
    assert "### `explain`" in offers
    assert "| URI template (RFC 6570) | `handbook://{page*}` |" in offers
    assert "that of each content" in offers
    assert "| Variable | `page`, a path of one name or several |" in offers
    assert '"name": "explain",\n  "arguments": {\n    "text": "…"\n  }' in offers
    assert "| `prompt_failed` |" in offers
    assert "| `resource_not_found` |" in offers
    operating = (project / "docs" / "operating.md").read_text()
    assert "SIGHUP" in operating
    assert "`limits.rate`" in operating.partition("SIGHUP")[2]
    assert "audit" not in operating
    with (project / "seawall.toml").open("a") as file:
        file.write('\n[audit]\nfile = "records/"\n')
    assert called("docs", project / "seawall.toml").status == 0
    operating = (project / "docs" / "operating.md").read_text()
    assert 'for file in records/*; do seawall audit verify "$file"; done' in operating
    security = (project / "docs" / "security.md").read_text()
    assert "| `handbook://{page*}` | files | `handbook` | read |" in security
    assert "Nothing can be said about" not in security


def test_the_banner_tells_of_prompts_and_resources() -> None:
    """A server of nothing but these has no line about tools."""
    endpoint = Endpoint("harbour", url="http://127.0.0.1:8000/mcp")
    offer = Offer(version="1", endpoint=endpoint, tools=(), writable=False, jail="J", interactive=True)
    for there, told in (
        (replace(offer, prompts=2, resources=3), {"Listens", "Prompts", "Resources", "Jail"}),
        (offer, {"Listens", "Tools", "Jail"}),
    ):
        console = Console(file=io.StringIO(), width=100, color_system=None)
        console.print(*banner(there), sep="\n")
        assert isinstance(console.file, io.StringIO)
        lines = console.file.getvalue().partition("Connect")[0].splitlines()
        assert {line.split()[0] for line in lines[1:]} == told


def test_a_key_that_is_no_reference_is_a_wrong_call(called: Seawall, tmp_path: Path) -> None:
    """It may be the key itself, and is not repeated."""
    (tmp_path / "audit.jsonl").write_text("")
    ended = called("audit", "verify", "audit.jsonl", "--key", "hunter2-hunter2")
    assert (ended.status, "--key is no reference" in ended.err, "hunter2" in ended.err) == (2, True, False)
