"""What a database holds, in a form that two looks can be compared by: whatever was refused has changed nothing."""

import asyncpg


async def contents(owner: asyncpg.Connection) -> dict[str, str | None]:
    """Return a fingerprint of every table."""
    tables = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    content = "SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM"
    return {name: await owner.fetchval(f'{content} "{name}" AS t') for (name,) in tables}
