"""Each stack comes up without its neighbours, says what it misses, outlives its database, and leaves nothing behind."""

import json
from typing import Any

import pytest

from fairground_common.testing.eventually import eventually
from fairground_deploy.testing.containers import Project, docker, project

ASK = """
import http.client
connection = http.client.HTTPConnection("127.0.0.1", 8080)
connection.request("GET", "{path}")
answer = connection.getresponse()
print(answer.status, answer.read().decode())
"""


async def ask(stack: Project, service: str, path: str) -> tuple[int, Any]:
    """Ask a process from inside its container: nothing is published."""
    said = await stack.compose("exec", "-T", service, "python", "-c", ASK.format(path=path))
    status, body = said.split(" ", 1)
    return int(status), json.loads(body)


@pytest.mark.parametrize(("service", "verdict"), [("auth", "ready"), ("games", "degraded"), ("seasonpass", "degraded")])
async def test_a_services_stack_comes_up_alone(service: str, verdict: str) -> None:
    async with project(f"services/{service}/compose.yml") as stack:
        await _comes_up(stack, service, verdict)


async def test_a_lost_database_makes_a_lone_stack_unready_and_nothing_restarts() -> None:
    async with project("services/ranking/compose.yml") as stack:
        await _comes_up(stack, "ranking", "degraded")
        database = await stack.container("ranking-db")
        await docker("stop", database.id)

        async def unready() -> bool:
            assert [(await ask(stack, name, "/readyz"))[0] for name in ("ranking", "ranking-worker")] == [503, 503]
            return True

        await eventually(unready, within=60, every=0.5)
        await docker("start", database.id)
        for name in ("ranking", "ranking-worker"):
            await stack.until_healthy(name)
            assert (await stack.container(name)).described["RestartCount"] == 0


async def _comes_up(stack: Project, service: str, verdict: str) -> None:
    await stack.up()
    status, document = await ask(stack, service, "/readyz")
    assert (status, document["status"]) == (200, verdict), document
    ended = [each for name in (f"{service}-migrate", "topology") for each in await stack.containers(name)]
    assert [each.state["ExitCode"] for each in ended] == [0] * len(ended)


async def test_the_gateway_comes_up_alone_and_says_who_is_missing() -> None:
    async with project("gateway/compose.yml", PORT="0") as stack:
        await stack.up()
        assert await ask(stack, "gateway", "/livez") == (200, {"status": "ok"})
        status, document = await ask(stack, "gateway", "/readyz")
        assert status == 503
        assert {document["checks"][name] for name in ("auth", "games", "seasonpass", "ranking")} == {"away"}
        status, problem = await ask(stack, "gateway", "/api/today-feature")
        assert (status, problem["code"]) == (502, "UPSTREAM_UNAVAILABLE")
