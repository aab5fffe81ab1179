"""Erasing a player in every service that keeps something of a person, one after the other."""

from dataclasses import dataclass
from typing import Any

from fairground_common.progress import Progress
from fairground_deploy.api import Api, RefusedError

FIRST = "auth"
"""Knows whether there is such a player and whether they may be erased; and without it nobody comes in any more."""
OTHERS = ("games", "ranking")
"""The season pass keeps numbers only."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What became of a player: counts of each service that answered, and why another did not."""

    user_id: int
    dry_run: bool
    done: dict[str, dict[str, int]]
    failed: dict[str, str]

    def as_document(self) -> dict[str, Any]:
        return {
            "user_id": self.user_id,
            "dry_run": self.dry_run,
            "complete": not self.failed,
            "erased": self.done,
            "failed": self.failed,
        }

    def in_words(self) -> str:
        """Return a line for each service, and one that says how it stands."""
        would = "would be " if self.dry_run else ""
        lines = [f"{service:8} {would}erased: {_counts(counts)}" for service, counts in self.done.items()]
        lines += [f"{service:8} NOT DONE: {why}" for service, why in self.failed.items()]
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        if self.failed:
            return f"player {self.user_id} is erased in part only: run the same command again, it completes it"
        if self.dry_run:
            return "nothing was changed; without --dry-run it is, for good"
        return f"player {self.user_id} is erased"


def erase_player(admin: Api, user_id: int, *, dry_run: bool, progress: Progress) -> Erased:
    """Erase a player wherever that can be done; again changes nothing that is done.

    Raises RefusedError, OSError when nothing was done, because there is no such player or they must not be erased.
    """
    erased = Erased(user_id, dry_run, {}, {})
    for service in (FIRST, *OTHERS):
        progress(service)
        try:
            erased.done[service] = _erase(admin, service, user_id, dry_run=dry_run)
        except (RefusedError, OSError) as error:
            if service == FIRST:
                raise
            erased.failed[service] = str(error)
    return erased


def _erase(admin: Api, service: str, user_id: int, *, dry_run: bool) -> dict[str, int]:
    query = "?dry_run=true" if dry_run else ""
    told: dict[str, int] = admin.expect("POST", f"/api/admin/{service}/players/{user_id}/erase{query}")["erased"]
    return told


def _counts(counts: dict[str, int]) -> str:
    named = [f"{count:,} {what.replace('_', ' ')}" for what, count in counts.items() if count]
    return ", ".join(named) or "nothing, or it was before"
