"""`seawall completion`: the script by which a shell completes this command."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import Parameter

from seawall.cli.app import application
from seawall.cli.output import show_text

__all__ = ["Shell", "command", "completion"]

Shell: TypeAlias = Literal["bash", "zsh", "fish"]

# Bash's own listing would lose names with blanks, and not mark directories; readline's does neither.
_LISTS_FILES: Final = re.compile(r'COMPREPLY=\( \$\(compgen -f -- "\$\{cur\}"\) \)')
_READLINE: Final = "COMPREPLY=(); compopt -o default 2>/dev/null"

# As a file in $fpath the script is the function's body, run at the first completion; evaluated, it only registers.
_ZSH_START: Final = """
if [[ "${funcstack[1]}" == _seawall ]]; then
  _cyclopts_seawall "$@"
else
  compdef _cyclopts_seawall seawall
fi
"""


def command(shell: Annotated[Shell, Parameter(help="bash, zsh or fish.", show_choices=False)], /) -> int:
    """Print the script; help.py says where it goes."""
    show_text(completion(shell))
    return 0


def completion(shell: Shell) -> str:
    """The script for that shell; it asks `seawall` itself only for what depends on the line, such as profiles."""
    script = application().generate_completion(prog_name="seawall", shell=shell)
    if shell == "bash":
        return _LISTS_FILES.sub(_READLINE, script)
    return script + _ZSH_START if shell == "zsh" else script
