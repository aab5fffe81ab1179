"""What routes ask for to read versions and to put them in force."""

from fractions import Fraction
from typing import Annotated

from fastapi import Depends, Request

from fairground_games.configs.versions import Versions


async def _versions(request: Request) -> Versions:
    versions: Versions = request.app.state.desk.versions
    return versions


KnownVersions = Annotated[Versions, Depends(_versions)]
"""The versions this process remembers."""


async def _point_budget(request: Request) -> Fraction | None:
    budget: Fraction | None = request.app.state.point_budget
    return budget


PointBudget = Annotated[Fraction | None, Depends(_point_budget)]
"""Most points a play may pay in the mean; None is no bound."""
