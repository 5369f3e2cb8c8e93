"""Mechanisms that enforce: frozen policies in, decisions out. They know neither blueprint nor protocol."""
