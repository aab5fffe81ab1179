"""Events travel as text and come back as what they were; unknown fields are ignored, unknown types are not."""

import datetime
import json
from uuid import uuid4

import pytest
from pydantic import ValidationError

from fairground_common.context import enter_request
from fairground_common.contracts import CONTRACTS, Envelope, PlaySettled, Reward

NOW = datetime.datetime(2026, 12, 24, 15, tzinfo=datetime.UTC)


def a_play() -> PlaySettled:
    return PlaySettled(
        play_id=uuid4(),
        user_id=7,
        feature_type="ROULETTE",
        day=datetime.date(2026, 12, 25),
        outcome="HIT",
        reward=Reward(type="POINT", amount=3),
        config_version=1,
    )


def test_an_event_comes_back_as_what_it_was() -> None:
    sent = Envelope.of(a_play(), at=NOW, key=7)
    assert Envelope.model_validate_json(sent.to_json()) == sent


def test_an_event_carries_the_request_it_happened_in() -> None:
    enter_request("request-1", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    sent = Envelope.of(a_play(), at=NOW)
    assert (sent.request_id, sent.traceparent) == ("request-1", "00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    enter_request(None, None)


def test_tomorrows_fields_are_ignored() -> None:
    document = json.loads(Envelope.of(a_play(), at=NOW).to_json())
    document["new"] = document["data"]["new"] = 1
    assert Envelope.model_validate_json(json.dumps(document)).data == Envelope.model_validate(document).data


@pytest.mark.parametrize("change", [{"type": "games.unheard_of.v1"}, {"data": {}}, {"event_id": "x"}])
def test_what_breaks_its_contract_is_refused(change: dict[str, object]) -> None:
    document = json.loads(Envelope.of(a_play(), at=NOW).to_json()) | change
    with pytest.raises(ValidationError):
        Envelope.model_validate_json(json.dumps(document))


def test_every_contract_is_named_after_its_source_and_heard_by_somebody() -> None:
    for contract in CONTRACTS:
        assert contract.type.startswith(f"{contract.source}.")
        assert contract.listeners
    assert len({contract.type for contract in CONTRACTS}) == len(CONTRACTS)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "GOLD", "amount": 1},
        {"type": "POINT", "amount": -1},
        {"type": "POINT", "amount": 2**31},
        {"type": "NONE", "amount": 1},
        {"type": "ITEM", "amount": 1},
        {"type": "COUPON", "amount": 1, "sku": ""},
        {"type": "POINT", "amount": 1, "label": "x" * 65},
        {"type": "POINT", "amount": 1.5},
    ],
)
def test_a_reward_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Reward.model_validate(wrong)
