"""The judgement of one address, beyond the rows of the hostile table."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.security.egress.addresses import fault_of_network, refusal

IPV4 = st.ip_addresses(v=4).map(int)
IPV6 = st.ip_addresses(v=6)
FORMS = {
    "mapped": 0xFFFF << 32,
    "compatible": 0,
    "translated": 0xFFFF << 48,
    "NAT64": 0x64FF9B << 96,
    "local NAT64": 0x64FF9B0001 << 80,
}


@given(IPV4)
def test_no_ipv6_form_of_an_ipv4_address_passes_for_a_public_one(address: int) -> None:
    """Not even of a public one: the form is never needed, and what it leads to depends on the network."""
    forms = [IPv6Address(prefix + address) for prefix in FORMS.values()]
    forms.append(IPv6Address((0x2002 << 112) + (address << 80)))
    forms.append(IPv6Address((0x20010000 << 96) + address))
    assert [form for form in forms if refusal(str(form)) is None] == []


@given(st.one_of(st.ip_addresses(v=4), IPV6))
def test_what_passes_is_public_to_the_standard_library_too(address: IPv4Address | IPv6Address) -> None:
    if refusal(str(address)) is None:
        assert address.is_global
        assert not any((address.is_multicast, address.is_reserved, address.is_unspecified))


@given(IPV6)
def test_a_zone_is_refused_whatever_the_address(address: IPv6Address) -> None:
    assert refusal(f"{address}%eth0", [ip_network("fc00::/7"), ip_network(address)]) == "of one link only"


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "[::1]", "10.0.0.5/32", " 8.8.8.8"],
)
def test_text_that_is_no_address_is_refused(text: str) -> None:
    assert refusal(text) == "not an address"


@pytest.mark.parametrize(
    "layout", ["64:ff9b:1:a9fe:a9:fe00::", "64:ff9b:1:a9:fe:a900:fe00:0", "64:ff9b:1::a9fe:a9fe"]
)
def test_an_opened_local_nat64_leads_to_no_metadata_in_any_layout(layout: str) -> None:
    """RFC 6052 knows four places where the IPv4 address may stand; which one a network uses cannot be seen."""
    assert refusal(layout, [ip_network("64:ff9b:1::/48")]) is not None


def test_an_opened_transition_form_needs_both_of_its_ends_opened() -> None:
    teredo = str(
        IPv6Address((0x20010000 << 96) + (int(IPv4Address("8.8.8.8")) << 64) + (0xFFFFFFFF ^ 0x0A000005))
    )
    assert ip_address(teredo).teredo == (IPv4Address("8.8.8.8"), IPv4Address("10.0.0.5"))  # type: ignore[union-attr]
    assert refusal(teredo, [ip_network("2001::/32")]) == "private"
    assert refusal(teredo, [ip_network("2001::/32"), ip_network("10.0.0.0/8")]) is None
    assert refusal("2002:a00:5::1", [ip_network("2002::/16")]) == "private"
    assert refusal("2606:4700::5efe:a00:5", [ip_network("2606:4700::/32")]) == "private"


@pytest.mark.parametrize(
    "text", ["10.0.0.0/8", "fc00::/7", "127.0.0.0/8", "::1/128", "64:ff9b::/96", "0.0.0.0/8"]
)
def test_a_network_of_one_owner_may_be_opened(text: str) -> None:
    assert fault_of_network(ip_network(text)) is None


@pytest.mark.parametrize("text", ["0.0.0.0/0", "::/0", "8.0.0.0/7", "fc00::/6"])
def test_half_the_internet_may_not_be_opened(text: str) -> None:
    assert "wider than" in (fault_of_network(ip_network(text)) or "")
