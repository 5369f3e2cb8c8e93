"""The `[server]` table: who the server is."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seawall.blueprint.section import Allowed, Section

__all__ = ["ServerSection"]


class ServerSection(Section):
    """Who the server is: what clients show, and what the model reads about it."""

    name: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"),
        Allowed("a name of 1 to 64 letters, digits, '.', '_' or '-', starting with a letter or digit"),
    ] = Field(
        description="Name of the server. Replicas of one server must agree on it.", examples=["workspace"]
    )
    version: Annotated[
        str,
        Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]{0,63}$"),
        Allowed("a version such as \"1.0.0\": 1 to 64 letters, digits, '.', '+', '_' or '-'"),
    ] = Field(
        default="0.1.0",
        description="Your server's own version, which clients are told; not the version of Seawall.",
        examples=["1.0.0"],
    )
    title: str = Field(
        default="", max_length=128, description="Name for people; `name` when empty.", examples=["Workspace"]
    )
    purpose: str = Field(
        default="",
        max_length=4096,
        description="What the server is for: the instructions that the model reads before it uses a tool.",
        examples=["Lets an assistant read the files of one project."],
    )
