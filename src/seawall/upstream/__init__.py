"""Clients of the services behind a toolset: credentials, retries, breakers and paging, always through the egress guard."""
