"""Decides a batch of plays. No I/O: the same scene and the same knowledge of stock give the same decisions.

Plays are taken in order, each on what the one before it left of the player. A refusal is a value and changes
nothing. When storing a batch shows that a prize had fewer units than were drawn, the batch is simply decided again
with that number known: earlier plays keep their units, the others' draws go on with the next draw index.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fairground_common.clock import seconds_until_kst_midnight
from fairground_common.errors import FairgroundError
from fairground_common.ids import new_id
from fairground_games.configs.versions import StoredVersion
from fairground_games.fairness.draws import Draws
from fairground_games.fairness.seeds import Seeds, commitment
from fairground_games.games.attempts import packed
from fairground_games.games.game import Game
from fairground_games.games.outcome import Attempt, Drawn, Version
from fairground_games.plays.errors import DailyLimitReached, LotterySoldOut
from fairground_games.plays.play import Answered, Play, SettledPlay
from fairground_games.plays.scene import PlayerRow, Scene, World


class Held:
    """A value: the player's row is held by another transaction, so this play was not decided."""


HELD = Held()

_PLENTY = 1 << 62
"""What a prize is taken to have left until its row is held."""

Decision = Answered | FairgroundError | Held


@dataclass(frozen=True, slots=True)
class Settled:
    """A new play with what it says to the bus."""

    play: SettledPlay
    asked: Play
    said: str


@dataclass(slots=True)
class Batch:
    """The decisions of a batch and what has to be stored for them."""

    decisions: list[Decision] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    players: dict[int, PlayerRow] = field(default_factory=dict)
    """Players whose row changes, as it will be."""
    units: dict[str, int] = field(default_factory=dict)
    """Units to take, by limited prize key."""


class Settlement:
    """The rules of settling plays: gate, limit, draw, reward."""

    def __init__(self, seeds: Seeds, *, test_mode: bool) -> None:
        self._seeds = seeds
        self._test_mode = test_mode

    def decide(
        self,
        plays: Sequence[Play],
        scene: Scene,
        versions: Mapping[tuple[str, int], StoredVersion | FairgroundError],
        left: Mapping[str, int],
    ) -> Batch:
        """Decide plays in order. ``left`` is what is known exactly, and held, of prize stocks."""
        batch = Batch()
        under_key: dict[tuple[int, str, str], Answered] = {}
        for index, play in enumerate(plays):
            decision = self._decide(index, play, batch, _Knowledge(scene, versions, left, under_key))
            batch.decisions.append(decision)
        return batch

    def _decide(self, index: int, play: Play, batch: Batch, known: "_Knowledge") -> Decision:
        if play.user_id not in known.scene.players:
            return HELD
        before = known.answer_before(index, play)
        if before is not None:
            return before
        try:
            settled, stored = self._settle(play, batch, known)
        except FairgroundError as refusal:
            return refusal
        batch.settled.append(settled)
        answered = Answered(settled.play, play.game, stored, replayed=False)
        known.keep(play, answered)
        return answered

    def _settle(self, play: Play, batch: Batch, known: "_Knowledge") -> tuple[Settled, StoredVersion]:
        world, game = known.scene.world, play.game
        world.require_open(game, test_mode=self._test_mode)
        stored = known.version(game)
        player = batch.players.get(play.user_id) or known.scene.players[play.user_id]
        used = _allowed(player, game, stored, known.scene)
        seed = self._seeds.server_seed(player.key_id, player.user_id, player.pair)
        draws = Draws(seed, game.name, player.client_seed, player.nonce)
        drawn = self._draw(play, stored, draws, batch, known)
        row = _row(player, stored, drawn, used=used, world=world, committed=commitment(seed))
        settled = Settled(row, play, drawn.said)
        if drawn.key in world.limited and game.has_stock:
            batch.units[drawn.key] = batch.units.get(drawn.key, 0) + 1
            unit = batch.units[drawn.key]  # counted within the batch; storing adds what was issued before
            settled = replace(settled, play=replace(settled.play, unit=unit))
        batch.players[player.user_id] = _after(player, settled.play)
        return settled, stored

    @staticmethod
    def _draw(play: Play, stored: StoredVersion, draws: Draws, batch: Batch, known: "_Knowledge") -> Drawn:
        exhausted = known.scene.world.exhausted if play.game.has_stock else frozenset()
        earlier: tuple[Attempt, ...] = ()
        while True:
            drawn = play.game.draw(stored.version, draws, exhausted, earlier)
            if drawn is None:
                raise LotterySoldOut
            if not play.game.has_stock or known.left.get(drawn.key, _PLENTY) > batch.units.get(drawn.key, 0):
                return drawn
            earlier, exhausted = drawn.attempts, exhausted | {drawn.key}


