import datetime
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select, text

from fairground_common.clock import kst_midnight_after
from fairground_common.db import Db, Tx
from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient, TokenMint
from fairground_ranking.app import create_app
from fairground_ranking.settings import ApiSettings
from fairground_ranking.snapshots.models import ranking_snapshot

TODAY = "/api/ranking/today"


@asynccontextmanager
async def owner_of(database: ServiceDatabase) -> AsyncIterator[Tx]:
    owner = Db.connect(database.owner_url, application="test")
    async with owner.begin() as tx:
        yield tx
    await owner.close()


@asynccontextmanager
async def running_on(database: ServiceDatabase, settings: ApiSettings) -> AsyncIterator[AsgiClient]:
    """The API on another database than the session's, always open."""
    changed = {"database_url": SecretStr(database.app_url), "test_mode": True}
    async with AsgiClient.running(create_app(settings.model_copy(update=changed))) as client:
        yield client


def upload_of(day: datetime.date) -> str:
    return f"/api/admin/ranking/{day}"


async def test_players_see_todays_top_and_their_own_place(
    player: AsgiClient, operator: AsgiClient, state_schedule: Any, an_entry: Any, today: datetime.date
) -> None:
    await state_schedule()
    entries = [an_entry(rank, user_id=None if rank == 2 else 1000 + rank) for rank in range(1, 12)]
    entries.append(an_entry(40, user_id=1, display_name="Me", score=3))
    published = await operator.put(upload_of(today), body={"entries": entries})
    assert (published.status, published.body) == (200, {"version": 1, "entries": 12})

    answer = await player.get(TODAY)
    assert answer.status == 200
    assert answer.body["date"] == str(today)
    assert [place["rank"] for place in answer.body["top"]] == list(range(1, 11))
    assert answer.body["top"][0] == {"rank": 1, "display_name": "Player 1", "score": 999}
    assert answer.body["me"] == {"rank": 40, "score": 3, "is_in_top": False}
    whole = await player.get(TODAY, query={"top": 100})
    assert len(whole.body["top"]) == 12
    assert whole.body["me"]["is_in_top"]


async def test_a_day_without_a_ranking_is_an_empty_list(
    player: AsgiClient, state_schedule: Any, today: datetime.date
) -> None:
    await state_schedule()
    answer = await player.get(TODAY)
    assert answer.body == {"date": str(today), "top": [], "me": {"rank": None, "score": 0, "is_in_top": False}}


@pytest.mark.parametrize("top", ["0", "101", "-1", "ten", "1.5", ""])
async def test_top_is_1_to_100(player: AsgiClient, state_schedule: Any, top: str) -> None:
    await state_schedule()
    answer = await player.get(TODAY, query={"top": top})
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("schedule", "reason"),
    [
        ({"feature_type": None}, "not_scheduled"),
        ({"is_active": False}, "inactive"),
        ({"is_enabled": False}, "disabled"),
        ({"feature_type": "DICE"}, "other_feature"),
    ],
)
async def test_the_ranking_is_closed_on_any_other_day(
    player: AsgiClient, state_schedule: Any, schedule: dict[str, Any], reason: str
) -> None:
    await state_schedule(**schedule)
    answer = await player.get(TODAY)
    assert (answer.status, answer.code, answer.body["reason"]) == (404, "NO_FEATURE_TODAY", reason)


async def test_before_the_schedule_is_known_the_answer_is_unknown(player: AsgiClient) -> None:
    answer = await player.get(TODAY)
    assert (answer.status, answer.code) == (503, "FEATURE_UNKNOWN")
    assert int(answer.headers["retry-after"]) >= 1


async def test_test_mode_opens_every_day_but_not_the_kill_switch(
    settings: ApiSettings, token_mint: TokenMint, state_schedule: Any
) -> None:
    app = create_app(settings.model_copy(update={"test_mode": True}))
    async with AsgiClient.running(app) as client:
        player = client.signed(token_mint.headers(1))
        await state_schedule("DICE", revision=1)
        assert (await player.get(TODAY)).status == 200
        await state_schedule(None, is_enabled=False, revision=2)
        assert (await player.get(TODAY)).body["reason"] == "disabled"


async def test_the_day_turns_at_kst_midnight(
    settings: ApiSettings, token_mint: TokenMint, state_schedule: Any, operator: AsgiClient, an_entry: Any
) -> None:
    await state_schedule()
    now = datetime.datetime.now(datetime.UTC)
    tomorrow = (kst_midnight_after(now) + datetime.timedelta(hours=12)).date()
    await operator.put(upload_of(tomorrow), body={"entries": [an_entry(1)]})
    offset = int((kst_midnight_after(now) - now).total_seconds()) + 60
    app = create_app(settings.model_copy(update={"test_mode": True, "clock_offset_seconds": offset}))
    async with AsgiClient.running(app) as client:
        answer = await client.signed(token_mint.headers(1)).get(TODAY)
    assert (answer.body["date"], len(answer.body["top"])) == (str(tomorrow), 1)


