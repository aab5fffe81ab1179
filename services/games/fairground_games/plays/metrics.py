"""Plays: what came of them, how they share transactions, and who waits."""

from fairground_common.db.failures import as_refusal
from fairground_common.errors import FairgroundError, InternalError
from fairground_common.telemetry import Counter, Gauge, Histogram
from fairground_games.plays.play import Answered, Play

PLAYS = Counter(
    "fairground_plays_total", "Plays settled, by game and outcome (slot, WIN, prize key, …).", "game", "outcome"
)
REPLAYED = Counter("fairground_plays_replayed_total", "Answers given again under their Idempotency-Key.", "game")
REFUSED = Counter("fairground_plays_refused_total", "Plays refused, by game and code of the problem.", "game", "code")
BATCHES = Histogram(
    "fairground_play_batch_size", "Plays that shared a transaction.", bounds=(1, 2, 4, 8, 16, 24, 32, 48, 64)
)
TRANSACTIONS = Histogram("fairground_play_batch_duration_seconds", "From handing over a batch to its commit.")
LOCK_WAITS = Counter("fairground_play_lock_waits_total", "Plays whose player's row was held elsewhere.")
HELD = Gauge("fairground_play_held_players", "Players whose plays wait for a row that is held elsewhere.")
WAITING = Gauge("fairground_plays_waiting", "Plays that wait for their turn in a transaction.")


def note_outcome(play: Play, outcome: Answered | Exception) -> None:
    """Count what came of a play, whether anybody still waits for the answer or not."""
    game = play.game.name
    if isinstance(outcome, Exception):
        refusal = outcome if isinstance(outcome, FairgroundError) else as_refusal(outcome) or InternalError()
        REFUSED.add(game, refusal.code)
    elif outcome.replayed:
        REPLAYED.add(game)
    else:
        PLAYS.add(game, outcome.play.outcome_key)
