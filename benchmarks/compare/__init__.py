"""Seawall beside bare FastMCP with the same functions: the parts of `python -m benchmarks`."""
