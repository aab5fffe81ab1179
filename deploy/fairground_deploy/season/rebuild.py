"""Comparing stored progress with the logs, and mending it: page by page through the admin API."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from fairground_deploy.api import Api

SEASONS_AT_ONCE = 100
PLAYERS_AT_ONCE = 1000
"""In one request: far within the gateway's 3 s, unless players have thousands of ledger lines each."""

Progress = Callable[[str, int], None]
"""Told after every request: the season's name and how many of its players are done."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What became of one season."""

    season_id: int
    season_name: str
    checked: int
    """Players compared."""
    mended: list[Any]
    """What was wrong and is right now."""
    differences: list[Any]
    """What is wrong."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def rebuild_seasons(admin: Api, season_id: int | None, *, apply: bool, progress: Progress) -> list[Rebuilt]:
    """Compare one season, or all that players have seen; mend first when asked to. Raises RefusedError."""
    if season_id is not None:
        return [_rebuild(admin, admin.expect("GET", f"/api/admin/seasons/{season_id}"), apply, progress)]
    pages = _pages(admin, "GET", "/api/admin/seasons", SEASONS_AT_ONCE)
    seasons = [season for page in pages for season in page["items"] if season["state"] != "DRAFT"]
    return [_rebuild(admin, season, apply, progress) for season in seasons]


def in_words(rebuilt: Rebuilt) -> Iterator[str]:
    """Tell it to a person: a line for the season, and one for each player who differed or differs."""
    mended = f"{len(rebuilt.mended)} mended, " if rebuilt.mended else ""
    left = f"{len(rebuilt.differences)} wrong" if rebuilt.differences else "no difference"
    yield f"season {rebuilt.season_id} ({rebuilt.season_name}): {rebuilt.checked:,} players, {mended}{left}"
    for now, differences in (("was", rebuilt.mended), ("is", rebuilt.differences)):
        for each in differences:
            yield f"  player {each['user_id']} {now} wrong: {'; '.join(_faults(each))}"


def _rebuild(admin: Api, season: Any, apply: bool, progress: Progress) -> Rebuilt:
    """Mend, then look: what is told to be left is what a second look finds."""
    mended = _differences(admin, "POST", season, progress)[1] if apply else []
    checked, differences = _differences(admin, "GET", season, progress)
    return Rebuilt(
        season_id=season["id"],
        season_name=season["season_name"],
        checked=checked,
        mended=[each for each in mended if each["is_mendable"]],
        differences=differences,
    )


def _differences(admin: Api, method: str, season: Any, progress: Progress) -> tuple[int, list[Any]]:
    checked, differences = 0, []
    for page in _pages(admin, method, f"/api/admin/seasonpass/seasons/{season['id']}/rebuild", PLAYERS_AT_ONCE):
        checked += page["checked"]
        differences += page["items"]
        progress(season["season_name"], checked)
    return checked, differences


def _pages(admin: Api, method: str, path: str, limit: int) -> Iterator[Any]:
    asked = {"limit": str(limit)}
    while True:
        page = admin.expect(method, f"{path}?{urlencode(asked)}")
        yield page
        if page["next_cursor"] is None:
            return
        asked["cursor"] = page["next_cursor"]


def _faults(difference: Any) -> Iterator[str]:
    stored, computed = difference["stored"], difference["computed"]
    if stored is None or computed is None:
        if stored != computed:
            yield "has no progress" if stored is None else "has progress but no logs"
    else:
        yield from (
            f"{name} {stored[name]}, by the logs {computed[name]}" for name in stored if stored[name] != computed[name]
        )
    for levels, what in (("unpaid_levels", "reached and not paid"), ("unearned_levels", "paid and not reached")):
        if difference[levels]:
            yield f"levels {', '.join(map(str, difference[levels]))} {what}"
    stamps = 0 if computed is None else computed["total_stamps"]
    if difference["ledger_stamps"] != stamps:
        yield f"{difference['ledger_stamps']} stamps in the XP ledger, {stamps} in the stamp log"
