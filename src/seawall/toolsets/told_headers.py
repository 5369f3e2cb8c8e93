"""Headers of an answer that the operator has callers told of."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from seawall.security.redact import KNOWN_SECRETS

__all__ = ["told"]

_LONGEST: Final = 1024  # characters of a value
_NOT_SHOWN: Final = re.compile(r"[^\x20-\x7e]+")


def told(headers: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Those of the headers that have these small names, in their order: one line each, without known secrets."""
    return {
        name: _NOT_SHOWN.sub(" ", KNOWN_SECRETS.text(headers[name]))[:_LONGEST]
        for name in names
        if name in headers
    }
