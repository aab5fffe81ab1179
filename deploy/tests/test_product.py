"""The product as tests use it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fairground_common.clock import Clock
from fairground_common.testing import eventually
from fairground_deploy.demo import plant
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.testing import product, running_product

__all__ = ["product"]


def test_planting_the_demo_again_changes_nothing(product: Product) -> None:
    told: list[str] = []
    plant(sign_in_first_admin(product), Clock().today(), told.append)
    assert told == []


async def test_events_reach_every_listener(product: Product) -> None:
    """The ranking answers as soon as the schedule has come over the bus."""
    admin = sign_in_first_admin(product)
    await eventually(lambda: admin.call("GET", "/api/ranking/today").status == 200)
    assert "RabbitMQ" in product.described_bus


async def test_the_bus_of_a_run_is_looked_after_with_its_folder_alone(product: Product) -> None:
    await eventually(lambda: each_queue_has_its_consumer(product), within=30)


def each_queue_has_its_consumer(product: Product) -> bool:
    command = [str(Path(sys.executable).with_name("fairground")), "bus", "status", "--json"]
    environ = {"DATA_DIR": str(product.data.root)}
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    consumers = {each["queue"]: each["consumers"] for each in json.loads(said)["queues"]}
    return consumers == {f"fairground.{service}": 1 for service in ("games", "ranking", "seasonpass")}


async def test_a_process_can_be_crashed_and_started_again(product: Product) -> None:
    worker = product.processes["ranking-worker"]
    before = worker.pid
    worker.kill()
    assert worker.child.returncode == -signal.SIGKILL
    worker.start()
    assert worker.pid != before
    assert worker.alive


def test_a_process_sees_no_secret_of_another(product: Product) -> None:
    secret = product.processes["games"].environ["GAMES_SEED_KEY"]
    for name, process in product.processes.items():
        assert (secret in process.environ.values()) == (name in {"games", "games-worker"})


@pytest.mark.parametrize("offset", [86_400 * 40])
async def test_the_whole_product_can_stand_at_another_day(tmp_path: Path, offset: int) -> None:
    settings = {"CLOCK_OFFSET_SECONDS": str(offset), "BROKER": "embedded"}
    async with running_product(tmp_path / "data", **settings) as running:
        admin = sign_in_first_admin(running)
        today = admin.expect("GET", "/api/today-feature")["date"]
        season = admin.expect("GET", "/api/season-pass/status")["season"]
        assert season["start_date"] == today
        await eventually(lambda: each_queue_has_its_consumer(running), within=30)
