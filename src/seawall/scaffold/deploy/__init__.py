"""The files that put a server into a container and run it: pure functions from a `Deployment` to texts."""

from seawall.scaffold.deploy.container import container_files
from seawall.scaffold.deploy.deployment import NOT_TEXT, Deployment, DeploymentError, Volume
from seawall.scaffold.deploy.endpoint import Endpoint
from seawall.scaffold.deploy.extras import EXTRAS, ExtraName, extra_files

__all__ = [
    "EXTRAS",
    "NOT_TEXT",
    "Deployment",
    "DeploymentError",
    "Endpoint",
    "ExtraName",
    "Volume",
    "container_files",
    "extra_files",
]
