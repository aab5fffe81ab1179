"""The server and the command line as they are really started."""

from pathlib import Path

import pytest

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing.process_claims import ServerClaims, assert_one_line
from fairground_common.testing.processes import Program, ended, probe, running, surroundings

DATABASE = "AUTH_DATABASE_URL"
REQUIRED = ("GATEWAY_KEY", DATABASE, "AUTH_REFRESH_KEY", "AUTH_KEY_ENCRYPTION_KEY")

Environment = dict[str, str]


@pytest.fixture
def environment(database: ServiceDatabase, tmp_path: Path) -> Environment:
    return surroundings(
        tmp_path,
        AUTH_DATABASE_URL=database.app_url,
        AUTH_REFRESH_KEY="r" * 32,
        AUTH_KEY_ENCRYPTION_KEY="k" * 32,
        AUTH_ARGON2_MEMORY_KIB="1024",
        AUTH_ARGON2_PASSES="1",
    )


class TestApi(ServerClaims):
    @pytest.fixture
    def program(self, environment: Environment) -> Program:
        return Program("fairground_auth", environment, "AUTH_PORT", DATABASE, REQUIRED).on_a_free_port()

    async def test_it_hands_out_the_keys_it_signs_with(self, program: Program) -> None:
        async with program.ready():
            assert (await probe(program.port, "/.well-known/jwks.json")).document["keys"]

    async def test_a_wrong_secret_is_one_line_that_names_it_and_does_not_tell_it(self, program: Program) -> None:
        end = await program.told(AUTH_REFRESH_KEY="swordfish").end()
        assert_one_line(end, 2, "AUTH_REFRESH_KEY")
        assert "swordfish" not in end.errors


async def test_the_command_line_tells_in_one_line_that_its_database_is_absent(environment: Environment) -> None:
    nowhere = {"AUTH_DATABASE_URL": "postgresql://auth_app:secret@127.0.0.1:1/auth"}
    async with running(environment | nowhere, "fairground_auth.cli", "keys", "list") as process:
        end = await ended(process)
    assert_one_line(end, 1, "AUTH_DATABASE_URL")
    assert "secret" not in end.errors
