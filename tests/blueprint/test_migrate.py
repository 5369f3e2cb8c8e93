"""Blueprints of older formats: read with a note, written anew with every comment, refused when they are newer."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from seawall.blueprint import Blueprint, LoadedBlueprint, parse
from seawall.blueprint.migrate import FORMAT, MIGRATIONS, Draft, Migration, migrate
from seawall.errors import BlueprintError, Problem
from seawall.toolsets.filesystem.declaration import FilesystemDeclaration

DRAFT = """\
#:schema ./seawall.schema.json
# Ours, since the spring.
format = 0  # a draft

[server]
name = "harbour"
description = "Keeps the log."  # the model reads it

[[toolset]]
kind = "filesystem"
"root" = "./workspace"   # where
# nobody writes at night
write = true

[profile.prod.toolset.filesystem]
write = false  # in production
[profile.dev]
server.description = 'Keeps the log of "tests".'
"""
TODAY = """\
#:schema ./seawall.schema.json
# Ours, since the spring.
format = 1  # a draft

[server]
name = "harbour"
purpose = "Keeps the log."  # the model reads it

[[toolset]]
kind = "filesystem"
roots = "./workspace"   # where
# nobody writes at night
access = "write"

[profile.prod.toolset.filesystem]
access = "read"  # in production
[profile.dev]
server.purpose = 'Keeps the log of "tests".'
"""


def loaded(text: str, profile: str | None = None) -> LoadedBlueprint:
    environment = {} if profile is None else {"SEAWALL_PROFILE": profile}
    kinds = {"filesystem": FilesystemDeclaration}
    return parse(text, source="seawall.toml", directory=Path("/work"), kinds=kinds, environment=environment)


def problems(text: str) -> tuple[Problem, ...]:
    with pytest.raises(BlueprintError) as caught:
        loaded(text)
    return caught.value.problems


def test_a_draft_becomes_a_blueprint_of_today_with_every_comment() -> None:
    found = migrate(DRAFT, MIGRATIONS)
    assert found is not None
    assert (found.text, found.before) == (TODAY, 0)
    assert found.notes == (
        "`server.description` is `purpose` now.",
        "`profile.dev.server.description` is `purpose` now.",
        "`toolset[0].root` is `roots` now.",
        '`toolset[0].write = true` is `access = "write"` now.',
        '`profile.prod.toolset.filesystem.write = false` is `access = "read"` now.',
    )


@pytest.mark.parametrize("profile", [None, "dev", "prod"])
def test_it_means_the_same_before_it_is_written_anew(profile: str | None) -> None:
    before, after = loaded(DRAFT, profile), loaded(TODAY, profile)
    assert before.blueprint == after.blueprint
    assert before.migrated is not None
    assert after.migrated is None


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    found = migrate("\ufeff" + DRAFT.replace("\n", "\r\n"), MIGRATIONS)
    assert found is not None
    assert found.text == "\ufeff" + TODAY.replace("\n", "\r\n")


def test_a_problem_is_told_at_the_line_where_it_was_written() -> None:
    (problem,) = problems(DRAFT.replace("# nobody writes at night", 'max_file_size = "many"'))
    assert (problem.key, problem.line) == ("toolset[0].max_file_size", 12)


def test_a_setting_whose_new_name_is_taken_is_left_for_its_author() -> None:
    (problem,) = problems(DRAFT.replace("write = true", 'roots = "./other"'))
    assert (problem.key, problem.line) == ("toolset[0].root", 11)


@pytest.mark.parametrize("text", ['[server]\nname = "x"\n', 'format = 1\n[server]\nname = "x"\n'])
def test_one_of_today_is_left_as_it_is(text: str) -> None:
    assert migrate(text, MIGRATIONS) is None
    assert loaded(text).migrated is None


def test_one_of_a_newer_seawall_is_refused_with_nothing_else_said() -> None:
    (problem,) = problems('# ours\nformat = 7\n[sever]\nname = "x"\n')
    assert (problem.key, problem.line, problem.column) == ("format", 2, 10)
    assert "written by a newer Seawall" in problem.message
    assert "upgrade Seawall" in problem.message


@pytest.mark.parametrize("value", ["-1", "true", '"0"', "0.0", "[0]", "1979-05-27"])
def test_what_is_no_format_is_refused_as_any_wrong_value(value: str) -> None:
    (problem,) = problems(f'format = {value}\n[server]\nname = "x"\n')
    assert problem.key == "format"


# --- a table of formats that there are not yet


def _second(draft: Draft) -> None:
    for table in draft.sections("server"):
        if draft.value((*table, "title")) is not None:
            draft.rename((*table, "title"), "caption")


def _third(draft: Draft) -> None:
    for table in draft.sections("server"):
        if draft.value((*table, "caption")) == "old":
            draft.write((*table, "caption"), "caption_size", 3)


LATER = (Migration(0, lambda _: None), Migration(1, _second), Migration(2, _third))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('[server]\ntitle = "x"\n', 'format = 3\n\n[server]\ncaption = "x"\n'),
        (
            '# ours\n\n[server] # who\ntitle = "old" # x\n',
            "# ours\n\nformat = 3\n\n[server] # who\ncaption_size = 3 # x\n",
        ),
        ('format = 1\n[server]\ntitle = "x"\n', 'format = 3\n[server]\ncaption = "x"\n'),
        ('format = 2\n[server]\ncaption = "old"\n', "format = 3\n[server]\ncaption_size = 3\n"),
        ('format = 2\n[server]\ntitle = "x"\n', 'format = 3\n[server]\ntitle = "x"\n'),
        ('server = { title = "x" }\n', 'format = 3\n\nserver = { caption = "x" }\n'),
        ("", "format = 3\n\n"),
    ],
)
def test_each_goes_through_the_migrations_from_its_own_format_on(text: str, wanted: str) -> None:
    """Who does not say a format has the first one in which that may be left out, also when there are later ones."""
    found = migrate(text, LATER)
    assert found is not None
    assert found.text == wanted


def test_what_is_beyond_a_table_is_left_alone() -> None:
    assert migrate("format = 3\n", LATER) is None
    assert migrate("format = 0\n", LATER[1:]) is None


def test_the_table_leads_to_the_format_that_is_read() -> None:
    assert [each.before for each in MIGRATIONS] == list(range(FORMAT))
    assert get_args(Blueprint.model_fields["format"].annotation) == (FORMAT,)
