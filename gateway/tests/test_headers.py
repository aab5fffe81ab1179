"""Which headers cross the gateway. Nothing a client sends can speak for the gateway."""

import re

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairground_common.testing import TokenMint
from fairground_gateway.testing import GATEWAY_KEY, RawClient, RecordingService, answering

RESERVED = ["x-user-id", "x-user-role", "x-user", "x-fairground-client-ip", "x-fairground-gateway-key"]
RESERVED += ["x-forwarded-for", "x-forwarded-host", "x-forwarded-user", "forwarded", "x-real-ip"]
HOP = ["te", "trailer", "upgrade", "keep-alive", "proxy-connection", "proxy-authorization", "http2-settings"]


def spelt(names: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return names in any mixture of small and capital letters."""
    return st.builds(
        lambda name, capitals: "".join(c.upper() if capitals >> at & 1 else c for at, c in enumerate(name)),
        names,
        st.integers(0, 2**32),
    )


def underscored(name: str, which: int) -> str:
    """Replace some hyphens, and at least one, by underscores."""
    parts = name.split("-")
    which = which % (2 ** (len(parts) - 1) - 1) + 1
    return parts[0] + "".join(f"{'_' if which >> at & 1 else '-'}{part}" for at, part in enumerate(parts[1:]))


WITH_HYPHEN = [name for name in RESERVED if "-" in name]
values = st.sampled_from(["1", "", " ", " admin ", "127.0.0.1", "7, 8", GATEWAY_KEY])
spoofs = st.lists(st.tuples(spelt(st.sampled_from(RESERVED)), values), min_size=1, max_size=5)
many = settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@many
@given(spoofed=spoofs, path=st.sampled_from(["/api/roulette/odds", "/api/roulette/status", "/api/auth/me"]))
async def test_what_speaks_for_the_gateway_is_only_ever_its_own(
    gateway: RawClient,
    service: RecordingService,
    token_mint: TokenMint,
    spoofed: list[tuple[str, str]],
    path: str,
) -> None:
    """ASVS 5.0 4.1.3. On a route with a token as on a public one; who is calling is said by the token alone."""
    service.forget()
    token = ("authorization", f"Bearer {token_mint.token(7)}")
    assert (await gateway.ask("GET", path, [*spoofed, token, *spoofed])).status == 200
    [received] = service.received
    ours = [
        (name.lower(), value)
        for name, value in received.headers
        if re.match(r"(?i)x-user|x-fairground|x-forwarded|forwarded|x-real-ip", name)
    ]
    assert sorted(ours) == [("x-fairground-client-ip", "127.0.0.1"), ("x-fairground-gateway-key", GATEWAY_KEY)]
    assert received.values("authorization") == ([] if path.endswith("/odds") else [token[1]])


@many
@given(name=spelt(st.builds(underscored, st.sampled_from(WITH_HYPHEN), st.integers(0, 1000))), value=values)
async def test_no_spelling_with_an_underscore_reaches_a_service(
    gateway: RawClient, service: RecordingService, name: str, value: str
) -> None:
    service.forget()
    answer = await gateway.ask("GET", "/api/roulette/odds", [(name, value)])
    assert (answer.status, answer.code) == (400, "HEADER_REFUSED")
    assert not service.received


NOMINATED = [*RESERVED, *HOP, "authorization", "x-request-id", "traceparent", "host", "content-length", "close", ""]
lists = st.lists(spelt(st.sampled_from(NOMINATED)), max_size=8).map(" ,\t".join)


@many
@given(connections=st.lists(lists, min_size=1, max_size=3))
async def test_no_connection_header_takes_away_what_the_gateway_says(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint, connections: list[str]
) -> None:
    service.forget()
    token = ("authorization", f"Bearer {token_mint.token(7)}")
    headers = [("connection", each) for each in connections]
    assert (await gateway.ask("GET", "/api/roulette/status", [*headers, token])).status == 200
    [received] = service.received
    for name in ("x-fairground-client-ip", "x-fairground-gateway-key", "x-request-id", "traceparent", "host"):
        assert len(received.values(name)) == 1, name
    assert received.values("authorization") == [token[1]]
    assert received.values("connection") == []


async def test_a_name_with_an_underscore_is_refused(gateway: RawClient, service: RecordingService) -> None:
    for name in ("x_user_id", "X_Fairground_Client_Ip", "content_length", "_"):
        answer = await gateway.ask("GET", "/api/roulette/odds", [(name, "1")])
        assert (answer.status, answer.code) == (400, "HEADER_REFUSED"), name
    assert not service.received


async def test_hop_by_hop_headers_stop_here_in_both_directions(gateway: RawClient, service: RecordingService) -> None:
    service.usually = answering(headers=[*((name, "x") for name in HOP), ("connection", "x-local"), ("x-local", "1")])
    answer = await gateway.ask("GET", "/api/roulette/odds", [(name, "x") for name in HOP])
    assert answer.status == 200
    names = {name for name, _ in service.received[0].headers}
    assert not names & {*HOP, "connection"}
    assert {name for name, _ in answer.headers} == {"content-length", "x-request-id"}


async def test_a_nominated_header_is_dropped_but_never_one_of_ours(
    gateway: RawClient, service: RecordingService, token_mint: TokenMint
) -> None:
    token = token_mint.token(7)
    nominated = "close, X-Fairground-Client-Ip, X-Fairground-Gateway-Key, Authorization, X-Request-Id, X-Mine"
    headers = [("connection", nominated), ("authorization", f"Bearer {token}"), ("x-mine", "1"), ("x-yours", "1")]
    await gateway.ask("GET", "/api/roulette/status", headers)
    [received] = service.received
    assert received.values("x-fairground-gateway-key") == [GATEWAY_KEY]
    assert received.values("authorization") == [f"Bearer {token}"]
    assert received.values("x-mine") == []
    assert received.values("x-yours") == ["1"]


async def test_ordinary_headers_pass(gateway: RawClient, service: RecordingService) -> None:
    headers = [("accept", "text/csv"), ("Idempotency-Key", "k-1"), ("User-Agent", "ä/1"), ("x-a", "1"), ("x-a", "2")]
    service.usually = answering(headers=[("content-type", "text/csv"), ("idempotency-replayed", "true")])
    answer = await gateway.ask("GET", "/api/roulette/odds", headers)
    [received] = service.received
    assert received.values("accept") == ["text/csv"]
    assert received.values("idempotency-key") == ["k-1"]
    assert received.values("x-a") == ["1", "2"]
    assert (answer.header("content-type"), answer.header("idempotency-replayed")) == ("text/csv", "true")


async def test_the_host_is_the_services_own(gateway: RawClient, service: RecordingService) -> None:
    await gateway.ask("GET", "/api/roulette/odds")
    assert service.received[0].values("host") == [f"127.0.0.1:{service.port}"]


async def test_a_redirect_is_passed_on_not_followed(gateway: RawClient, service: RecordingService) -> None:
    service.usually = answering(302, [("location", "http://127.0.0.1:9/secret")])
    answer = await gateway.ask("GET", "/api/roulette/odds")
    assert (answer.status, answer.header("location")) == (302, "http://127.0.0.1:9/secret")
    assert len(service.received) == 1


async def test_a_request_id_is_taken_and_given_back(gateway: RawClient, service: RecordingService) -> None:
    answer = await gateway.ask("GET", "/api/roulette/odds", [("X-Request-Id", "my.id-1")])
    assert answer.header("x-request-id") == "my.id-1"
    assert service.received[0].values("x-request-id") == ["my.id-1"]


async def test_an_unfit_request_id_is_replaced(gateway: RawClient, service: RecordingService) -> None:
    for unfit in ("a b", "x" * 65, "ä", "{}"):
        answer = await gateway.ask("GET", "/api/nowhere", [("X-Request-Id", unfit)])
        fresh = answer.header("x-request-id")
        assert fresh is not None
        assert re.fullmatch(r"[0-9a-f]{32}", fresh)
        assert answer.json["request_id"] == fresh
    assert not service.received


async def test_a_trace_is_continued_and_a_broken_one_begun_anew(gateway: RawClient, service: RecordingService) -> None:
    valid = f"00-{'a' * 32}-{'b' * 16}-01"
    for traceparent in (valid, f"00-{'0' * 32}-{'b' * 16}-01", "nonsense"):
        await gateway.ask("GET", "/api/roulette/odds", [("traceparent", traceparent)])
    first, *others = [received.values("traceparent") for received in service.received]
    assert first == [valid]
    for other in others:
        assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", other[0])
