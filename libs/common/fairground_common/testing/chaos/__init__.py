"""What tests that break things stand on: processes to kill, clients that repeat, what they saw, and the check."""

from fairground_common.testing.chaos.books import GamesBooks, SeasonBooks
from fairground_common.testing.chaos.callers import Callers, GaveUp
from fairground_common.testing.chaos.checker import Numbers, Verdict, check
from fairground_common.testing.chaos.games import Trial
from fairground_common.testing.chaos.history import History
from fairground_common.testing.chaos.members import Member, running_members
from fairground_common.testing.chaos.players import Players
from fairground_common.testing.chaos.runs import chance, first_seed, runs
from fairground_common.testing.chaos.strikes import strike, strikes

__all__ = [
    "Callers",
    "GamesBooks",
    "GaveUp",
    "History",
    "Member",
    "Numbers",
    "Players",
    "SeasonBooks",
    "Trial",
    "Verdict",
    "chance",
    "check",
    "first_seed",
    "running_members",
    "runs",
    "strike",
    "strikes",
]
