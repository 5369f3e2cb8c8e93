"""What a server needs of the machine that runs it, as a value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Final

from seawall.scaffold.deploy.endpoint import Endpoint
from seawall.scaffold.deploy.fault import DeploymentError, require

__all__ = ["NOT_TEXT", "Deployment", "DeploymentError", "Volume"]

_PATH: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(?:/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_PATTERN: Final = re.compile(r"[A-Za-z0-9_?*-]*[?*][A-Za-z0-9_?*-]*\.[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*")
_PACKAGE: Final = re.compile(r"[a-z0-9][a-z0-9+.-]{1,127}")
_LABEL: Final = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_NAMESPACE: Final = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_REGISTRY: Final = re.compile(r"[a-z0-9.-]+(?::[0-9]{1,5})?(?:/[a-z0-9._-]+)*")
_SECRET_FILES: Final = "/run/secrets/"  # noqa: S105  a folder
_LONGEST_NAME: Final = 40
_LONGEST_ACCOUNT: Final = 31  # characters of a user's name, as Linux keeps it in its records (utmp)
NOT_TEXT: Final = frozenset({"y", "yes", "n", "no", "on", "off", "true", "false", "null"})
"""Words that YAML 1.1 or 1.2 reads as something else than text."""
_OTHERS: Final = re.compile(
    r"default|kube-.*"
)  # namespaces of every cluster, whose rules are not ours to set
_OWN_FOLDERS: Final = ("app", "bin", "dev", "etc", "lib", "opt", "proc", "run", "sbin", "sys", "tmp", "usr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A directory of the host that the server works on.

    Attributes:
        name: 1 to 40 small letters, digits and `-`, beginning with a letter.
        source: where it is on the host unless something else is said, such as `./workspace`.
        target: its absolute path in the container, in plain characters.
        writable: whether the server may change it.
        kept: whether the engine keeps it, as a volume of that name, and nothing on the host is looked at by people.
    """

    name: str
    source: str
    target: str
    writable: bool = False
    kept: bool = False

    def __post_init__(self) -> None:
        """Refuse what could mean something else in one of the files.

        Raises:
            DeploymentError: a name or target that is not as described.
        """
        label = _LABEL.fullmatch(self.name) is not None and self.name not in NOT_TEXT
        require(label, "the volume", self.name, "small letters, digits and '-', and no word like 'true'")
        plain = self.target.startswith("/") and _PATH.fullmatch(self.target[1:])
        require(
            plain, "the volume's target", self.target, "an absolute path of letters, digits, '.', '_' and '-'"
        )
        first = self.target.split("/")[1]
        require(
            first not in _OWN_FOLDERS, "the volume's target", self.target, "a path outside of the system's"
        )

    @property
    def variable(self) -> str:
        """The variable of `.env` that says where the directory is."""
        return f"{self.name.upper().replace('-', '_')}_DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What a server needs of the machine that runs it.

    Attributes:
        name: of the server, as in the blueprint.
        version: of the server, as in the blueprint.
        title: for people; the name when empty.
        purpose: what it is for, any text.
        python: the version of Python in the image, such as `3.12`.
        memory: bytes that one replica may use.
        cpus: processor time that one replica may use; 1.0 is one core.
        replicas: how many servers share the callers.
        port: where it listens within the container, over HTTP.
        files: files and folders of the project that the image holds beside `pyproject.toml`, in plain characters; or a
            pattern of files with one ending right in the project, such as `*.graphql`.
        packages: Debian packages that the image has beside Python.
        volumes: directories that it works on.
        settings: variables (`SEAWALL_…`) that hold within the image, above the blueprint.
        environment: names of the variables that the blueprint needs.
        secrets: references of the blueprint: `env:NAME` or `file:/run/secrets/NAME`.
        authenticated: whether callers over HTTP prove who they are to the server itself.
        outbound: what its toolsets call, over any transport.
        issuers: where the keys of those are had who let callers in: over HTTP alone.
        shutdown_grace: seconds that calls under way have at the end.
        redis: whether a Redis server belongs to it.
        allowed_hosts: Host headers that the blueprint accepts already.
        namespace: reverse-DNS name under which it is published, such as `io.github.someone`.
        registry: host and folder of the image registry that it is pushed to.
        author: who publishes it; the namespace when empty.
    """

    UID: ClassVar[int] = 1000

    name: str
    version: str = "0.1.0"
    title: str = ""
    purpose: str = ""
    python: str = "3.12"
    memory: int = 512 * 1024**2
    cpus: float = 0.5
    replicas: int = 1
    port: int = 8000
    files: tuple[str, ...] = ("seawall.toml",)
    packages: tuple[str, ...] = ()
    volumes: tuple[Volume, ...] = ()
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    environment: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    authenticated: bool = False
    outbound: tuple[Endpoint, ...] = ()
    issuers: tuple[Endpoint, ...] = ()
    shutdown_grace: float = 25.0
    redis: bool = False
    allowed_hosts: tuple[str, ...] = ()
    namespace: str = "com.example"
    registry: str = "registry.example/someone"
    author: str = ""

    def __post_init__(self) -> None:
        """Refuse what could mean something else in one of the files.

        Raises:
            DeploymentError: a file, variable, secret or namespace that is not as described.
        """
        require(self.name and self.version, "name or version", "", "a text")
        for each in self.files:
            plain = _PATH.fullmatch(each) or _PATTERN.fullmatch(each)
            require(
                plain, "the project's file", each, "a path of letters, digits, '.', '_' and '-', without '..'"
            )
        for each in self.packages:
            require(_PACKAGE.fullmatch(each), "the package", each, "a name of Debian's, such as 'git'")
        for each in (*self.environment, *self.settings):
            require(_VARIABLE.fullmatch(each), "the variable", each, "letters, digits and '_'")
        for each in self.secrets:
            require(_secret_name(each), "the secret", each, f"env:NAME or file:{_SECRET_FILES}NAME")
        require(
            _NAMESPACE.fullmatch(self.namespace), "the namespace", self.namespace, "such as io.github.someone"
        )
        require(
            _REGISTRY.fullmatch(self.registry),
            "the registry",
            self.registry,
            "such as registry.example/someone",
        )
        for what, names in (("volumes", [each.name for each in self.volumes]), ("targets", self._targets)):
            require(len(set(names)) == len(names), "the " + what, ", ".join(names), "each once")

    @property
    def _targets(self) -> list[str]:
        return [each.target for each in self.volumes]

    @property
    def kept(self) -> tuple[Volume, ...]:
        """The volumes that an engine keeps by their names."""
        return tuple(each for each in self.volumes if each.kept)

    @property
    def slug(self) -> str:
        """The name as images and hosts are called: small letters, digits and `-`, beginning with a letter.

        It is no word that YAML reads as something else, and no namespace that a cluster has already.
        """
        slug = re.sub(r"[^a-z0-9]+", "-", self.name.lower()).strip("-")
        if not slug[:1].isalpha() or slug in NOT_TEXT or _OTHERS.fullmatch(slug):
            slug = f"mcp-{slug}"
        return slug[:_LONGEST_NAME].rstrip("-")

    @property
    def account(self) -> str:
        """The name of the unit, its user and its directories on a host, where `root` and `postgres` are somebody else."""
        return f"mcp-{self.slug.removeprefix('mcp-')}"[:_LONGEST_ACCOUNT].rstrip("-")

    @property
    def tag(self) -> str:
        """The version as an image's tag, which has no `+`."""
        return re.sub(r"[^A-Za-z0-9._-]", "-", self.version)

    @property
    def image(self) -> str:
        """Name and tag of the image."""
        return f"{self.slug}:{self.tag}"

    @property
    def base(self) -> str:
        """Name and tag of the image that it is made on; a literal, so that tools can watch it."""
        return f"python:{self.python}-slim-bookworm"

    @property
    def published(self) -> str:
        """The name under which registries list it."""
        return f"{self.namespace}/{self.slug}"

    @property
    def summary(self) -> str:
        """The purpose in one line, or else the title or name."""
        return " ".join(self.purpose.split()) or self.title or self.name

    @property
    def stop_seconds(self) -> int:
        """Seconds from the signal to end until the process is killed: the grace, and time to close."""
        return math.ceil(self.shutdown_grace) + 5

    @property
    def always_called(self) -> tuple[Endpoint, ...]:
        """What is called over any transport beyond the container or host itself."""
        return tuple(each for each in self.outbound if not each.here)

    @property
    def called(self) -> tuple[Endpoint, ...]:
        """All that is called over HTTP beyond the container or host itself, each once."""
        return tuple(each for each in dict.fromkeys((*self.outbound, *self.issuers)) if not each.here)

    @property
    def resolves(self) -> bool:
        """Whether it needs names of other hosts."""
        return self.redis or any(each.cidr is None for each in self.called)

    @property
    def public_ports(self) -> tuple[int, ...]:
        """Ports at which it calls public names."""
        return tuple(sorted({each.port for each in self.called if each.public}))

    @property
    def secret_files(self) -> tuple[str, ...]:
        """Names of the secrets that are read from `/run/secrets`."""
        return tuple(
            each.removeprefix(f"file:{_SECRET_FILES}") for each in self.secrets if each.startswith("file:")
        )

    @property
    def secret_variables(self) -> tuple[str, ...]:
        """Names of the variables that hold a secret."""
        return tuple(each.removeprefix("env:") for each in self.secrets if each.startswith("env:"))

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables without a secret that the blueprint needs."""
        return tuple(each for each in dict.fromkeys(self.environment) if each not in self.secret_variables)


def _secret_name(reference: str) -> bool:
    if reference.startswith("env:"):
        return _VARIABLE.fullmatch(reference.removeprefix("env:")) is not None
    name = reference.removeprefix(f"file:{_SECRET_FILES}")
    return name != reference and "/" not in name and _PATH.fullmatch(name) is not None
