"""No text becomes syntax in a file of a deployment: hostile values are written, and read back by the file's own rules."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaffold.deploy.reading import yaml_document, yaml_documents
from seawall.scaffold.deploy import (
    EXTRAS,
    Deployment,
    Endpoint,
    Volume,
    container_files,
    extra_files,
    quoting,
)

HOSTILE = (
    'He said "no" and \\ left',
    "it's $HOME ${PATH} $(id) `id` $${X} ${X:-y}",
    "two\nlines\r\nRUN touch /pwned\n  privileged: true",
    "ends with a backslash \\",
    "{{ 7 * 7 }} {% for x in y %} {# gone #} %s %i %%h",
    "key: value # comment, [a], {b}, - c, *d, &e, !f, |, >, @g",
    "true",
    "1e3",
    "~",
    "naïve — 日本語 🌊 \u2028 \ufeff",
    "\x00\x1b[31m\x7f\x85",
    "---\n...\n",
    "ExecStart=/bin/sh\n[Service]\nUser=root",
)
_ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)


def shown(text: str) -> str:
    """What a file holds of a text: one line."""
    return quoting.line(text)


def docker_words(text: str) -> list[str]:
    r"""A line of a Dockerfile as its builder reads it, without variables: quotes, and `\` before `\`, `"` and `$`."""
    assert not re.search(r"(?<!\\)(?:\\\\)*\$", text.replace("/opt/venv/bin:$PATH", "")), (
        "a variable would be filled in"
    )
    return shlex.split(text.replace("\\$", "$"))


def files(deployment: Deployment) -> dict[str, str]:
    made = dict(container_files(deployment))
    for name in EXTRAS:
        made |= extra_files(name, deployment)
    return made


def hostile(text: str) -> Deployment:
    """A deployment with that text wherever any text may stand."""
    return Deployment(
        name=f"qqq{text}",
        version=f"1{text}",
        title=text,
        purpose=text,
        volumes=(Volume(name="data", source=text or ".", target="/data", writable=True),),
        settings={"SEAWALL_TEXT": text, "SEAWALL_DATA": "/data"},
        environment=("BASE_URL",),
        secrets=("env:API_KEY", "file:/run/secrets/token"),
        allowed_hosts=(text,),
        author=text or "somebody",
        redis=True,
        outbound=(Endpoint("api.example"), Endpoint("2001:db8::1", 8443)),
    )


def unfilled(value: Any) -> Any:
    """Values of a Compose file after interpolation, where no variable is set."""
    if isinstance(value, Mapping):
        return {key: unfilled(each) for key, each in value.items()}
    if isinstance(value, list):
        return [unfilled(each) for each in value]
    if not isinstance(value, str):
        return value
    filled = re.sub(
        r"\$\$|\$\{[A-Z_]+:?[-?]([^}]*)\}", lambda match: "$" if match[0] == "$$" else match[1], value
    )
    assert "${" not in filled or "$${" in value, value
    return filled


