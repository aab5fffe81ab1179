"""Every wrong receipt is INVALID, with a reason that says what is wrong with it."""

import hashlib
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from fairground_verify import Verdict, verify

Receipt = dict[str, Any]
Recorded = Callable[[str], Receipt]
VerdictOn = Callable[[Any], Verdict]
WithConfig = Callable[[Receipt, Any], Receipt]

ROULETTE, DICE, LOTTERY = "roulette-own-seed", "dice-win", "lottery-two-redraws"


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """Return a copy that has another value at a place."""
    copy = deepcopy(document)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the receipt is not JSON: Expecting value at character 0"),
        (b"VALID", "the receipt is not JSON: Expecting value at character 0"),
        (b'{"game":"dice"', "the receipt is not JSON: Expecting ',' delimiter at character 14"),
        (b'{"game":"dice"}{}', "the receipt is not JSON: Extra data at character 15"),
        (b'{"game":"\xff"}', "the receipt is not UTF-8: byte 9 (invalid start byte)"),
        ('{"game":"dice"}'.encode("utf-16"), "the receipt is not UTF-8: byte 0 (invalid start byte)"),
        (b'{"nonce":1,"nonce":2}', "the receipt is not acceptable JSON: the key 'nonce' stands twice"),
        (b'{"a":{"b":1,"b":1}}', "the receipt is not acceptable JSON: the key 'b' stands twice"),
        (b'{"nonce":NaN}', "the receipt is not acceptable JSON: NaN is not a number"),
        (b'{"nonce":-Infinity}', "the receipt is not acceptable JSON: -Infinity is not a number"),
        (b'{"nonce":1.0}', "the receipt is not acceptable JSON: '1.0' is not a whole number"),
        (b'{"nonce":1e400}', "the receipt is not acceptable JSON: '1e400' is not a whole number"),
        (b'{"nonce":-0}', "the receipt is not acceptable JSON: -0 is no way to write 0"),
        (
            b'{"nonce":' + b"9" * 1_000_000 + b"}",
            "the receipt is not acceptable JSON: a number has more than 20 digits",
        ),
        (b"[" * 1_000_000, "it is nested too deeply: no receipt is"),
        (b'{"a":' * 1_000_000, "it is nested too deeply: no receipt is"),
        (b"[]", "the receipt is not an object"),
        (b"null", "the receipt is not an object"),
        (b"1", "the receipt is not an object"),
        (b"{}", "the field game is missing"),
        (b'{"game":"poker"}', "game is 'poker', not one of roulette, dice, lottery"),
        (b'{"game":["dice"]}', "game is ['dice'], not one of roulette, dice, lottery"),
        (b'{"game":"Dice"}', "game is 'Dice', not one of roulette, dice, lottery"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_what_is_no_receipt_is_told_from_one(content: bytes, reason: str) -> None:
    assert verify(content) == Verdict("INVALID", reason)


def test_a_byte_order_mark_means_nothing(recorded: Recorded) -> None:
    assert verify(b"\xef\xbb\xbf" + json.dumps(recorded(DICE)).encode()).word == "VALID"


@pytest.mark.parametrize("name", [ROULETTE, DICE, LOTTERY])
def test_every_missing_field_is_named(name: str, recorded: Recorded, verdict_on: VerdictOn) -> None:
    receipt = recorded(name)
    for field in set(receipt) - {"config", "server_seed", "unit"}:
        without = {key: value for key, value in receipt.items() if key != field}
        assert verdict_on(without) == Verdict("INVALID", f"the field {field} is missing")


@pytest.mark.parametrize("name", [ROULETTE, DICE, LOTTERY])
@pytest.mark.parametrize("value", [None, True, -1, 2**63, "", [], {}, "0" * 65, "\ud800", [[]], {"": 0}])
def test_a_field_of_another_kind_never_passes(name: str, value: Any, recorded: Recorded, verdict_on: VerdictOn) -> None:
    receipt = recorded(name)
    for field in receipt:
        verdict = verdict_on({**receipt, field: value})
        assert verdict.word == "INVALID", field
        assert field in verdict.reason or field in {"outcome", "reward", "attempts"}, verdict


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("play_id", "01A20615-B2A7-7529-BE26-31DF6DAD616F"),
        ("play_id", "01a20615b2a77529be2631df6dad616f"),
        ("day", "2026-02-29"),
        ("day", "20261123"),
        ("day", "\uff12026-11-23"),
        ("created_at", "2026-11-23T01:46:54.940169"),
        ("created_at", "2026-11-23T25:46:54Z"),
        ("created_at", "2026-11-23 01:46:54Z"),
        ("config_version", 0),
        ("config_version", 2**31),
        ("commitment", "9EC83CA717B4F68CD14E75A3BEB103052D77530C99C86BC33B7D87323130C3C1"),
        ("commitment", "9ec83ca7"),
        ("server_seed", "g" * 64),
        ("client_seed", "with space"),
        ("client_seed", "line\n"),
        ("client_seed", "a:0"),
        ("client_seed", "x" * 65),
        ("client_seed_source", "Player"),
        ("nonce", "0"),
        ("nonce", False),
        ("nonce", 2**63),
    ],
)
def test_a_field_of_another_shape_is_shown(field: str, value: Any, recorded: Recorded, verdict_on: VerdictOn) -> None:
    verdict = verdict_on({**recorded(ROULETTE), field: value})
    assert verdict.word == "INVALID"
    assert verdict.reason.startswith(f"{field} is {value!r}, not ")


