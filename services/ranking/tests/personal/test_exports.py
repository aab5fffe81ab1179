"""All that the ranking keeps of a player."""

from typing import Any

from fairground_common.testing import AsgiClient, TokenMint
from fairground_common.testing.personal import untold
from fairground_ranking.personal.records import RECORDS
from fairground_ranking.schema import metadata


def test_every_column_about_a_player_is_told_or_withheld() -> None:
    assert untold(metadata, RECORDS, elsewhere=()) == set()


async def test_places_of_all_versions_are_told_page_by_page(
    operator: AsgiClient, anybody: AsgiClient, token_mint: TokenMint, an_entry: Any
) -> None:
    for day in ("2026-03-14", "2026-03-15"):
        for score in (10, 20):
            entries = [an_entry(3, user_id=7, score=score), an_entry(4, user_id=8)]
            await operator.put(f"/api/admin/ranking/{day}", body={"entries": entries})
    admin = anybody.signed(token_mint.headers(901, "admin"))
    path = "/api/admin/ranking/players/7/export/places"
    first = (await admin.get(path, query={"limit": 3})).body
    second = (await admin.get(path, query={"limit": 3, "cursor": first["next_cursor"]})).body
    assert [(row["date"], row["version"], row["score"]) for row in first["items"] + second["items"]] == [
        ("2026-03-14", 1, 10),
        ("2026-03-14", 2, 20),
        ("2026-03-15", 1, 10),
        ("2026-03-15", 2, 20),
    ]
    assert second["next_cursor"] is None