@pytest.mark.parametrize("text", HOSTILE)
def test_the_dockerfile_keeps_its_instructions(text: str) -> None:
    plain, made = (container_files(hostile(each))["Dockerfile"] for each in ("x", text))

    instructions = [re.match(r"[A-Z]*", line)[0] for line in made.splitlines()]  # type: ignore[index]
    assert instructions == [re.match(r"[A-Z]*", line)[0] for line in plain.splitlines()]  # type: ignore[index]
    (title,) = (line for line in made.splitlines() if "image.title" in line)
    assert docker_words(title.removesuffix(" \\")) == [
        "LABEL",
        f"org.opencontainers.image.title={shown(text) or shown('qqq' + text)}",
    ]
    (setting,) = (line for line in made.splitlines() if line.startswith("ENV SEAWALL_TEXT"))
    assert docker_words(setting) == ["ENV", f"SEAWALL_TEXT={shown(text)}"]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_compose_file_keeps_its_services(text: str) -> None:
    read = unfilled(yaml_document(container_files(hostile(text))["compose.yaml"]))

    assert set(read["services"]) == {"stdio", "http", "redis"}
    for name in ("stdio", "http"):
        service = read["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["user"] == "1000:1000"
        assert "privileged" not in service
        assert service["volumes"] == [
            {"type": "bind", "source": shown(text), "target": "/data", "read_only": False}
        ]


@pytest.mark.parametrize("text", HOSTILE)
def test_every_yaml_file_reads_as_the_same_shape(text: str) -> None:
    slug = hostile(text).slug
    plain = {name: each.replace("qqqx", "SLUG") for name, each in files(hostile("x")).items()}
    made = {name: each.replace(slug, "SLUG") for name, each in files(hostile(text)).items()}
    names = [name for name in made if name.endswith((".yaml", ".yml"))]

    assert len(names) > 10
    for name in names:
        parts = [list(yaml_documents(each[name])) for each in (plain, made)]
        assert shape(parts[0]) == shape(parts[1]), name


@pytest.mark.parametrize("text", HOSTILE)
def test_the_unit_keeps_its_settings(text: str) -> None:
    plain, made = (_unit(files(hostile(each))) for each in ("x", text))

    assert [line.partition("=")[0] for line in made] == [line.partition("=")[0] for line in plain]
    (setting,) = (line for line in made if line.startswith('Environment="SEAWALL_TEXT'))
    assert unit_value(setting.removeprefix("Environment=")) == shown(f"SEAWALL_TEXT={text}")
    assert 'Environment="SEAWALL_DATA=/var/lib/' in "\n".join(made)
    (title,) = (line for line in made if line.startswith("Description="))
    assert not title.endswith("\\")
    assert not re.search(r"(?<!%)(%%)*%(?!%)", title)


@pytest.mark.parametrize("text", HOSTILE)
def test_the_json_files_hold_the_text(text: str) -> None:
    made = files(hostile(text))
    manifest, entry = json.loads(made["manifest.json"]), json.loads(made["server.json"])

    assert manifest["display_name"] == (text or f"qqq{text}")
    assert manifest["server"]["mcp_config"]["env"]["SEAWALL_TEXT"] == text
    assert manifest["server"]["mcp_config"]["env"]["SEAWALL_DATA"] == "${user_config.data}"
    assert len(entry["description"]) <= 100
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])


@pytest.mark.parametrize("text", HOSTILE)
def test_names_of_images_and_hosts_are_plain(text: str) -> None:
    deployment = hostile(text)

    assert re.fullmatch(r"[a-z][a-z0-9-]{0,39}", deployment.slug)
    assert not deployment.slug.endswith("-")
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", deployment.tag)


@given(_ANY_TEXT)
def test_yaml_scalars_read_back(text: str) -> None:
    assert yaml_document(quoting.yaml(text)) == shown(text)


@given(_ANY_TEXT)
def test_words_of_a_dockerfile_read_back(text: str) -> None:
    assert docker_words(quoting.docker(text)) == [shown(text)]


@given(_ANY_TEXT)
def test_values_of_a_unit_read_back(text: str) -> None:
    assert unit_value(quoting.unit(text)) == shown(text)


@given(_ANY_TEXT)
def test_lines_of_an_env_file_read_back(text: str) -> None:
    """As Compose reads them: in single quotes nothing is filled in, and a quote or backslash follows a backslash."""
    written = quoting.envfile(text)

    assert "\n" not in written
    read = re.sub(r"\\(['\\])", r"\1", written[1:-1]) if written.startswith("'") else written
    assert read == shown(text)


@given(_ANY_TEXT)
def test_arrays_of_hosts_are_toml(text: str) -> None:
    """The server reads the variable as TOML, or else as JSON."""
    written = quoting.service_hosts("space", Deployment(name="x", allowed_hosts=(text,)))

    assert json.loads(written)[-1] == text
    assert json.loads(written)[:2] == ["x", "x.space"]


def test_a_toml_reader_takes_the_array_of_hosts_too() -> None:
    assert tomllib.loads(f"a = {quoting.service_hosts('s', Deployment(name='x'))}")["a"][0] == "x"


def shape(value: Any) -> Any:
    """Keys and types of parsed data, without the texts."""
    if isinstance(value, Mapping):
        return {str(key): shape(each) for key, each in value.items()}
    return [shape(each) for each in value] if isinstance(value, list) else type(value)


def unit_value(text: str) -> str:
    """A quoted value as systemd reads it: C escapes, then `%%`."""
    assert text.startswith('"')
    assert text.endswith('"')
    assert not re.search(r'(?<!\\)(?:\\\\)*"', text[1:-1]), "the quotes would end early"
    assert not re.search(r"(?<!%)(?:%%)*%(?!%)", text), "a specifier would be filled in"
    return re.sub(r"\\(.)", r"\1", text[1:-1]).replace("%%", "%")


def _unit(made: Mapping[str, str]) -> list[str]:
    (unit,) = (text for name, text in made.items() if name.endswith(".service"))
    return [line for line in unit.splitlines() if line and not line.startswith("#")]
