"""What every command of `fairground` keeps to: documents for programs, progress for people, neither in the other."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from fairground_common.testing import Databases
from fairground_deploy.cli import app

FAIRGROUND = str(Path(sys.executable).with_name("fairground"))

TELL_NOTHING = {"run", "watch-books"}
"""They go on until a signal."""
FOR_DEVELOPERS = {"check-migrations"}
"""Its answer is its exit code."""
FOR_WHO_WATCHES = {"drill"}
"""Its answer is what can be seen on the way."""
ELSE = TELL_NOTHING | FOR_DEVELOPERS | FOR_WHO_WATCHES


def options(of: Any, name: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yield each command under its full name, with its options."""
    if not hasattr(of, "commands"):
        yield name, {option for each in of.params for option in each.opts}
        return
    for each, command in of.commands.items():
        yield from options(command, f"{name} {each}".strip())


def test_every_command_that_answers_speaks_json() -> None:
    found = dict(options(typer.main.get_command(app)))
    assert {name for name, its in found.items() if "--json" not in its} == ELSE
    assert len(found) > len(ELSE)


@pytest.fixture
def environ(databases: Databases) -> dict[str, str]:
    """Return the addresses of a ranking database without a schema."""
    database = databases.empty("ranking")
    return {"RANKING_OWNER_DATABASE_URL": database.owner_url, "RANKING_DATABASE_URL": database.app_url}


def test_a_migration_tells_programs_where_each_database_is_and_shows_nothing(environ: dict[str, str]) -> None:
    command = [FAIRGROUND, "migrate", "ranking", "--json"]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    assert json.loads(said.stdout) == {"ranking": "20261130_0001"}
    assert said.stderr == ""


def test_a_migration_shows_a_person_each_step_it_has_taken(environ: dict[str, str]) -> None:
    terminal, its_end = pty.openpty()
    try:
        said = subprocess.run([FAIRGROUND, "migrate", "ranking"], env=environ, stdout=-1, stderr=its_end, check=True)
        shown = os.read(terminal, 10_000).decode()
    finally:
        os.close(its_end)
        os.close(terminal)
    assert said.stdout == b"ranking 20261130_0001\n"
    assert shown == "\rranking: 20241206_0001\033[K\rranking: 20261130_0001\033[K\r\033[K"


def test_the_topology_is_told_to_programs_by_queue(databases: Databases) -> None:
    environ = {"BUS_DATABASE_URL": databases.empty("bus").owner_url}
    command = [FAIRGROUND, "topology", "--json"]
    said = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    queues = json.loads(said.stdout)["queues"]
    assert set(queues) == {"fairground.games", "fairground.ranking", "fairground.seasonpass"}
    assert queues["fairground.games"] == ["seasonpass.reward_granted.v1"]
