"""Regular expressions of a description, which are ECMAScript's, as the validator's engine takes them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import jsonschema_rs

__all__ = ["usable_pattern"]

_MAX_LENGTH: Final = 4096  # characters; a longer one is generated, and slow to compile
# A class cannot begin a range, so ECMAScript takes the hyphen after one literally (ECMA-262, B.1.2); others refuse it.
_CLASS_RANGE: Final = re.compile(r"(?<!\\)(\\[wdsWDS])-(?!\])")
_LITERAL: Final = re.compile(
    r"/(\^.*\$)/[gimsuy]{0,6}", re.DOTALL
)  # a whole literal where its source belongs
_ANYTHING: Final = re.compile(r"\[\^\]")
_NAMED_GROUP: Final = re.compile(r"\(\?<(?![=!])([A-Za-z_]\w*)>")


@lru_cache(maxsize=4096)
def usable_pattern(text: str) -> str | None:
    """The pattern in a form that compiles and means the same, or None when there is no such form."""
    if len(text) > _MAX_LENGTH:
        return None
    literal = _LITERAL.fullmatch(text)
    source = literal[1] if literal else text
    if _compiles(source):
        return source
    repaired = _NAMED_GROUP.sub(r"(?P<\1>", _ANYTHING.sub(r"[\\s\\S]", _CLASS_RANGE.sub(r"\1\\-", source)))
    return repaired if repaired != source and _compiles(repaired) else None


def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern}, offline=True)
    except ValueError:
        return False
    return True
