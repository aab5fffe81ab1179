"""What an image is made of, and how a container of it says no."""

import asyncio
import json
import subprocess
from typing import Any

import pytest

from fairground_deploy.testing.compose import ComposeDeployment
from fairground_deploy.testing.containers import docker, fresh_secrets

SERVICES = ("auth", "games", "seasonpass", "ranking")
NAMES = (*SERVICES, "gateway", "tools")
LARGEST = 220_000_000
BAD_SETTING = 2
NO_DATABASE = "postgresql://app:not-shown@127.0.0.1:1/fairground"


def image_of(name: str) -> str:
    return f"fairground/{name}:local"


@pytest.fixture(params=NAMES)
async def image(request: pytest.FixtureRequest, deployment: ComposeDeployment) -> Any:
    """Return what the engine says of an image the running stack was made from."""
    (described,) = json.loads(await docker("image", "inspect", image_of(request.param)))
    return described


async def test_an_image_is_small_names_its_version_and_runs_as_nobody_special(image: Any) -> None:
    assert image["Size"] <= LARGEST
    config = image["Config"]
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.version"] == "local"
    assert config["Healthcheck"]["Test"][0] == "CMD"


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
async def test_a_container_cannot_write_to_its_own_files_nor_gain_rights(
    deployment: ComposeDeployment, name: str
) -> None:
    container = await deployment.project.container(name)
    host = container.described["HostConfig"]
    assert host["ReadonlyRootfs"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges:true" in host["SecurityOpt"]
    assert host["Memory"] > 0
    assert host["PidsLimit"] > 0
    code, said = await run_to_end("exec", container.id, "touch", "/app/changed")
    assert code != 0
    assert "Read-only file system" in said


async def test_only_the_gateway_is_published_and_on_this_machine_alone(deployment: ComposeDeployment) -> None:
    published = {
        (name, binding["HostIp"])
        for name in deployment.names
        for container in await deployment.project.containers(name)
        for bindings in container.described["HostConfig"]["PortBindings"].values()
        for binding in bindings
    }
    assert published == {("gateway", "127.0.0.1")}


@pytest.mark.parametrize("name", [*SERVICES, "gateway"])
async def test_a_missing_secret_is_one_line_and_the_end(deployment: ComposeDeployment, name: str) -> None:
    code, said = await run_to_end("run", "--rm", image_of(name))
    assert code == BAD_SETTING
    assert "bad setting GATEWAY_KEY" in said
    assert all(line.startswith("bad setting ") for line in said.splitlines())


@pytest.mark.parametrize("name", SERVICES)
async def test_an_unreachable_database_at_the_start_is_one_line_and_the_end(
    deployment: ComposeDeployment, name: str
) -> None:
    secrets = await fresh_secrets()
    settings = {**secrets, f"{name.upper()}_DATABASE_URL": NO_DATABASE}
    given = [f"--env={key}={value}" for key, value in settings.items()]
    code, said = await run_to_end("run", "--rm", *given, image_of(name))
    assert code not in {0, BAD_SETTING}
    assert f"{name.upper()}_DATABASE_URL" in said
    assert "127.0.0.1:1/fairground" in said
    assert "not-shown" not in said
    assert len(said.splitlines()) == 1


async def test_a_stack_without_its_secrets_does_not_even_start() -> None:
    code, said = await run_to_end("compose", "-f", "docker-compose.yml", "--env-file", "/dev/null", "config", "-q")
    assert code != 0
    assert "run make up" in said


async def run_to_end(*arguments: str) -> tuple[int, str]:
    """Run a docker command that may fail; return its exit code and all it said."""
    done = await asyncio.to_thread(
        subprocess.run, ["docker", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    return done.returncode, done.stdout + done.stderr
