"""The declaration: frozen models of `seawall.toml`, and what reads them."""
