"""The page about running the server."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from seawall.reference.document import Block, Code, Heading, Link, Page, Verbatim
from seawall.reference.pages.words import command, listed, said
from seawall.reference.values import DeployFiles, Reference

__all__ = ["running_page"]


def running_page(reference: Reference) -> Page:
    """Over stdio, over HTTP, in a container and beyond, as far as the files for it are there."""
    return Page("running", "Running it", tuple(_blocks(reference)))


def _blocks(reference: Reference) -> Iterator[Block]:
    blueprint = reference.server.blueprint
    yield said(
        "All commands are for the directory of ", Verbatim(blueprint), ". Is everything there that it needs?"
    )
    yield Code(command(reference, "check", blueprint), "sh")
    if reference.variables or reference.secret_files:
        names = (*(each.name for each in reference.variables if each.required), *reference.secret_files)
        yield said(
            "It needs ",
            *listed(names, empty="nothing"),
            " (",
            Link("Settings", "settings"),
            " has all of them).",
        )
    yield from _stdio(reference)
    yield from _http(reference)
    yield from _once(reference)
    yield from _python(reference)
    yield from _deployed(reference)


def _stdio(reference: Reference) -> Iterator[Block]:
    blueprint = reference.server.blueprint
    yield Heading(2, ("Over stdio",))
    yield said(
        "A client on the same machine starts the server itself. What puts it into a client's configuration:"
    )
    yield Code(command(reference, "install", "claude-code", blueprint), "sh")
    yield said(
        "Others: ", *listed(("claude-desktop", "cursor", "vscode", "gemini-cli")), ". The command they start:"
    )
    yield Code(command(reference, "serve", blueprint), "sh")


def _http(reference: Reference) -> Iterator[Block]:
    exposure = reference.exposure
    yield Heading(2, ("Over HTTP",))
    yield Code(command(reference, "serve", reference.server.blueprint, "--transport", "http"), "sh")
    yield said("Clients connect to ", Verbatim(exposure.url), ".")
    if exposure.authentication == "jwt":
        yield said(
            "They bring an access token of ",
            *_setting(reference, "http", "auth.issuer"),
            "; by the metadata of RFC 9728 they find out by themselves where to get it.",
        )
    elif exposure.authentication == "token":
        yield said("They bring one of the fixed tokens: ", Verbatim("Authorization: Bearer …"), ".")
    else:
        yield said("Callers are not asked who they are.")


def _once(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("One call from the terminal",))
    yield said("Through the same guards as a served call; without a tool's name it lists the tools.")
    yield Code(command(reference, "run", reference.server.blueprint), "sh")


def _python(reference: Reference) -> Iterator[Block]:
    yield Heading(2, ("From Python",))
    profile = f", profile={reference.server.profile!r}" if reference.server.profile else ""
    yield Code(f"import seawall\n\nmcp = seawall.assemble({reference.server.blueprint!r}{profile})", "python")


def _deployed(reference: Reference) -> Iterator[Block]:
    deploy, name = reference.deploy, reference.server.name.lower()
    if deploy.container:
        yield Heading(2, ("In a container",))
        build = shlex.join(("docker", "build", "--tag", name, "--file", deploy.container, "."))
        yield Code(f"{build}\n{shlex.join(('docker', 'run', '--rm', '--interactive', name))}", "sh")
        yield said("The second line serves stdio. Directories that it works on have to be mounted.")
    if deploy.compose:
        yield said(
            "With volumes, limits and the other restrictions that stand in ", Verbatim(deploy.compose), ":"
        )
        yield Code("\n".join(_compose(deploy)), "sh")
    if deploy.kubernetes:
        yield Heading(2, ("On Kubernetes",))
        yield Code(shlex.join(("kubectl", "apply", "--kustomize", deploy.kubernetes)), "sh")
    if deploy.systemd:
        yield Heading(2, ("As a service of systemd",))
        yield said("The unit is in ", Verbatim(deploy.systemd), ".")


def _compose(deploy: DeployFiles) -> Iterator[str]:
    file = () if deploy.compose == "compose.yaml" else ("--file", str(deploy.compose))
    call = ("docker", "compose", *file)
    if "stdio" in deploy.services:
        yield f"{shlex.join((*call, 'run', '--rm', 'stdio'))}  # over stdio"
    if "http" in deploy.services:
        yield f"{shlex.join((*call, '--profile', 'http', 'up', '--build'))}  # over HTTP"
    if not deploy.services:
        yield shlex.join((*call, "up", "--build"))


def _setting(reference: Reference, section: str, name: str) -> tuple[Verbatim, ...]:
    return (Verbatim(str(reference.setting(section, name))),)