@pytest.mark.parametrize(
    ("name", "path", "value", "reason"),
    [
        (ROULETTE, ("extra",), 1, "there is no field 'extra' in a receipt of this kind"),
        (ROULETTE, ("unit",), 1, "there is no field 'unit' in a receipt of this kind"),
        (DICE, ("attempts",), [], "there is no field 'attempts' in a receipt of this kind"),
        (ROULETTE, ("outcome", "slot_index"), 3, "the seeds give slot 4, the receipt says 3"),
        (ROULETTE, ("outcome", "slot_index"), 6, "outcome.slot_index is 6, not a slot from 0 to 5"),
        (ROULETTE, ("outcome", "slot_index"), True, "outcome.slot_index is True, not a slot from 0 to 5"),
        (ROULETTE, ("outcome",), {"key": "4"}, "the field outcome.slot_index is missing"),
        (ROULETTE, ("outcome", "label"), "x", "there is no field outcome.'label' in a receipt of this kind"),
        (
            ROULETTE,
            ("reward", "amount"),
            51,
            'the reward is not what config pays for this outcome, {"amount":50,"type":"POINT"}',
        ),
        (
            "roulette-default-seed",
            ("reward", "amount"),
            False,
            'the reward is not what config pays for this outcome, {"amount":0,"type":"NONE"}',
        ),
        (ROULETTE, ("commitment",), "0" * 64, "commitment is not the SHA-256 of the server seed"),
        (ROULETTE, ("config_sha256",), "0" * 64, "config_sha256 is not the SHA-256 of the config"),
        (ROULETTE, ("config",), "{}", "config_sha256 is not the SHA-256 of the config"),
        (ROULETTE, ("config",), "\udcff", "config holds half a character, which UTF-8 cannot write"),
        (DICE, ("outcome", "outcome"), "LOSE", "these faces are a WIN, the receipt says LOSE"),
        (DICE, ("outcome", "outcome"), ["WIN"], "outcome.outcome is ['WIN'], not WIN, DRAW or LOSE"),
        (
            DICE,
            ("outcome", "dealer_dice"),
            [6, 1],
            "the seeds give the faces [4, 6, 1, 6], the receipt says [4, 6, 6, 1]",
        ),
        (DICE, ("outcome", "user_dice"), [4, 7], "outcome.user_dice is [4, 7], not two faces from 1 to 6"),
        (DICE, ("outcome", "user_dice"), [4], "outcome.user_dice is [4], not two faces from 1 to 6"),
        (LOTTERY, ("attempts",), [], "attempts is [], not a list with an attempt at least"),
        (LOTTERY, ("attempts", 0), "x", "attempts[0] is not an object"),
        (LOTTERY, ("attempts", 1, "draw"), 2, "attempts[1].draw is 2, not 1 (draws are counted from 0)"),
        (LOTTERY, ("attempts", 1, "hit"), "tin-3", "the seeds give 'gold-3' in attempts[1], the receipt says 'tin-3'"),
        (LOTTERY, ("attempts", 1, "hit"), "silver-3", "attempts[1] hit 'silver-3', which was not eligible"),
        (LOTTERY, ("attempts", 1, "more"), 1, "there is no field attempts[1].'more' in a receipt of this kind"),
        (
            LOTTERY,
            ("attempts", 1, "eligible"),
            ["gold-3", "tin-3"],
            "attempts[1].eligible is not the one before less the prize it hit",
        ),
        (
            LOTTERY,
            ("attempts", 0, "eligible"),
            ["gold-3", "closed-3"],
            "attempts[0].eligible has ['closed-3'], no active prizes with a weight above 0",
        ),
        (
            LOTTERY,
            ("attempts", 0, "eligible"),
            ["gold-3", "zero-3"],
            "attempts[0].eligible has ['zero-3'], no active prizes with a weight above 0",
        ),
        (
            LOTTERY,
            ("attempts", 0, "eligible"),
            ["silver-3", "gold-3"],
            "attempts[0].eligible is not in the order of config, each prize once",
        ),
        (
            LOTTERY,
            ("attempts", 0, "eligible"),
            ["silver-3", "silver-3"],
            "attempts[0].eligible is not in the order of config, each prize once",
        ),
        (LOTTERY, ("attempts", 0, "eligible"), [], "attempts[0] hit 'silver-3', which was not eligible"),
        (LOTTERY, ("attempts", 0, "eligible"), [[]], "attempts[0].eligible is [[]], not a list of prize keys"),
        (LOTTERY, ("outcome", "key"), "gold-3", "the last attempt hit 'tin-3', the receipt's outcome is 'gold-3'"),
        (LOTTERY, ("unit",), 0, "unit is 0, not a whole number from 1 to 9223372036854775807"),
    ],
)
def test_what_contradicts_the_proof_is_named(
    name: str, path: tuple[Any, ...], value: Any, reason: str, recorded: Recorded, verdict_on: VerdictOn
) -> None:
    assert verdict_on(changed(recorded(name), path, value)) == Verdict("INVALID", reason)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        (ROULETTE, ("outcome", "slot_index"), 6),
        (ROULETTE, ("reward", "amount"), 51),
        (DICE, ("outcome", "outcome"), "LOSE"),
        (LOTTERY, ("attempts", 1, "eligible"), ["gold-3", "tin-3"]),
        (LOTTERY, ("outcome", "key"), "gold-3"),
        (LOTTERY, ("config_sha256",), "0" * 64),
    ],
)
def test_what_contradicts_itself_is_invalid_even_before_the_reveal(
    name: str, path: tuple[Any, ...], value: Any, recorded: Recorded, verdict_on: VerdictOn
) -> None:
    receipt = recorded(name)
    del receipt["server_seed"]
    assert verdict_on(receipt).word == "SEALED"
    assert verdict_on(changed(receipt, path, value)).word == "INVALID"


