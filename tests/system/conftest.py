"""The whole product, deployed as FAIRGROUND_TEST_STACK says and seen only through the gateway's URL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest

from fairground_deploy.api import Api
from fairground_deploy.testing import Deployment, choose_stack
from fairground_deploy.testing.crowd import Crowd
from fairground_deploy.testing.player import Player, sign_up

PLAYERS = 4
"""Each always has a request under way, so that a kill meets some."""

ENDLESS_WHEEL = {
    "name": "Endless wheel",
    "max_daily": 0,
    "segments": [
        {
            "slot_index": slot,
            "label": f"Slot {slot}",
            "reward": {"type": "XP" if slot % 2 else "POINT", "amount": slot + 1},
            "weight": 1,
            "is_jackpot": False,
        }
        for slot in range(6)
    ],
}

SignUp = Callable[[], Awaitable[Player]]

REPEATED = "repeated"
"""A test's property, told in the summary: a property travels from the worker that ran the test, unlike a stash."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a `member` once for each that the deployment can kill."""
    if "member" in metafunc.fixturenames:
        metafunc.parametrize("member", choose_stack().names)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how often clients had to repeat themselves; no test judges that yet."""
    reports = [each for kind in terminalreporter.stats.values() for each in kind if isinstance(each, pytest.TestReport)]
    told = [
        value for each in reports if each.when == "teardown" for name, value in each.user_properties if name == REPEATED
    ]
    if told:
        terminalreporter.section("what clients had to repeat")
    for line in told:
        terminalreporter.line(str(line))


@pytest.fixture(name="sign_up")
def _sign_up(deployment: Deployment) -> SignUp:
    """Return a function that makes a new player."""
    return lambda: sign_up(deployment.gateway_url)


@pytest.fixture
def admin(deployment: Deployment) -> Api:
    return deployment.admin()


@pytest.fixture
def anybody(deployment: Deployment) -> Api:
    return Api(deployment.gateway_url)


@pytest.fixture
async def crowd(
    sign_up: SignUp, endless_wheel: None, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> AsyncIterator[Crowd]:
    """Return players who have not begun yet."""
    crowd = Crowd([await sign_up() for _ in range(PLAYERS)])
    yield crowd
    told = ", ".join(f"{count} x {trouble}" for trouble, count in crowd.troubles.most_common()) or "nothing"
    record_property(REPEATED, f"{request.node.name}, {crowd.plays} plays: {told}")


@pytest.fixture(scope="module")
def endless_wheel(deployment: Deployment) -> Iterator[None]:
    """Put another wheel up for a while.

    It has no daily limit: how long a member is away must not decide how much is played. And it always pays: nothing
    can be counted twice without being seen.
    """
    admin = deployment.admin()
    former = admin.expect("GET", "/api/roulette/odds")["config_version"]
    endless = admin.expect("POST", "/api/admin/roulette/configs", ENDLESS_WHEEL)
    admin.expect("POST", f"/api/admin/roulette/configs/{endless['version']}/activate")
    yield
    deployment.admin().expect("POST", f"/api/admin/roulette/configs/{former}/activate")
