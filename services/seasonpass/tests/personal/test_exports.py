"""All that the season pass keeps of a player."""

from fairground_common.testing import AsgiClient
from fairground_common.testing.personal import untold
from fairground_seasonpass.personal.records import RECORDS
from fairground_seasonpass.schema import metadata

ELSEWHERE = {
    "season_pass_waiting_play": "lines of the XP ledger that wait for their season; `xp` tells them",
    "idempotency": "answers given, kept for 35 days so that they can be given again",
}


def test_every_column_about_a_player_is_told_or_withheld() -> None:
    assert untold(metadata, RECORDS, elsewhere=ELSEWHERE) == set()


async def test_every_kind_can_be_asked_for_and_is_empty_for_a_stranger(admin: AsgiClient) -> None:
    path = "/api/admin/seasonpass/players/987654321/export"
    kinds = (await admin.get(path)).body["kinds"]
    assert kinds == [records.kind for records in RECORDS]
    for kind in kinds:
        assert (await admin.get(f"{path}/{kind}")).body == {"items": [], "next_cursor": None}, kind


async def test_only_admins_export(anybody: AsgiClient, player: AsgiClient, operator: AsgiClient) -> None:
    for kind in ("", "/xp"):
        path = f"/api/admin/seasonpass/players/1/export{kind}"
        codes = [(await caller.get(path)).code for caller in (anybody, player, operator)]
        assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]
