"""Who changed which season, as admins ask for it."""

from typing import Any

from fairground_common.testing import AsgiClient

AUDIT = "/api/admin/seasonpass/audit"
ADMIN_ID, OPERATOR_ID = 900, 901


async def test_acts_tell_who_changed_which_season_and_how(
    publish: Any, operator: AsgiClient, admin: AsgiClient
) -> None:
    season = await publish()
    copied = (await operator.post(f"/api/admin/seasons/{season.id}/clone", body={"season_name": "Next"})).body
    await admin.post(f"/api/admin/seasons/{season.id}/retire", headers={"x-request-id": "retiring"})
    retired, cloned, *_ = (await admin.get(AUDIT)).body["items"]
    assert (cloned["user_id"], cloned["action"], cloned["subject"]) == (
        OPERATOR_ID,
        "SEASON_CLONED",
        f"season:{copied['id']}",
    )
    assert (cloned["before"], cloned["after"]["cloned_from"], cloned["after"]["season_name"]) == (
        None,
        season.id,
        "Next",
    )
    assert (retired["user_id"], retired["action"], retired["request_id"]) == (ADMIN_ID, "SEASON_RETIRED", "retiring")
    assert (retired["before"]["state"], retired["after"]["state"]) == ("PUBLISHED", "RETIRED")


async def test_acts_on_a_season_are_found_without_those_on_its_neighbours(
    a_season: Any, operator: AsgiClient, admin: AsgiClient, publish: Any
) -> None:
    season = await publish()
    for _ in range(9):
        await operator.post(f"/api/admin/seasons/{season.id}/clone")
    found = (await admin.get(AUDIT, query={"subject": f"season:{season.id}"})).body["items"]
    assert [(act["action"], act["subject"]) for act in found] == [
        ("SEASON_PUBLISHED", f"season:{season.id}"),
        ("SEASON_CREATED", f"season:{season.id}"),
    ]


async def test_only_admins_see_the_audit_log(anybody: AsgiClient, player: AsgiClient, operator: AsgiClient) -> None:
    codes = [(await caller.get(AUDIT)).code for caller in (anybody, player, operator)]
    assert codes == ["UNAUTHENTICATED", "FORBIDDEN", "FORBIDDEN"]