@pytest.mark.parametrize(
    ("name", "path", "value", "reason"),
    [
        (ROULETTE, ("segments",), [], "config.segments is not a list with something in it"),
        (ROULETTE, ("segments", 5), 5, "config.segments[5] is not an object"),
        (ROULETTE, ("segments", 5, "slot_index"), 4, "config has not exactly one segment for each slot from 0 to 5"),
        (ROULETTE, ("segments", 5, "slot_index"), "5", "config.segments[5].slot_index is missing or unusable"),
        (ROULETTE, ("segments", 5, "weight"), -1, "config.segments[5].weight is missing or unusable"),
        (ROULETTE, ("segments", 5, "weight"), True, "config.segments[5].weight is missing or unusable"),
        (ROULETTE, ("segments", 4, "weight"), 0, "the outcome is slot 4, whose weight is 0"),
        (
            ROULETTE,
            ("segments", 5, "weight"),
            2**64,
            "the weights in config do not add up to something from 1 to 2^64",
        ),
        (ROULETTE, ("segments", 4, "label"), None, "config has no label for this outcome"),
        (ROULETTE, ("segments", 4, "reward"), "POINT", "config's reward for this outcome is not an object"),
        (DICE, ("rewards",), [], "config.rewards is not an object"),
        (DICE, ("rewards",), {}, "config has not exactly one reward for each of WIN, DRAW and LOSE"),
        (LOTTERY, ("prizes", 0, "key"), "silver-3", "config names a prize twice"),
        (LOTTERY, ("prizes", 0, "is_active"), 1, "config.prizes[0].is_active is missing or unusable"),
    ],
)
def test_a_configuration_that_cannot_be_drawn_from_is_named(
    name: str,
    path: tuple[Any, ...],
    value: Any,
    reason: str,
    recorded: Recorded,
    with_config: WithConfig,
    verdict_on: VerdictOn,
) -> None:
    receipt = recorded(name)
    config = changed(json.loads(receipt["config"]), path, value)
    assert verdict_on(with_config(receipt, config)) == Verdict("INVALID", reason)


