"""How a project begins with commands."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from seawall.blueprint import parse
from seawall.errors import UsageError
from seawall.scaffold.deploy import Deployment, container_files
from seawall.scaffold.request import ToolsetRequest
from seawall.scaffold.sections import begin, toolset_text
from seawall.toolsets.command import KIND, CommandsDeclaration
from seawall.toolsets.command.starter import CommandStarter


def begun(answer: str) -> tuple[str, CommandsDeclaration]:
    """The section as text, and what it means."""
    text = toolset_text(begin(ToolsetRequest("command", answer), {"command": CommandStarter()}))
    loaded = parse(
        f'[server]\nname = "x"\n{text}',
        source="seawall.toml",
        directory=Path("/"),
        kinds={"command": KIND.declaration},
        environment={},
    )
    (declaration,) = loaded.blueprint.toolset
    assert isinstance(declaration, CommandsDeclaration)
    return text, declaration


def test_ready_made_commands_are_a_word_each() -> None:
    text, declaration = begun("git, ripgrep,ruff,pytest")
    assert [each.name for each in declaration.command] == [
        "git_status",
        "git_log",
        "git_diff",
        "git_show",
        "git_blame",
        "search_text",
        "ruff_check",
        "run_tests",
    ]
    assert declaration.packages == ("git", "ripgrep")
    assert declaration.access == "read"
    assert max(map(len, text.splitlines())) < 480


def test_a_command_of_ones_own_is_a_name_and_its_arguments() -> None:
    _, declaration = begun("count=wc -l --x={how} -- '{files*}' \"two words\"")
    (command,) = declaration.command
    assert command.argv == ("wc", "-l", "--x={how}", "--", "{files*}", "two words")
    assert command.params["how"].type == "string"
    files = command.params["files"]
    assert files.items is not None
    assert (files.type, files.items.type) == ("array", "path")


@pytest.mark.parametrize("answer", ["", "nothing", "git,nothing", "=ls", "a b=ls", "x=", "x='"])
def test_what_is_no_command_is_told(answer: str) -> None:
    with pytest.raises(UsageError):
        CommandStarter().start(answer)


def test_a_deployment_gets_the_packages_and_the_hosts() -> None:
    text = 'kind = "command"\nname = "x"\npackages = ["git"]\n[[command]]\nname = "a"\nargv = ["curl"]\nnetwork = ["a.example", "*.b.example:8443"]\n'
    data = tomllib.loads(text)
    data["packages"] = tuple(data["packages"])
    for each in data["command"]:
        each |= {"argv": tuple(each["argv"]), "network": tuple(each["network"])}
    data["command"] = tuple(data["command"])
    needs = CommandStarter().needs(CommandsDeclaration.model_validate(data))
    assert needs.packages == ("git",)
    assert [(each.host, each.port) for each in needs.outbound] == [("a.example", 443), ("", 8443)]
    assert [each.path for each in needs.folders] == ["."]


def test_the_image_has_the_packages() -> None:
    with_git = container_files(Deployment(name="x", packages=("git", "ripgrep")))["Dockerfile"]
    assert "apt-get install -y --no-install-recommends git ripgrep &&" in with_git
    assert "apt-get" not in container_files(Deployment(name="x"))["Dockerfile"]
