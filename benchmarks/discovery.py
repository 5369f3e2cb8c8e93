"""How long it takes to find operations by words: `python benchmarks/discovery.py DESCRIPTION...`."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from seawall.toolsets.discovery import Index
from seawall.toolsets.openapi.declaration import OpenApiDeclaration
from seawall.toolsets.openapi.reading import read
from seawall.toolsets.openapi.survey import survey

QUERIES = ("create a chat completion", "list pods", "delete", "get", "upload file", "cancel a batch", "zebra")
ROUNDS = 50


def main() -> None:
    for name in sys.argv[1:]:
        description = read(Path(name).read_bytes())
        declaration = OpenApiDeclaration.model_validate({"kind": "openapi", "spec": name})
        found = survey(description, declaration, base="https://api.example", locked={})
        began = time.perf_counter()
        index = Index([each.outline for each in found.candidates.values()])
        built = time.perf_counter() - began
        took = []
        for query in QUERIES * ROUNDS:
            began = time.perf_counter()
            index.best(query)
            took.append(time.perf_counter() - began)
        print(
            f"{Path(name).name}: {len(found.candidates)} operations, index {built * 1000:.0f} ms, "
            f"search median {statistics.median(took) * 1000:.2f} ms, slowest {max(took) * 1000:.2f} ms"
        )


if __name__ == "__main__":
    main()
