"""Whose address counts: the peer's, or what a trusted proxy says of its caller. Never what a client says of itself.

ASVS 5.0 15.3.4.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairground_gateway.addresses import TrustedProxies, network
from fairground_gateway.testing import RawClient, RecordingService

RunGateway = Callable[..., AbstractAsyncContextManager[RawClient]]
OURS = TrustedProxies([ip_network("10.0.0.0/8"), ip_network("fd00::/8")])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.7", b"198.51.100.1", "203.0.113.7"),
        ("203.0.113.7", None, "203.0.113.7"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", b"", "10.0.0.1"),
        ("10.0.0.1", b"198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", b"1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", b"1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", b"10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", b"198.51.100.1, unknown", "10.0.0.1"),
        ("10.0.0.1", b"198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", b"198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", b"[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", b"2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", b"::ffff:198.51.100.1", "198.51.100.1"),
        ("::ffff:10.0.0.1", b"198.51.100.1", "198.51.100.1"),
        ("fd00::1", b"198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", b"1.2.3.4,\xff\xfe", "10.0.0.1"),
        ("", b"198.51.100.1", ""),
    ],
)
def test_the_last_address_that_is_no_proxy_of_ours_is_the_client(
    peer: str, forwarded_for: bytes | None, client: str
) -> None:
    assert OURS.client_behind(peer, forwarded_for) == client


addresses = st.ip_addresses(v=4).filter(lambda each: each not in ip_network("10.0.0.0/8"))


@given(st.text(st.characters(codec="latin-1"), max_size=40), addresses)
def test_nothing_a_client_writes_before_the_proxys_entry_counts(made_up: str, client: object) -> None:
    assert OURS.client_behind("10.0.0.1", f"{made_up},{client}".encode("latin-1")) == str(client)


@given(st.binary(max_size=80), st.ip_addresses())
def test_the_answer_is_an_address_whatever_the_header_says(forwarded_for: bytes, peer: object) -> None:
    ip_address(OURS.client_behind(str(peer), forwarded_for))


def test_an_ipv6_household_counts_as_one() -> None:
    assert network("2001:db8:1:2::1") == network("2001:db8:1:2:ffff::9") == "2001:db8:1:2::"
    assert network("2001:db8:1:3::1") == "2001:db8:1:3::"
    assert network("192.0.2.7") == "192.0.2.7"


async def test_behind_a_trusted_proxy_the_service_and_the_limits_see_the_client(
    run_gateway: RunGateway, service: RecordingService
) -> None:
    async with run_gateway(trusted_proxies=("127.0.0.0/8",), rate_limit_ip=1) as gateway:
        for number in range(5):
            spoofed = [("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", f"198.51.100.{number}")]
            assert (await gateway.ask("GET", "/api/dice/odds", spoofed)).status == 200
    seen = [received.values("x-fairground-client-ip") for received in service.received]
    assert seen == [[f"198.51.100.{number}"] for number in range(5)]
    assert not any(received.values("x-forwarded-for") for received in service.received)


async def test_of_anybody_else_the_header_is_not_believed(run_gateway: RunGateway, service: RecordingService) -> None:
    async with run_gateway(trusted_proxies=("10.0.0.0/8",)) as gateway:
        await gateway.ask("GET", "/api/dice/odds", [("x-forwarded-for", "198.51.100.1")])
    assert service.received[0].values("x-fairground-client-ip") == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["play.example.com", "PLAY.example.com:8443", "[2001:db8::1]:80", "other.example"])
async def test_an_allowed_host_is_served(run_gateway: RunGateway, service: RecordingService, host: str) -> None:
    async with run_gateway(allowed_hosts=("play.example.com", "other.example", "[2001:db8::1]")) as gateway:
        answer = await gateway.send(f"GET /api/dice/odds HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
    assert answer.status == 200


@pytest.mark.parametrize("host", ["evil.example", "play.example.com.evil.example", "", "play.example.com:x", "a@b"])
async def test_another_host_is_refused_but_probes_are_not(
    run_gateway: RunGateway, service: RecordingService, host: str
) -> None:
    async with run_gateway(allowed_hosts=("play.example.com",)) as gateway:
        refused = await gateway.send(f"GET /api/dice/odds HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
        alive = await gateway.send(f"GET /livez HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
    assert (refused.status, refused.code) == (400, "HOST_REFUSED")
    assert alive.status == 200
    assert not service.received
