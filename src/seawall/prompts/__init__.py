"""Prompts: Markdown files with front matter, each one prompt of the server.

`library.py` reads the directory, `matter.py` the head of a file and `template.py` its text; `evaluating.py` carries a
template out and `rendering.py` makes messages of it. Only `provider.py` knows FastMCP.
"""