def test_other_weights_give_another_draw(recorded: Recorded, with_config: WithConfig, verdict_on: VerdictOn) -> None:
    receipt = recorded(ROULETTE)
    config = json.loads(receipt["config"])
    config["segments"][4]["weight"] = 1
    assert verdict_on(with_config(receipt, config)).reason.startswith("the seeds give slot ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "config is not an object"),
        ("{", "config is not JSON: Expecting property name enclosed in double quotes at character 1"),
        ('{"a":1,"a":1}', "config is not acceptable JSON: the key 'a' stands twice"),
        ('{"a":1.5}', "config is not acceptable JSON: '1.5' is not a whole number"),
        ('{"a": 1}', "config is not canonical JSON: the same content has another text"),
        ('{"b":1,"a":1}', "config is not canonical JSON: the same content has another text"),
        ('{"a":"\\u00e9"}', "config is not canonical JSON: the same content has another text"),
        ('{"a":"\\ud800"}', "config is not canonical JSON: the same content has another text"),
    ],
)
def test_a_configuration_must_be_canonical_whatever_its_hash(
    text: str, reason: str, recorded: Recorded, with_config: WithConfig, verdict_on: VerdictOn
) -> None:
    receipt = {**with_config(recorded(DICE), None), "config": text}
    receipt["config_sha256"] = hashlib.sha256(text.encode()).hexdigest()
    assert verdict_on(receipt) == Verdict("INVALID", reason)


def test_a_reason_stays_on_its_line_and_shows_what_cannot_be_seen(recorded: Recorded, verdict_on: VerdictOn) -> None:
    nasty = "\x1b[2J\r\nVALID \u202e" + "x" * 10_000
    receipt = recorded(DICE)
    for changed_receipt in ({**receipt, "game": nasty}, {**receipt, nasty: 1}, {**receipt, "outcome": {nasty: nasty}}):
        reason = verdict_on(changed_receipt).reason
        assert reason.isprintable()
        assert len(reason) < 300


def test_what_is_said_of_a_valid_receipt_stays_on_its_line_too(
    recorded: Recorded, with_config: WithConfig, verdict_on: VerdictOn
) -> None:
    receipt = recorded(DICE)
    config = json.loads(receipt["config"])
    reward = {"type": "POINT", "amount": 30, "label": "\x1b[2J\nINVALID" + "x" * 1000}
    config["rewards"]["WIN"] = reward
    verdict = verdict_on({**with_config(receipt, config), "reward": reward})
    assert verdict.word == "VALID"
    assert verdict.reason.isprintable()
    assert len(verdict.reason) < 300
