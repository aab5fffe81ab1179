"""The demo: something to play today and in the days to come, set up through the admin API like an operator would.

Planting it again changes nothing: what is already there, by us or by an operator, is left as it is.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from fairground_common.progress import Progress, keep_quiet
from fairground_deploy import demo_content as content
from fairground_deploy.api import Api

DAYS_AHEAD = 30
"""Days that have a feature from today on; each start of a local run fills up what has passed."""
SEASON_DAYS = 60
_OK = 200


def plant(admin: Api, today: date, progress: Progress = keep_quiet) -> Mapping[str, str]:
    """Set up games, a season, today's ranking and the schedule; return what was made of each. Raises RefusedError.

    Features themselves are there from the first migration on; whether one is switched off is an admin's word.
    """
    steps = (
        (_games, "games"),
        (_season, "season"),
        (_ranking, "ranking"),
        (_schedule, "schedule"),
    )
    made = {}
    for number, (step, name) in enumerate(steps, start=1):
        progress(f"demo {name}, {number} of {len(steps)}")
        if told := step(admin, today):
            made[name] = told
    return made


def in_words(made: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each thing the demo has set up."""
    return (f"demo {name}: {told}" for name, told in made.items())


def _schedule(admin: Api, today: date) -> str:
    last = today + timedelta(days=DAYS_AHEAD)
    listed = admin.expect("GET", f"/api/admin/feature-schedule?from={today}&to={last}")["items"]
    known = {each["date"] for each in listed}
    days = [today + timedelta(days=offset) for offset in range(DAYS_AHEAD + 1)]
    missing = [day for day in days if day.isoformat() not in known]
    for day in missing:
        body = {"feature_type": content.feature_of(day), "is_active": True}
        admin.expect("PUT", f"/api/admin/feature-schedule/{day}", body)
    return f"{len(missing)} days from {missing[0]} on" if missing else ""


def _games(admin: Api, _today: date) -> str:
    opened = [game for game, config in content.GAMES.items() if _open_game(admin, game, config)]
    return ", ".join(opened)


def _open_game(admin: Api, game: str, config: dict[str, Any]) -> bool:
    """A game that has an active version has public odds."""
    if admin.call("GET", f"/api/{game}/odds").status == _OK:
        return False
    version = admin.expect("POST", f"/api/admin/{game}/configs", config)["version"]
    admin.expect("POST", f"/api/admin/{game}/configs/{version}/activate")
    return True


def _season(admin: Api, today: date) -> str:
    seasons = admin.expect("GET", "/api/admin/seasons")["items"]
    if any(each["state"] == "PUBLISHED" and _covers(each, today) for each in seasons):
        return ""
    season = content.season(today, today + timedelta(days=SEASON_DAYS - 1))
    made = admin.expect("POST", "/api/admin/seasons", season)
    admin.expect("POST", f"/api/admin/seasons/{made['id']}/publish")
    return f"{season['season_name']}, {season['start_date']} to {season['end_date']}"


def _covers(season: dict[str, Any], day: date) -> bool:
    return bool(season["start_date"] <= day.isoformat() <= season["end_date"])


def _ranking(admin: Api, today: date) -> str:
    if admin.expect("GET", f"/api/admin/ranking/{today}/versions")["items"]:
        return ""
    admin.expect("PUT", f"/api/admin/ranking/{today}", {"entries": content.RANKING})
    return f"{len(content.RANKING)} entries"