@dataclass(frozen=True, slots=True)
class _Knowledge:
    """What is known while a batch is decided."""

    scene: Scene
    versions: Mapping[tuple[str, int], StoredVersion | FairgroundError]
    left: Mapping[str, int]
    under_key: dict[tuple[int, str, str], Answered]

    def version(self, game: Game) -> StoredVersion:
        stored = self.versions[game.name, self.scene.world.active[game.name]]
        if isinstance(stored, FairgroundError):
            raise stored
        return stored

    def answer_before(self, index: int, play: Play) -> Decision | None:
        """Return the answer this play's key was given before: by an earlier transaction or earlier in the batch."""
        if play.idempotency_key is None:
            return None
        row = self.scene.replays.get(index)
        if row is not None:
            stored = self.versions[row.game, row.config_version]
            return stored if isinstance(stored, FairgroundError) else Answered(row, play.game, stored, replayed=True)
        first = self.under_key.get((play.user_id, play.game.name, play.idempotency_key))
        return replace(first, replayed=True) if first else None

    def keep(self, play: Play, answered: Answered) -> None:
        if play.idempotency_key is not None:
            self.under_key[play.user_id, play.game.name, play.idempotency_key] = answered


def day_of(player: PlayerRow, world: World) -> datetime.date:
    """Return the day a play counts for. A player's day never runs backwards, whatever is done to a clock."""
    return max(player.day, world.today)


def _allowed(player: PlayerRow, game: Game, stored: StoredVersion, scene: Scene) -> int:
    """Return how often the player has played today, or refuse when that is all."""
    used = player.used.get(game.name, 0) if player.day == day_of(player, scene.world) else 0
    limit = stored.version.max_daily
    if limit and used >= limit:
        raise DailyLimitReached(retry_after=seconds_until_kst_midnight(scene.world.now))
    return used


def _row(
    player: PlayerRow, stored: StoredVersion, drawn: Drawn, *, used: int, world: World, committed: str
) -> SettledPlay:
    reward = stored.version.hit(drawn.key).reward
    earned = reward.amount if reward.type == "POINT" else 0
    return SettledPlay(
        play_id=new_id(),
        event_id=new_id(),
        user_id=player.user_id,
        game=stored.version.game,
        config_version=stored.version.number,
        day=day_of(player, world),
        created_at=world.now,
        pair=player.pair,
        nonce=player.nonce,
        outcome_key=drawn.key,
        outcome=drawn.shown,
        reward=stored.version.paid(drawn.key),
        unit=None,
        receipt=_receipt(player, stored.version, drawn, committed),
        used_today=used + 1,
        max_daily=stored.version.max_daily,
        balance=player.balance + earned,
    )


def _receipt(player: PlayerRow, version: Version, drawn: Drawn, committed: str) -> dict[str, Any]:
    """Return what of the receipt the row's columns and the version do not hold already."""
    receipt: dict[str, Any] = {
        "commitment": committed,
        "client_seed": player.client_seed,
        "client_seed_source": player.client_seed_source,
    }
    if drawn.attempts:
        receipt["attempts"] = packed(version, drawn.attempts)
    return receipt


def _after(player: PlayerRow, play: SettledPlay) -> PlayerRow:
    used = player.used if player.day == play.day else {}
    return PlayerRow(
        user_id=player.user_id,
        day=play.day,
        used=used | {play.game: play.used_today},
        balance=play.balance,
        pair=player.pair,
        key_id=player.key_id,
        client_seed=player.client_seed,
        client_seed_source=player.client_seed_source,
        nonce=player.nonce + 1,
    )
