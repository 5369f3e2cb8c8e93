"""Errors of tools that ask a service: each concerns one host."""

from __future__ import annotations

from seawall.errors.base import OperationError
from seawall.errors.wording import seconds

__all__ = [
    "UpstreamBusyError",
    "UpstreamCredentialError",
    "UpstreamError",
    "UpstreamRefusedError",
    "UpstreamRequestError",
    "UpstreamUnavailableError",
]


class UpstreamError(OperationError):
    """A refusal or failure that concerns one service behind a tool. `host` names it, with its port unless usual."""

    def __init__(self, message: str, *, host: str, hint: str | None = None) -> None:
        self.host = host
        super().__init__(message, hint=hint)


class UpstreamUnavailableError(UpstreamError):
    """The service behind the tool cannot be reached, does not answer, or says itself that it cannot serve now.

    `wait` is the time in seconds until it is asked again, or None when nobody knows.

    Remedy: Call again when the message says; if it goes on, tell the operator. Other tools work on.
    """

    code = "upstream_unavailable"
    retryable = True

    def __init__(self, *, host: str, reason: str, wait: float | None = None) -> None:
        self.reason = reason
        self.wait = wait
        hint = "Try again later." if wait is None else f"Try again in {seconds(wait)}."
        super().__init__(f"The service {host} is unavailable: {reason}.", host=host, hint=hint)


class UpstreamRefusedError(UpstreamError):
    """The service behind the tool answered with an error. `status` is HTTP's, `excerpt` its words, cut and cleaned.

    Remedy: What the message says, by the status: correct the arguments, or tell the operator.
    """

    code = "upstream_refused"

    def __init__(self, *, host: str, status: str, excerpt: str = "", hint: str | None = None) -> None:
        self.status = int(status[:3])
        self.excerpt = excerpt
        said = f" It says: {excerpt!r}" if excerpt else ""
        super().__init__(f"The service {host} answered {status}.{said}", host=host, hint=hint)


class UpstreamBusyError(UpstreamRefusedError):
    """The service behind the tool takes no more requests for now (429). `wait` is how long, in seconds, or None.

    Remedy: Wait as long as the message says, then call again. The operator can set a `rate` for the toolset.
    """

    code = "upstream_busy"
    retryable = True

    def __init__(self, *, host: str, status: str, wait: float | None = None, excerpt: str = "") -> None:
        self.wait = wait
        hint = "Call again later, and less often." if wait is None else f"Call again in {seconds(wait)}."
        super().__init__(host=host, status=status, excerpt=excerpt, hint=hint)


class UpstreamRequestError(UpstreamError):
    """What the arguments became is no request that may be sent, such as a header with a line break in it.

    Remedy: Correct the argument that the message names. Nothing was sent.
    """

    code = "upstream_request_invalid"
    exit_code = 2

    def __init__(self, *, host: str, reason: str) -> None:
        super().__init__(
            f"The request to {host} was not sent: {reason}.",
            host=host,
            hint="Correct the arguments and call again.",
        )


class UpstreamCredentialError(UpstreamError):
    """There are no credentials that the service behind the tool needs, or whoever issues them gives none.

    Remedy: With `token_exchange`, sign in to this server. Otherwise tell the operator, who sets `auth`.
    """

    code = "upstream_credentials"

    def __init__(self, *, host: str, reason: str, hint: str = "Tell the server's operator.") -> None:
        super().__init__(f"There are no credentials for {host}: {reason}.", host=host, hint=hint)
