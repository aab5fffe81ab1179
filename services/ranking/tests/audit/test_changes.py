"""Every change is audited, or does not happen."""

import asyncpg

from fairground_common.db.provision import ServiceDatabase
from fairground_common.testing import AsgiClient, TokenMint
from fairground_common.testing.audited import Change, changes_of, check_audited
from fairground_ranking.app import create_app
from fairground_ranking.settings import ApiSettings

ADMIN_ID = 901
DAY = {"date": "2026-03-14"}


def an_upload(score: int) -> Change:
    entries = [{"rank": 1, "user_id": 7, "display_name": "Hanna", "score": score}]
    return Change("PUT", "/api/admin/ranking/{date}", DAY, {"body": {"entries": entries}})


CHANGES = [
    an_upload(1),
    an_upload(2),
    Change("POST", "/api/admin/ranking/{date}/rollback", DAY, {"body": {"version": 1}}),
    Change("POST", "/api/admin/ranking/players/{user_id}/erase", {"user_id": 7}),
]


async def test_every_change_is_audited_or_does_not_happen(
    spoilt_database: ServiceDatabase, settings: ApiSettings, token_mint: TokenMint
) -> None:
    owner = await asyncpg.connect(spoilt_database.owner_url)
    app = create_app(ApiSettings.model_validate({**settings.model_dump(), "database_url": spoilt_database.app_url}))
    async with AsgiClient.running(app) as client:
        assert {(change.method, change.path) for change in CHANGES} == await changes_of(client)
        await check_audited(CHANGES, client.signed(token_mint.headers(ADMIN_ID, "admin")), owner, by=ADMIN_ID)
    await owner.close()
