"""The `[audit]` table: the record of every call."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seawall.blueprint.quantities import DurationRule
from seawall.blueprint.secret import SecretReference
from seawall.blueprint.section import Section

__all__ = ["AuditSection"]


class AuditSection(Section):
    """One record for every call, in a file in which nothing can be changed unnoticed."""

    file: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="The file of records (JSON lines), beside the blueprint when relative. Unset: calls are not recorded. "
        "Each replica needs its own: of a name that ends with `/`, a directory, each takes `audit-HOSTNAME.jsonl`.",
        examples=["audit.jsonl", "/var/log/seawall/"],
    )
    key: SecretReference | None = Field(
        default=None,
        description="A secret of at least 32 characters: with it `seawall audit verify` finds out that somebody wrote the "
        "whole file anew, and digests of arguments can be compared over restarts.",
        examples=["file:/run/secrets/audit"],
    )
    checkpoints: str | None = Field(
        default=None,
        min_length=1,
        max_length=4096,
        description="A file of checkpoints, best on another disk: with it a file whose end was cut is found out. After "
        "a `/` at its end follows `checkpoints-HOSTNAME.jsonl`.",
        examples=["/mnt/elsewhere/audit.checkpoints"],
    )
    checkpoint_records: int = Field(
        default=1000, ge=1, le=1_000_000, description="Records after which there is a checkpoint."
    )
    checkpoint_interval: Annotated[float, DurationRule(minimum=1.0, maximum=86400.0)] = Field(
        default=60.0, description="Time after which there is one when any record came."
    )
    durable: Literal["second", "always"] = Field(
        default="second",
        description="When a record is safe from a power cut: within a `second`, or `always` before its caller is answered.",
    )
    on_failure: Literal["refuse", "continue"] = Field(
        default="refuse",
        description="When calls cannot be recorded, as on a full disk: `refuse` them, or `continue` and count what is lost.",
    )
