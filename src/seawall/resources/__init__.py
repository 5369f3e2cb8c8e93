"""Resources: what a blueprint offers to read under URIs of its own.

`declared.py` makes offers of the declarations, one module a source gives their content, and `shelf.py` holds them all.
Only `provider.py` knows FastMCP; it serves what toolsets offer to read as well.
"""
