"""The product as tests use it."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from fairground_common.clock import Clock
from fairground_common.testing import eventually
from fairground_deploy.api import Api, RefusedError
from fairground_deploy.catalogue import all_metrics
from fairground_deploy.demo import in_words, plant
from fairground_deploy.local.product import Product
from fairground_deploy.local.seeding import sign_in_first_admin
from fairground_deploy.testing import running_product
from fairground_deploy.testing.player import sign_up
from fairground_deploy.testing.watched import expressions, series_in

DEMO = ("games", "season", "ranking", "schedule")


def test_planting_the_demo_again_changes_nothing(product: Product) -> None:
    told: list[str] = []
    assert plant(sign_in_first_admin(product), Clock().today(), told.append) == {}
    assert told == [f"demo {name}, {number} of 4" for number, name in enumerate(DEMO, start=1)]


def test_what_the_demo_made_is_said_to_people_and_to_programs(product: Product) -> None:
    acting = {
        "FAIRGROUND_URL": product.gateway_url,
        "ADMIN_USERNAME": product.admin.username,
        "ADMIN_PASSWORD": product.admin.password,
    }
    assert fairground(acting, "demo") == "the demo is there already\n"
    assert json.loads(fairground(acting, "demo", "--json")) == {"made": {}}
    assert list(in_words({"games": "dice"})) == ["demo games: dice"]


async def test_every_process_tells_its_numbers_where_the_run_says(product: Product) -> None:
    found = json.loads(product.data.metrics_file.read_text())
    assert {each["labels"]["job"] for each in found} == set(product.processes)
    for each in found:
        [address] = each["targets"]
        assert b"\nprocess_open_fds " in await eventually(partial(told_at, address), within=30), each


async def test_every_number_that_is_watched_is_told(product: Product) -> None:
    """Told by name alone, a number nobody ever sets would look well for ever. The books are compared by another."""
    labelled = {each.name for each in all_metrics() if each.kind == "counter" and each.labels}
    books = {each.name for each in all_metrics() if each.name.startswith("fairground_reconcile_")}
    watched = {series for each in expressions() for series in series_in(each)} - labelled - books
    player = await sign_up(product.gateway_url)
    await player.play("roulette")

    async def all_told() -> bool:
        pages = [await told_at(address) for address in product.metrics_addresses().values()]
        told = set(re.findall(r"^(\w+)[ {]", b"\n".join(pages).decode(), re.MULTILINE))
        assert watched <= told, watched - told
        return True

    await eventually(all_told, within=90, every=1)


def test_who_works_for_longer_than_a_token_lives_signs_in_again(product: Product) -> None:
    working = sign_in_first_admin(product)
    working.token = "expired"
    assert "days" in working.expect("GET", "/api/admin/games/reconcile")
    assert working.token != "expired"
    with pytest.raises(RefusedError, match="401"):
        Api(product.gateway_url, "expired").expect("GET", "/api/admin/games/reconcile")


def test_the_gateway_leads_to_no_numbers(product: Product) -> None:
    for path in ("/metrics", "/api/metrics", "/games/metrics"):
        assert Api(product.gateway_url).call("GET", path).status == 404


async def told_at(address: str) -> bytes:
    """Return a process's numbers; one that has been started again may not listen yet."""
    try:
        return await asyncio.to_thread(fetch, f"http://{address}/metrics")
    except OSError as error:
        raise AssertionError(f"nobody listens on {address}") from error


def fetch(url: str) -> bytes:
    with urlopen(url, timeout=5) as answer:  # noqa: S310 - ours
        return bytes(answer.read())


async def test_events_reach_every_listener(product: Product) -> None:
    """The ranking answers as soon as the schedule has come over the bus."""
    admin = sign_in_first_admin(product)
    await eventually(lambda: admin.call("GET", "/api/ranking/today").status == 200)
    assert "RabbitMQ" in product.described_bus


async def test_the_bus_of_a_run_is_looked_after_with_its_folder_alone(product: Product) -> None:
    await eventually(lambda: each_queue_has_its_consumer(product), within=30)


def fairground(environ: dict[str, str], *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("fairground")), *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout


def each_queue_has_its_consumer(product: Product) -> bool:
    said = fairground({"DATA_DIR": str(product.data.root)}, "bus", "status", "--json")
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
