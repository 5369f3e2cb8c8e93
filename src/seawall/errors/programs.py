"""Errors of programs that were to be run in the sandbox."""

from __future__ import annotations

from seawall.errors.base import OperationError
from seawall.errors.wording import quoted

__all__ = ["CommandFailedError", "SandboxError", "SandboxLostError", "SandboxReachError", "SandboxStartError"]


class SandboxError(OperationError):
    """A program that was to be run in the sandbox."""


class CommandFailedError(SandboxError):
    """The program ended otherwise than it does when all is well. `ending` says how, `excerpt` has its own last words.

    Remedy: What the program says. Arguments that fit the schema may still be none that it takes.
    """

    code = "command_failed"

    def __init__(self, *, name: str, ending: str, excerpt: str = "") -> None:
        self.ending = ending
        self.excerpt = excerpt
        said = f" It wrote:\n{excerpt}\n" if excerpt else ""
        super().__init__(
            f"{name} {ending}.{said}", hint="Correct the arguments by what it says." if excerpt else None
        )


class SandboxStartError(SandboxError):
    """The program could not be started: it is not there, may not be executed, or one of the paths that it needs is gone.

    Remedy: Tell the operator. `seawall check` looks for the programs of a blueprint.
    """

    code = "program_not_started"

    def __init__(self, *, program: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The program {quoted(program)} was not started: {reason}.", hint="Tell the server's operator."
        )


class SandboxReachError(SandboxError):
    """This machine cannot hold the program to what it may reach, so it was not started.

    Remedy: Tell the operator. `seawall doctor` shows what the machine can enforce.
    """

    code = "reach_not_enforceable"
    exit_code = 3

    def __init__(self, *, program: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"The program {quoted(program)} was not started: {reason}.",
            hint="The server's operator sees with `seawall doctor` what the machine can enforce.",
        )


class SandboxLostError(SandboxError):
    """What supervises the program died, and the program with it; or it hangs, and they end as soon as they can.

    Remedy: Call again, unless what the program did must not be done twice.
    """

    code = "sandbox_lost"
    retryable = True

    def __init__(self, *, program: str) -> None:
        super().__init__(
            f"The program {quoted(program)} was given up, because what supervised it died or hangs.",
            hint="Call again.",
        )
