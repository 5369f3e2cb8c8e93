"""What a call of a function costs through Seawall, beside the same function as a bare FastMCP tool, in one run.

    python benchmarks/python_calls.py [--calls 2000]

Processor time of one call in microseconds, median of five rounds in turn. `handler` is the python toolset alone; `tool`
is `tool.run`, ours with all guards around it; `server` is `mcp.call_tool`. The last column is ours in units of theirs.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastmcp import FastMCP

from seawall.blueprint import load
from seawall.runtime.assemble import Assembly, build
from seawall.security.budget import Deadline
from seawall.toolsets.interface import CallContext, Caller
from seawall.toolsets.registry import installed_kinds

ROUNDS = 5
ARGUMENTS = {"first": 1, "second": 2}
FUNCTIONS = '''
def blocking(first: int, second: int) -> int:
    """Add."""
    return first + second


async def asynchronous(first: int, second: int) -> int:
    """Add."""
    return first + second
'''
BLUEPRINT = (
    '[server]\nname = "bench"\n\n[[toolset]]\nkind = "python"\nmodule = "bench_tools"\naccess = "write"\n'
)

Call = Callable[[], Awaitable[object]]


def assembled() -> Assembly:
    """Our server of the two functions."""
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "bench_tools.py").write_text(FUNCTIONS)
        (Path(directory) / "seawall.toml").write_text(BLUEPRINT)
        kinds = installed_kinds()
        models = {name: kind.declaration for name, kind in kinds.items()}
        return build(load(Path(directory) / "seawall.toml", kinds=models, environment={}), kinds)


async def calls(name: str, ours: Assembly, bare: FastMCP) -> dict[str, tuple[Call | None, Call]]:
    """The rows: a call of theirs, if there is such, and of ours."""
    (operation,) = (each for each in ours.toolsets["python"].operations if each.name == name)
    context = CallContext("bench", Caller("local"), Deadline.never(), 1024**2, _no_progress)
    their_tool, our_tool = await bare.get_tool(name), await ours.mcp.get_tool(name)
    if their_tool is None or our_tool is None:
        raise LookupError(name)
    return {
        "handler": (None, lambda: operation.handler(dict(ARGUMENTS), context)),
        "tool": (lambda: their_tool.run(dict(ARGUMENTS)), lambda: our_tool.run(dict(ARGUMENTS))),
        "server": (lambda: bare.call_tool(name, ARGUMENTS), lambda: ours.mcp.call_tool(name, ARGUMENTS)),
    }


async def cost(call: Call, count: int) -> float:
    """Microseconds of processor time for one call."""
    for _ in range(count // 10):
        await call()
    begun = time.process_time()
    for _ in range(count):
        await call()
    return (time.process_time() - begun) / count * 1e6


async def measure(count: int) -> None:
    """Measure every row and print it."""
    logging.disable(logging.CRITICAL)
    namespace: dict[str, Callable[..., object]] = {}
    exec(FUNCTIONS, namespace)  # noqa: S102  the same text that our server imports
    bare, ours = FastMCP("bare"), assembled()
    print(f"{'function':14}{'level':10}{'bare':>8}{'ours':>8}{'ratio':>8}")
    for name in ("asynchronous", "blocking"):
        bare.tool(namespace[name])
        for level, (theirs, own) in (await calls(name, ours, bare)).items():
            rounds = [
                (await cost(theirs, count) if theirs else 0.0, await cost(own, count)) for _ in range(ROUNDS)
            ]
            before, after = (statistics.median(column) for column in zip(*rounds, strict=True))
            shown = f"{before:8.1f}{after:8.1f}{after / before:8.2f}" if before else f"{'':8}{after:8.1f}"
            print(f"{name:14}{level:10}{shown}")


async def _no_progress(_done: float, _total: float | None, _message: str | None) -> None:
    """Nobody asked for it."""


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=2000)
    asyncio.run(measure(parser.parse_args().calls))
