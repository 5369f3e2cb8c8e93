"""The guard of connections: where requests may lead, checked when the connection is opened and at no other time."""

from __future__ import annotations

from seawall.security.egress.addresses import Network, fault_of_network
from seawall.security.egress.channels import ChannelTrust, GuardedChannel, trusted_roots
from seawall.security.egress.egress import Egress
from seawall.security.egress.fetch import fetch
from seawall.security.egress.page import Page, PageReader
from seawall.security.egress.policy import EgressPolicy, HostRule
from seawall.security.egress.resolving import Resolver
from seawall.security.egress.transport import EGRESS_URL, EgressTransport
from seawall.security.egress.urls import Url, check_url

__all__ = [
    "EGRESS_URL",
    "ChannelTrust",
    "Egress",
    "EgressPolicy",
    "EgressTransport",
    "GuardedChannel",
    "HostRule",
    "Network",
    "Page",
    "PageReader",
    "Resolver",
    "Url",
    "check_url",
    "fault_of_network",
    "fetch",
    "trusted_roots",
]
