"""Puts the checks together: what a receipt says, what its configuration allows, what its seeds give."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from fairground_verify.config import check_config
from fairground_verify.dice import check_dice
from fairground_verify.draws import Draws
from fairground_verify.lottery import check_lottery
from fairground_verify.receipt import UNPROVEN, check_receipt
from fairground_verify.refusal import Refusal, an_object, cut, one_line, require, shown
from fairground_verify.roulette import check_roulette
from fairground_verify.strict_json import canonical, decode, same
from fairground_verify.tables import Prize

VALID, INVALID, SEALED = "VALID", "INVALID", "SEALED"

_CHECKS: Mapping[str, Callable[[dict[str, Any], dict[str, Any], Draws | None], Prize]] = {
    "roulette": check_roulette,
    "dice": check_dice,
    "lottery": check_lottery,
}


class Verdict(NamedTuple):
    """What the verifier says about a receipt."""

    word: str
    """VALID, INVALID or SEALED."""
    reason: str
    """One line: what was found, or why not."""
    not_proven: tuple[str, ...] = ()
    """Fields of a receipt that is not INVALID which nothing speaks for but the receipt."""
    said_gone: tuple[str, ...] = ()
    """Prizes of a lottery that were left out as gone; the public stock history shows whether they were."""


def verify(receipt: bytes, published: bytes | None = None, commitment: str | None = None) -> Verdict:
    """Return the verdict on a receipt, whatever the bytes are.

    ``published`` is the answer of ``GET /api/{game}/configs/{version}``, ``commitment`` what the player was shown
    before the play.
    """
    try:
        document = check_receipt(decode(receipt, "the receipt"))
        version = None if published is None else _decode_published(published)
        return _verdict(document, version, commitment)
    except Refusal as refusal:
        return Verdict(INVALID, one_line(str(refusal)))
    except RecursionError:
        return Verdict(INVALID, "it is nested too deeply: no receipt is")


def _verdict(receipt: dict[str, Any], published: dict[str, Any] | None, commitment: str | None) -> Verdict:
    kept = commitment in (None, receipt["commitment"])
    require(kept, f"the receipt's commitment is not the one you were shown, {shown(commitment)}")
    config = check_config(receipt, published)
    draws = _draws_of(receipt)
    prize = _CHECKS[receipt["game"]](receipt, config, draws)
    paid = same(receipt["reward"], prize.reward)
    require(paid, f"the reward is not what config pays for this outcome, {cut(canonical(prize.reward))}")
    not_proven = tuple(name for name in UNPROVEN if name in receipt and not (published and name == "config_version"))
    if draws is None:
        return Verdict(SEALED, _SEALED_REASON, not_proven, prize.said_gone)
    return Verdict(VALID, _story(receipt, prize), not_proven, prize.said_gone)


_SEALED_REASON = (
    "the server seed is not revealed yet, so the draw cannot be computed; what can be checked already holds: the"
    " fields' shapes, the config and its hash, that the outcome is possible, and the reward"
)


def _draws_of(receipt: dict[str, Any]) -> Draws | None:
    """Return the play's draws, or None before the reveal. Raises Refusal for a seed nobody committed to."""
    if "server_seed" not in receipt:
        return None
    server_seed = bytes.fromhex(receipt["server_seed"])
    committed = hashlib.sha256(server_seed).hexdigest()
    require(committed == receipt["commitment"], "commitment is not the SHA-256 of the server seed")
    return Draws(server_seed, receipt["game"], receipt["client_seed"], receipt["nonce"])


def _story(receipt: dict[str, Any], prize: Prize) -> str:
    """Return what was found, and what it leaves open."""
    play = f"{receipt['game']}, nonce {receipt['nonce']}: the seeds give {canonical(receipt['outcome'])}"
    told = f"{play}, which is {shown(prize.label)} and pays {cut(canonical(prize.reward))}"
    if prize.said_gone:
        told += f"; look up in the stock history that these were gone: {cut(', '.join(prize.said_gone))}"
    if receipt["client_seed_source"] == "default":
        told += "; the client seed was given to the player, not chosen"
    return one_line(told)


def _decode_published(content: bytes) -> dict[str, Any]:
    what = "the published configuration"
    return an_object(decode(content, what), what)
