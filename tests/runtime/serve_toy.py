"""Serves the toy toolset in a process of its own: `python serve_toy.py http|stdio BLUEPRINT [json|console]`.

On HTTP the URL is the first line of standard error.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from runtime.toy import assembled
from seawall.errors import SeawallError
from seawall.runtime.http import serve_http
from seawall.runtime.logs import configure_logging
from seawall.runtime.stdio import serve_stdio


def main() -> int:
    transport, blueprint, form = (*sys.argv[1:], "json")[:3]
    configure_logging("console" if form == "console" else "json", "info")
    path = Path(blueprint)
    assembly, _toy = assembled(path.read_text(), directory=path.parent)

    def ready(url: str) -> None:
        sys.stderr.write(f"{url}\n")
        sys.stderr.flush()

    try:
        asyncio.run(
            serve_http(assembly.served, ready=ready) if transport == "http" else serve_stdio(assembly.served)
        )
    except SeawallError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
