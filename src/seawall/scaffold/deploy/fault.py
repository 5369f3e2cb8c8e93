"""What is wrong with a value that no file of a deployment can hold."""

from __future__ import annotations

__all__ = ["DeploymentError", "require"]


class DeploymentError(ValueError):
    """A value that no file of a deployment can hold; says which one and what is allowed."""


def require(fulfilled: object, what: str, value: str, allowed: str) -> None:
    """Raise DeploymentError unless it is fulfilled."""
    if not fulfilled:
        raise DeploymentError(f"{what} {value!r} cannot stand in the deployment files; allowed: {allowed}.")
