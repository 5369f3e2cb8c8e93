"""The whole blueprint: every table that `seawall.toml` may have."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from seawall.blueprint.audit import AuditSection
from seawall.blueprint.deploy import DeploySection
from seawall.blueprint.http import HttpSection
from seawall.blueprint.limits import LimitsSection
from seawall.blueprint.log import LogSection
from seawall.blueprint.prompts import PromptsSection
from seawall.blueprint.resource import ResourceDeclaration
from seawall.blueprint.secrets import SecretsSection
from seawall.blueprint.section import Section
from seawall.blueprint.server import ServerSection
from seawall.blueprint.state import StateSection
from seawall.blueprint.stdio import StdioSection
from seawall.blueprint.toolset import ToolsetDeclaration

__all__ = ["Blueprint"]


def _whole(value: object) -> object:
    # pydantic compares a literal with ==, so `true` and `1.0` would pass for 1.
    if type(value) is not int:
        raise PydanticCustomError("int_type", "not a whole number")
    return value


class Blueprint(Section):
    """Describes one MCP server. Only settings that are enforced exist; all but `server.name` have a default."""

    format: Annotated[Literal[1], BeforeValidator(_whole)] = Field(
        default=1,
        description="Version of this format. Blueprints of an older one are read, and written anew by `seawall upgrade`.",
    )
    server: ServerSection = Field(description="Who the server is.")
    toolset: tuple[ToolsetDeclaration, ...] = Field(
        default=(), description="The sources of the tools, one entry each; names are unique."
    )
    prompts: PromptsSection = Field(
        default=PromptsSection(), description="Prompts: Markdown files that people choose in their client."
    )
    resource: tuple[ResourceDeclaration, ...] = Field(
        default=(), description="What can be read under a URI, one entry each; URIs are unique."
    )
    limits: LimitsSection = Field(default=LimitsSection(), description="What one call may cost.")
    stdio: StdioSection = Field(default=StdioSection(), description="What holds for the one local caller.")
    http: HttpSection = Field(default=HttpSection(), description="Where the server listens, and for whom.")
    secrets: SecretsSection = Field(default=SecretsSection(), description="Where mounted secrets are.")
    audit: AuditSection = Field(default=AuditSection(), description="The record of every call.")
    log: LogSection = Field(default=LogSection(), description="What the server tells its operator.")
    state: StateSection = Field(default=StateSection(), description="Where what outlives a call is kept.")
    deploy: DeploySection = Field(
        default=DeploySection(), description="What container and service files are made for."
    )
