"""Whether every change by an operator is audited, and none happens when it cannot be: the same proof for each service.

A service lists its changes in an order in which they are possible. Each is tried twice: with an audit log that
refuses the row, which must leave every table as it was, and then for good, which must leave exactly one row.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from fairground_common.testing.asgi import AsgiClient
from fairground_common.testing.contents import contents

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_audit() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE 'made to fail' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER refuse_audit BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION refuse_audit()
"""
_LET_BE = "DROP TRIGGER refuse_audit ON audit_log"
_SINCE = "SELECT user_id, request_id, before, after FROM audit_log WHERE id > $1"
_LAST = "SELECT coalesce(max(id), 0) FROM audit_log"
_UNAVAILABLE, _FIRST_REFUSAL = 503, 300


@dataclass(frozen=True, slots=True)
class Change:
    """A request that changes something. ``path`` is as the API's document has it."""

    method: str
    path: str
    given: Mapping[str, object] = field(default_factory=dict)
    """What stands in the path."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Body, query, headers."""
    prepare: str = ""
    """What makes the change possible, as SQL."""

    @property
    def request(self) -> tuple[str, str]:
        return self.method, self.path.format(**self.given)


async def changes_of(client: AsgiClient) -> set[tuple[str, str]]:
    """Return every operation of operators and admins that is more than a look, as the API's document has them."""
    paths = (await client.get("/openapi.json")).body["paths"]
    return {
        (method.upper(), path)
        for path, operations in paths.items()
        for method in operations
        if path.startswith("/api/admin/") and method != "get"
    }


async def check_audited(changes: Sequence[Change], admin: AsgiClient, owner: asyncpg.Connection, *, by: int) -> None:
    """Try each change with and without a working audit log."""
    for number, change in enumerate(changes):
        if change.prepare:
            await owner.execute(change.prepare)
        await _refused_whole(change, admin, owner)
        await _written_down(change, admin, owner, by=by, request_id=f"change-{number}")


async def _refused_whole(change: Change, admin: AsgiClient, owner: asyncpg.Connection) -> None:
    before = await contents(owner)
    await owner.execute(_REFUSE)
    refused = await admin.request(*change.request, **change.options)
    await owner.execute(_LET_BE)
    assert refused.status == _UNAVAILABLE, (change, refused)
    assert await contents(owner) == before, change


async def _written_down(
    change: Change, admin: AsgiClient, owner: asyncpg.Connection, *, by: int, request_id: str
) -> None:
    last = await owner.fetchval(_LAST)
    headers = {**change.options.get("headers", {}), "x-request-id": request_id}
    done = await admin.request(*change.request, **{**change.options, "headers": headers})
    assert done.status < _FIRST_REFUSAL, (change, done)
    rows = await owner.fetch(_SINCE, last)
    assert [(row["user_id"], row["request_id"]) for row in rows] == [(by, request_id)], change
    assert rows[0]["before"] != rows[0]["after"], change
