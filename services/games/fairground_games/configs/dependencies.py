"""What routes ask for to read versions."""

from typing import Annotated

from fastapi import Depends, Request

from fairground_games.configs.versions import Versions


async def _versions(request: Request) -> Versions:
    versions: Versions = request.app.state.desk.versions
    return versions


KnownVersions = Annotated[Versions, Depends(_versions)]
"""The versions this process remembers."""