async def test_reading_works_on_a_database_that_takes_no_write(
    settings: ApiSettings, spoilt_database: ServiceDatabase, token_mint: TokenMint
) -> None:
    name = urlsplit(spoilt_database.owner_url).path[1:]
    async with owner_of(spoilt_database) as tx:
        await tx.execute(text("INSERT INTO feature_projection (id, revision, received_at) VALUES (1, 1, now())"))
        await tx.execute(text("INSERT INTO feature_title (type, is_enabled, title) VALUES ('RANKING', true, 'R')"))
        await tx.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    async with running_on(spoilt_database, settings) as client:
        assert (await client.signed(token_mint.headers(1)).get(TODAY)).status == 200


async def test_a_dry_run_checks_and_stores_nothing(
    operator: AsgiClient, db: Db, an_entry: Any, today: datetime.date
) -> None:
    answer = await operator.put(upload_of(today), query={"dry_run": "true"}, body={"entries": [an_entry(1)]})
    assert answer.body == {"version": None, "entries": 1}
    wrong = await operator.put(upload_of(today), query={"dry_run": "true"}, body={"entries": [an_entry(0)]})
    assert (wrong.status, wrong.code) == (422, "INVALID_RANKING")
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(ranking_snapshot)) == 0


async def test_one_wrong_row_keeps_the_former_ranking(
    player: AsgiClient, operator: AsgiClient, state_schedule: Any, an_entry: Any, today: datetime.date
) -> None:
    await state_schedule()
    await operator.put(upload_of(today), body={"entries": [an_entry(1, display_name="Former")]})
    answer = await operator.put(upload_of(today), body={"entries": [an_entry(1), an_entry(2, score="x"), an_entry(1)]})
    assert (answer.status, answer.code) == (422, "INVALID_RANKING")
    assert [error["loc"] for error in answer.body["errors"]] == [["entries", 1], ["entries", 2]]
    assert (await player.get(TODAY)).body["top"][0]["display_name"] == "Former"


async def test_csv_is_taken_and_its_wrong_lines_are_numbered(operator: AsgiClient, today: datetime.date) -> None:
    csv = {"content-type": "text/csv; charset=utf-8"}
    body = "rank,user_id,display_name,score\n1,7,민아,10\n2,,Guest,8\n"
    answer = await operator.put(upload_of(today), content=body.encode(), headers=csv)
    assert (answer.status, answer.body) == (200, {"version": 1, "entries": 2})
    wrong = await operator.put(upload_of(today), content=f"{body}2,8,Jun,x\n".encode(), headers=csv)
    assert wrong.code == "INVALID_RANKING"
    assert [error["loc"] for error in wrong.body["errors"]] == [["line", 4], ["line", 4]]


async def test_an_upload_that_breaks_off_stores_nothing(
    settings: ApiSettings, token_mint: TokenMint, db: Db, today: datetime.date
) -> None:
    app = create_app(settings)
    token = token_mint.headers(900, "operator")["authorization"]
    scope = {
        "type": "http",
        "method": "PUT",
        "path": upload_of(today),
        "query_string": b"",
        "headers": [(b"authorization", token.encode())],
    }
    received = iter(
        [{"type": "http.request", "body": b'{"entries": []}', "more_body": True}, {"type": "http.disconnect"}]
    )
    sent: list[Any] = []

    async def receive() -> Any:
        return next(received)

    async def send(message: Any) -> None:
        sent.append(message)

    async with AsgiClient.running(app):
        await app(scope, receive, send)
    assert json.loads(sent[1]["body"])["code"] == "UPLOAD_ABORTED"
    async with db.read() as tx:
        assert await tx.scalar(select(func.count()).select_from(ranking_snapshot)) == 0


@pytest.mark.parametrize("day", ["2026-02-30", "tomorrow", "0", "1765000000", "2026-1-2", "20260102"])
async def test_a_day_is_written_as_a_date(operator: AsgiClient, day: str) -> None:
    answer = await operator.put(f"/api/admin/ranking/{day}", body={"entries": []})
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")


async def test_versions_are_listed_newest_first_and_any_can_be_shown_again(
    operator: AsgiClient, player: AsgiClient, state_schedule: Any, an_entry: Any, today: datetime.date
) -> None:
    await state_schedule()
    for score in (10, 20):
        await operator.put(upload_of(today), body={"entries": [an_entry(1, score=score)]})
    rolled = await operator.post(f"{upload_of(today)}/rollback", body={"version": 1})
    assert (rolled.status, rolled.body) == (200, {"version": 1, "entries": 1})
    assert (await player.get(TODAY)).body["top"][0]["score"] == 10
    items = (await operator.get(f"{upload_of(today)}/versions")).body["items"]
    assert [(item["version"], item["is_published"]) for item in items] == [(2, False), (1, True)]
    assert len(items[0]["sha256"]) == 64


