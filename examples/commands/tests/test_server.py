"""What this server promises to its clients."""

from seawall.testing import ServerContract


class TestServer(ServerContract):
    """Lists, schemas and calls of every tool, in both eras of the protocol, and the tool surface in tests/surface.json."""

    blueprint = "seawall.toml"
