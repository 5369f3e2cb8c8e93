"""Importing the module: from the right place, or one problem that says why not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from seawall.errors import BlueprintError, Problem
from seawall.toolsets.functions.loading import load_module


def refused(name: str, directory: Path) -> Problem:
    with pytest.raises(BlueprintError) as caught:
        load_module(name, directory, key="module")
    (problem,) = caught.value.problems
    return problem


def test_the_blueprints_directory_comes_first_on_the_search_path(tmp_path: Path) -> None:
    (tmp_path / "workshop_first.py").write_text("HERE = 1\n")
    assert load_module("workshop_first", tmp_path, key="module").HERE == 1
    assert sys.path[0] == str(tmp_path)
    load_module("workshop_first", tmp_path, key="module")
    assert sys.path.count(str(tmp_path)) == 1


def test_a_module_of_that_name_from_elsewhere_is_refused_by_both_paths(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "workshop_same.py").write_text("")
    load_module("workshop_same", tmp_path / "one", key="module")
    problem = refused("workshop_same", tmp_path / "two")
    assert problem.key == "module"
    assert f"imported already, from {tmp_path}/one/workshop_same.py" in problem.message
    assert f"{tmp_path}/two/workshop_same.py cannot be" in problem.message


@pytest.mark.parametrize("name", ["json", "sys"])
def test_a_file_that_has_the_name_of_an_imported_library_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text("")
    problem = refused(name, tmp_path)
    assert f"a module named {name!r} is imported already" in problem.message


def test_the_same_holds_for_the_package_around_a_module(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "workshop_pack").mkdir(parents=True)
        (tmp_path / name / "workshop_pack" / "tools.py").write_text("")
    load_module("workshop_pack.tools", tmp_path / "one", key="module")
    load_module("workshop_pack.tools", tmp_path / "one", key="module")
    assert "imported already" in refused("workshop_pack.tools", tmp_path / "two").message


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("workshop_tols", "workshop_tools"),
        ("workshop_shop.tols", "workshop_shop.tools"),
        ("workshop_shp.tools", "workshop_shop.tools"),
        ("nothing_like_it", None),
        ("workshop_tools.deeper", None),
    ],
)
def test_a_missing_module_is_a_problem_of_the_declaration(
    tmp_path: Path, name: str, suggestion: str | None
) -> None:
    (tmp_path / "workshop_tools.py").write_text("")
    (tmp_path / "workshop_shop").mkdir()
    (tmp_path / "workshop_shop" / "__init__.py").write_text("")
    (tmp_path / "workshop_shop" / "tools.py").write_text("")
    problem = refused(name, tmp_path)
    assert (problem.source, problem.key, problem.found) == ("", "module", name)
    assert problem.suggestion == suggestion
    assert f"there is no module {name!r}" in problem.message


@pytest.mark.parametrize(
    ("text", "line", "found", "message"),
    [
        ("import nowhere_at_all\n", 1, "import nowhere_at_all", "ModuleNotFoundError: No module named"),
        ("\nfrom os import nothing_of_it\n", 2, "from os import nothing_of_it", "ImportError: cannot import"),
        ("import json\njson.loads('{')\n", 2, "json.loads('{')", "JSONDecodeError"),
        ("raise SystemExit('tired')\n", 1, "raise SystemExit('tired')", "SystemExit: tired"),
        ("def f():\n    return 1/0\n\nf()\n", 2, "1/0", "ZeroDivisionError"),
        ("import workshop_helper\n", 3, "{}['a']", "KeyError: 'a'"),
        ("import workshop_helper_of_nobody\n", 1, "import workshop_helper_of_nobody", "No module named"),
        ("x = (\n", 1, "(", "not valid Python: '(' was never closed"),
        ("  x = 1\n", 1, "", "not valid Python: unexpected indent"),
        ("raise ValueError\n", 1, "raise ValueError", "ValueError: no message"),
        ("raise ValueError('two\\nlines')\n", 1, "raise ValueError('two\\nlines')", "ValueError: two lines"),
    ],
)  # fmt: skip
def test_an_error_while_importing_is_a_problem_at_the_users_own_line(
    tmp_path: Path, text: str, line: int, found: str, message: str
) -> None:
    (tmp_path / "workshop_helper.py").write_text("\n\n{}['a']\n")
    (tmp_path / "workshop_broken.py").write_text(text)
    problem = refused("workshop_broken", tmp_path)
    file = "workshop_helper.py" if "KeyError" in message else "workshop_broken.py"
    assert (problem.source, problem.line) == (str(tmp_path / file), line)
    assert problem.found == found
    assert message in problem.message


def test_a_missing_library_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "workshop_needs.py").write_text("import nowhere_at_all.deeper\n")
    assert refused("workshop_needs", tmp_path).allowed == "nowhere_at_all installed beside Seawall"


def test_an_error_inside_of_a_library_is_shown_where_the_user_called_it(tmp_path: Path) -> None:
    library = tmp_path / "venv" / "site-packages"
    library.mkdir(parents=True)
    (library / "workshop_library.py").write_text("def fail():\n    raise RuntimeError('deep')\n")
    (tmp_path / "workshop_user.py").write_text(
        f"import sys\nsys.path.append({str(library)!r})\nimport workshop_library\nworkshop_library.fail()\n"
    )
    problem = refused("workshop_user", tmp_path)
    assert (problem.source, problem.line) == (str(tmp_path / "workshop_user.py"), 4)


PRINTS = """
import os, subprocess, sys
print("printed")
sys.stdout.write("left in the buffer")
os.write(1, b"raw\\n")
subprocess.run(["echo", "child"])
"""


def test_what_a_module_prints_while_it_is_imported_goes_to_standard_error(tmp_path: Path) -> None:
    (tmp_path / "workshop_prints.py").write_text(PRINTS)
    code = (
        "import sys; from pathlib import Path; from seawall.toolsets.functions.loading import load_module\n"
        "print('before')\nload_module('workshop_prints', Path(sys.argv[1]), key='module')\nprint('after')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
    )
    assert ended.stdout == "before\nafter\n"
    assert ended.stderr == "raw\nchild\nprinted\nleft in the buffer"
