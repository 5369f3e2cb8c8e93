"""Figures as ratios. `python -m benchmarks` compares with bare FastMCP; the other files are commands of their own."""
