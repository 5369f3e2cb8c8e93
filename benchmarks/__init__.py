"""Figures as ratios. `python -m benchmarks` compares with bare FastMCP, `python -m benchmarks.apis` APIs.

The other files are commands of their own.
"""
