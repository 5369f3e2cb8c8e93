"""An API served by FastMCP as its documentation shows it: `python bare.py DESCRIPTION UPSTREAM PORT`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx2
import yaml
from fastmcp import FastMCP


def served(description: Path, upstream: str) -> FastMCP:
    """The server; what it takes to make it is what loading is."""
    text = description.read_text()
    value = json.loads(text) if description.suffix == ".json" else yaml.load(text, yaml.CSafeLoader)
    return FastMCP.from_openapi(value, client=httpx2.AsyncClient(base_url=upstream))


if __name__ == "__main__":
    served(Path(sys.argv[1]), sys.argv[2]).run("http", port=int(sys.argv[3]), show_banner=False)
