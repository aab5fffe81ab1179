"""What routes of this service ask for in their signatures."""

from typing import Annotated

from fastapi import Depends, Request

from fairground_auth.parts import Parts


async def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


AuthParts = Annotated[Parts, Depends(_parts)]
