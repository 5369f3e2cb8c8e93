"""The transport over HTTP: sockets and connections, the door before FastMCP, who calls, and the direct lanes behind it.

`serving` puts it together. It imports no more of the rest of the runtime than a call needs.
"""
