"""The openapi toolset beside `FastMCP.from_openapi` with the same description: the parts of `python -m benchmarks.apis`."""
