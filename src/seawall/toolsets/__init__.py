"""Capabilities: what a server can do, one folder a kind, found through the entry points `seawall.toolsets`."""
