"""Adding to a blueprint keeps every line that was there, in its order and place."""

from __future__ import annotations

import tomllib

import pytest

from seawall.errors import UsageError
from seawall.scaffold.edit import add_entry

ENTRY = '[[toolset]]\nkind = "tides"\n# why = 1\nharbour = "Dover"  # the port\n'

LAYOUTS = {
    "smallest": '[server]\nname = "x"\n',
    "no line end": '[server]\nname = "x"',
    "one": '# head\n[server]\nname = "x"  # tail\n\n[[toolset]]\nkind = "filesystem"\nroots = "."\n# access = "write"\n',
    "limits behind": '[server]\nname = "x"\n\n[[toolset]]\nkind = "a"\n# own\n\n# about limits\n[limits]\nrate = "1/s"\n',
    "no blank line": '[server]\nname = "x"\n[[toolset]]\nkind = "a"\n# own\n[limits]\nrate = "1/s"\n',
    "apart": '[server]\nname = "x"\n[[toolset]]\nkind = "a"\n\n[limits]\nrate = "1/s"\n\n[[ toolset ]]\nkind = \'b\'\n\n'
    "[profile.prod.http]\nport = 1\n# end\n",
    "a table within": '[server]\nname = "x"\n\n[[toolset]]\nkind = "a"\n[toolset.settings]\ndeep = [\n  [1],\n]\n\n[log]\n',
    "texts of several lines": '[server]\nname = "x"\npurpose = """\n[[toolset]]\n# no header\n[limits]\n"""\n\n[log]\n',
    "a server at the end": '[[toolset]]\nkind = "a"\n\n[server]\nname = "x"\n\n\n\n',
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_the_entry_comes_last_and_everything_else_stays(text: str) -> None:
    result = add_entry(text, "toolset", ENTRY)
    before, after = tomllib.loads(text), tomllib.loads(result)
    assert after["toolset"][-1] == {"kind": "tides", "harbour": "Dover"}
    assert after["toolset"][:-1] == before.get("toolset", [])
    assert {**after, "toolset": 0} == {**before, "toolset": 0}
    assert [line for line in result.splitlines() if line and line not in ENTRY] == [
        line for line in text.splitlines() if line and line not in ENTRY
    ]
    assert ENTRY in result


def test_comments_above_the_next_table_stay_with_it() -> None:
    result = add_entry(LAYOUTS["limits behind"], "toolset", ENTRY)
    assert f"# own\n\n{ENTRY}\n# about limits\n[limits]\n" in result


def test_windows_line_ends_stay() -> None:
    text = LAYOUTS["one"].replace("\n", "\r\n")
    result = add_entry(text, "toolset", ENTRY)
    assert "\n" not in result.replace("\r\n", "")
    assert tomllib.loads(result)["toolset"][1]["kind"] == "tides"


def test_an_inline_array_is_not_torn_apart() -> None:
    with pytest.raises(UsageError, match="Write it by hand"):
        add_entry('toolset = [{kind = "a"}]\n[server]\nname = "x"\n', "toolset", ENTRY)