async def test_rollback_to_a_version_that_never_was_is_not_found(operator: AsgiClient, today: datetime.date) -> None:
    answer = await operator.post(f"{upload_of(today)}/rollback", body={"version": 1})
    assert (answer.status, answer.code) == (404, "RANKING_VERSION_NOT_FOUND")


async def test_operators_see_where_a_player_stood_in_what_was_published(
    operator: AsgiClient, an_entry: Any, today: datetime.date
) -> None:
    yesterday = today - datetime.timedelta(days=1)
    await operator.put(upload_of(yesterday), body={"entries": [an_entry(3, user_id=7)]})
    await operator.put(upload_of(today), body={"entries": [an_entry(2, user_id=7)]})
    await operator.put(upload_of(today), body={"entries": [an_entry(1, user_id=7, score=55)]})
    answer = await operator.get("/api/admin/ranking/players/7")
    assert [(place["date"], place["version"], place["rank"]) for place in answer.body["places"]] == [
        (str(today), 2, 1),
        (str(yesterday), 1, 3),
    ]
    assert (await operator.get("/api/admin/ranking/players/8")).body == {"user_id": 8, "places": []}


@pytest.mark.parametrize("body", [{}, {"version": 0}, {"version": "1"}, {"version": None}, {"version": 2**31}])
async def test_rollback_names_a_version(operator: AsgiClient, today: datetime.date, body: Any) -> None:
    answer = await operator.post(f"{upload_of(today)}/rollback", body=body)
    assert (answer.status, answer.code) == (422, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", TODAY),
        ("PUT", "/api/admin/ranking/2026-03-14"),
        ("GET", "/api/admin/ranking/2026-03-14/versions"),
        ("GET", "/api/admin/ranking/2026-03-14/versions/1.csv"),
        ("GET", "/api/admin/ranking/audit"),
        ("GET", "/api/admin/ranking/players/7"),
        ("POST", "/api/admin/ranking/2026-03-14/rollback"),
    ],
)
async def test_who_may_call_is_checked_before_anything_else(
    anybody: AsgiClient, player: AsgiClient, method: str, path: str
) -> None:
    unsigned = await anybody.request(method, path, content=b"{")
    assert (unsigned.status, unsigned.code) == (401, "UNAUTHENTICATED")
    if "admin" in path:
        signed = await player.request(method, path, content=b"{")
        assert (signed.status, signed.code) == (403, "FORBIDDEN")


async def test_a_failed_audit_row_undoes_the_upload(
    settings: ApiSettings, spoilt_database: ServiceDatabase, token_mint: TokenMint, an_entry: Any, today: datetime.date
) -> None:
    async with owner_of(spoilt_database) as tx:
        await tx.execute(text("ALTER TABLE audit_log ADD CONSTRAINT refuse_all CHECK (id < 0) NOT VALID"))
    async with running_on(spoilt_database, settings) as client:
        operator = client.signed(token_mint.headers(900, "operator"))
        answer = await operator.put(upload_of(today), body={"entries": [an_entry(1)]})
    assert answer.status == 500
    async with owner_of(spoilt_database) as tx:
        assert await tx.scalar(select(func.count()).select_from(ranking_snapshot)) == 0


async def test_admins_see_who_changed_what(
    anybody: AsgiClient, operator: AsgiClient, token_mint: TokenMint, an_entry: Any, today: datetime.date
) -> None:
    for score in (10, 20):
        await operator.put(upload_of(today), body={"entries": [an_entry(1, score=score)]})
    await operator.post(f"{upload_of(today)}/rollback", body={"version": 1})
    admin = anybody.signed(token_mint.headers(901, "admin"))
    items = (await admin.get("/api/admin/ranking/audit", query={"subject": f"ranking:{today}"})).body["items"]
    assert [(item["action"], item["user_id"], item["after"]["version"]) for item in items] == [
        ("RANKING_ROLLED_BACK", 900, 1),
        ("RANKING_PUBLISHED", 900, 2),
        ("RANKING_PUBLISHED", 900, 1),
    ]
    assert items[0]["before"]["version"] == 2
    assert (await operator.get("/api/admin/ranking/audit")).code == "FORBIDDEN"


async def test_a_database_that_is_away_is_503(settings: ApiSettings, token_mint: TokenMint) -> None:
    url = SecretStr("postgresql://nobody:x@127.0.0.1:9/nothing")
    async with AsgiClient.running(create_app(settings.model_copy(update={"database_url": url}))) as client:
        answer = await client.signed(token_mint.headers(1)).get(TODAY)
        assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
        ready = await client.get("/readyz")
        assert (ready.status, ready.body["status"]) == (503, "unready")
        assert (await client.get("/livez")).status == 200


async def test_the_upload_body_is_described_for_both_media_types(anybody: AsgiClient) -> None:
    document = json.loads((await anybody.get("/openapi.json")).content)
    operation = document["paths"]["/api/admin/ranking/{date}"]["put"]
    assert set(operation["requestBody"]["content"]) == {"application/json", "text/csv"}
    assert "INVALID_RANKING" in operation["responses"]["422"]["description"]
