"""What somebody with a shell does."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Mapping

import pytest

from fairground_auth.cli import main
from fairground_auth.testing import GATEWAY_KEY, People, new_name
from fairground_common.db.provision import ServiceDatabase

PASSWORD = "correct horse"

Run = Callable[..., Awaitable[tuple[int, str]]]


@pytest.fixture
def run(database: ServiceDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function: arguments, what is typed, settings → exit code and everything that was said."""
    environment = {
        "GATEWAY_KEY": GATEWAY_KEY,
        "AUTH_DATABASE_URL": database.app_url,
        "AUTH_REFRESH_KEY": "r" * 32,
        "AUTH_KEY_ENCRYPTION_KEY": "k" * 32,
        "AUTH_ARGON2_MEMORY_KIB": "1024",
        "AUTH_ARGON2_PASSES": "1",
    }

    async def run(*arguments: str, typed: str = "", settings: Mapping[str, str] = environment) -> tuple[int, str]:
        for name, value in {**environment, **settings}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        code = await asyncio.to_thread(_exit_code_of, arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def _exit_code_of(arguments: tuple[str, ...]) -> int:
    try:
        main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


async def test_the_first_admin_is_made_once_and_not_changed(run: Run, people: People) -> None:
    name = new_name()
    create = ("create-admin", "--username", name.upper())
    code, said = await run(*create, settings={"ADMIN_PASSWORD": PASSWORD})
    assert (code, said.endswith("is an admin now\n")) == (0, True)
    code, said = await run(*create, settings={"ADMIN_PASSWORD": PASSWORD})
    assert (code, said.endswith("is an admin already\n")) == (0, True)
    code, said = await run(*create, settings={"ADMIN_PASSWORD": "another horse"})
    assert code == 1
    assert said.startswith("ADMIN_PASSWORD_DIFFERS")
    assert (await people.log_in(name, PASSWORD)).status == 200
    audited = "SELECT count(*) FROM audit_log WHERE user_id = 0 AND after ->> 'username' = :name"
    assert await people.value(audited, name=name) == 1


async def test_the_password_may_be_typed(run: Run, people: People) -> None:
    name = new_name()
    assert (await run("create-admin", "--username", name, typed=f"{PASSWORD}\r\n"))[0] == 0
    assert (await people.log_in(name, PASSWORD)).status == 200


async def test_two_who_make_the_same_admin_at_once_both_succeed(run: Run, people: People) -> None:
    create = ("create-admin", "--username", new_name())
    answers = await asyncio.gather(*(run(*create, settings={"ADMIN_PASSWORD": PASSWORD}) for _ in range(2)))
    assert [code for code, _ in answers] == [0, 0]
    assert await people.value("SELECT count(*) FROM app_user WHERE username = :name", name=create[2]) == 1


async def test_a_player_who_proves_the_password_becomes_admin(run: Run, people: People) -> None:
    person = await people.register()
    create = ("create-admin", "--username", person["username"])
    assert (await run(*create, settings={"ADMIN_PASSWORD": "wrong horse"}))[0] == 1
    assert (await run(*create, settings={"ADMIN_PASSWORD": PASSWORD}))[0] == 0
    roles = await people.value("SELECT roles FROM app_user WHERE id = :id", id=person["user_id"])
    assert roles == ["admin", "player"]


@pytest.mark.parametrize(("username", "password"), [("a b", PASSWORD), ("admin", "short"), ("admin", "")])
async def test_impossible_admins_are_refused_in_one_line(run: Run, username: str, password: str) -> None:
    code, said = await run("create-admin", "--username", username, typed=password)
    assert code == 1
    assert said.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["keys"], ["keys", "rotate", "--lead", "-1"], ["create-admin"], ["x"]])
async def test_wrong_arguments_are_explained(run: Run, arguments: list[str]) -> None:
    code, said = await run(*arguments)
    assert code == 2
    assert said.startswith("usage:")


async def test_programs_are_told_of_admins_and_keys_in_json(run: Run, people: People) -> None:
    name = new_name()
    create = ("create-admin", "--username", name, "--json")
    made = json.loads((await run(*create, settings={"ADMIN_PASSWORD": PASSWORD}))[1])
    user_id = await people.value("SELECT id FROM app_user WHERE username = :name", name=name)
    assert made == {"username": name, "user_id": user_id, "changed": True}
    again = json.loads((await run(*create, settings={"ADMIN_PASSWORD": PASSWORD}))[1])
    assert again == {**made, "changed": False}
    fresh = json.loads((await run("keys", "rotate", "--json"))[1])
    [listed] = [
        key for key in json.loads((await run("keys", "list", "--json"))[1])["keys"] if key["kid"] == fresh["kid"]
    ]
    assert fresh == {"kid": listed["kid"], "signs_from": listed["signs_from"]}
    retired = json.loads((await run("keys", "retire", fresh["kid"], "--json"))[1])
    assert retired == {"kid": fresh["kid"], "noticed_within_seconds": 330}


async def test_keys_are_listed_rotated_and_retired(run: Run, people: People) -> None:
    async def phases() -> dict[str, str]:
        lines = (await run("keys", "list"))[1].splitlines()
        listed = json.loads((await run("keys", "list", "--json"))[1])["keys"]
        assert [line.split()[:2] for line in lines] == [[key["kid"], key["phase"]] for key in listed]
        return {key["kid"]: key["phase"] for key in listed}

    before = await phases()
    code, said = await run("keys", "rotate")
    assert code == 0
    fresh = said.split()[1]
    after = await phases()
    assert after.pop(fresh) == "waiting"
    assert after == before
    assert (await run("keys", "retire", fresh))[0] == 0
    assert (await phases())[fresh] == "retired"
    code, said = await run("keys", "retire", fresh)
    assert code == 1
    assert said.startswith("SIGNING_KEY_NOT_FOUND")
    acts = "SELECT count(*) FROM audit_log WHERE user_id = 0 AND subject = :subject"
    assert await people.value(acts, subject=f"key:{fresh}") == 2
