"""How a new project proves who it is: the scheme of the description that opens most of it, with a secret that is nowhere yet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Final

from seawall.toolsets.openapi.model import ApiDescription, SecurityScheme
from seawall.toolsets.starter import Setting

__all__ = ["auth_of"]

_COMMENT: Final = "a secret is named here, never written"
_UNFIT: Final = re.compile(r"[^A-Z0-9]+")
_LONGEST: Final = 40
_SENDABLE: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def auth_of(description: ApiDescription) -> Setting | None:
    """The line `auth`; None where the description knows no way that could be written.

    It is a comment where nothing needs it, and where a token has to be had first in a way that only a person knows.
    Nothing of the description's text is in it but names that were made plain.
    """
    usable = {name: each for name, each in description.security_schemes.items() if _form(each) is not None}
    if not usable:
        return None
    alone: Counter[str] = Counter()
    for operation in description.operations:
        if {} in operation.security:
            continue
        alone.update(
            {name for each in operation.security if len(each) == 1 for name in each if name in usable}
        )
    ready = {name: count for name, count in alone.items() if usable[name].kind not in {"oauth2", "openid"}}
    chosen = max(ready or alone or dict.fromkeys(usable, 0), key=lambda name: (ready or alone)[name])
    form = _form(usable[chosen])
    if form is None:
        return None
    keys = [each for each in description.security_schemes.values() if each.kind == "api_key"]
    if usable[chosen].kind == "api_key" and len(keys) > 1:
        form = {**form, "place": usable[chosen].place or "", "parameter": usable[chosen].parameter}
    return Setting("auth", form, comment=_COMMENT, active=chosen in ready)


def _form(scheme: SecurityScheme) -> Mapping[str, str] | None:
    name = _variable(scheme)
    match scheme.kind:
        case "api_key" if _SENDABLE.fullmatch(scheme.parameter):
            return {"scheme": "api_key", "value": f"env:{name}"}
        case "bearer" | "oauth2" | "openid":
            return {"scheme": "bearer", "token": f"env:{name}"}
        case "basic":
            return {"scheme": "basic", "username": f"env:{name}_USER", "password": f"env:{name}"}
        case _:
            return None


def _variable(scheme: SecurityScheme) -> str:
    """Name of the environment variable that a scheme's secret is read from."""
    words = _UNFIT.sub("_", scheme.name.upper()).strip("_")[:_LONGEST].strip("_") or "SECRET"
    return words if words.startswith("API_") else f"API_{words}"
