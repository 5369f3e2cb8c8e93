"""What hostile programs try: one row a program, in Python, shell or Perl, each of them run for real in the sandbox.

A program that gets where it must not get says `ESCAPED`; what it changed outside is looked for as well. Bombs are bounded
by themselves, so that a guard that fails costs a test and not the machine.
"""

from __future__ import annotations

from typing import Final

from hostile.sandbox_attack import PREAMBLE, Attack
from hostile.sandbox_on_files import READING, WRITING
from hostile.sandbox_on_lasting import SURVIVING, USING_UP
from hostile.sandbox_on_others import CONNECTING, REACHING

__all__ = ["ATTACKS", "PREAMBLE", "PROVABLE", "Attack"]

PROVABLE: Final = (*READING, *WRITING, *CONNECTING)
"""What can be shown to get through where nothing holds it, without harm to the machine."""

ATTACKS: Final = (*PROVABLE, *REACHING, *SURVIVING, *USING_UP)
