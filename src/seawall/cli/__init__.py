"""The command `seawall`: one module a subcommand."""
