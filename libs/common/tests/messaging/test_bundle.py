"""Bundles: whatever arrives, each element is judged by itself."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairground_common.contracts import Envelope, PlaySettled, Reward
from fairground_common.ids import new_id
from fairground_common.messaging import bundle
from fairground_common.messaging.bundle import Unreadable

PLAY = PlaySettled(
    play_id=new_id(),
    user_id=7,
    feature_type="ROULETTE",
    day=date(2026, 1, 1),
    outcome="WIN",
    reward=Reward(type="POINT", amount=5, label='a "quoted", [bracketed] \\u00e4 label'),
    config_version=1,
)


def an_envelope(**changes: Any) -> str:
    envelope = Envelope.of(PLAY, at=datetime(2026, 1, 1, tzinfo=UTC), key=7)
    return json.dumps({**json.loads(envelope.to_json()), **changes})


@settings(deadline=None)
@given(count=st.integers(0, bundle.MAX_EVENTS))
def test_what_was_encoded_is_read_back(count: int) -> None:
    envelopes = [Envelope.of(PLAY, at=datetime(2026, 1, 1, tzinfo=UTC), key=number) for number in range(count)]
    assert bundle.decode(bundle.encode([envelope.to_json() for envelope in envelopes])) == envelopes


@settings(deadline=None)
@given(body=st.binary())
def test_no_body_whatever_raises(body: bytes) -> None:
    for element in bundle.decode(body):
        assert isinstance(element, Unreadable)


WORDS = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(WORDS, children, max_size=3),
    max_leaves=5,
)


@settings(deadline=None)
@given(before=st.lists(JSON, max_size=3), after=st.lists(JSON, max_size=3))
def test_unreadable_elements_do_not_take_their_neighbour_along(before: list[Any], after: list[Any]) -> None:
    good = an_envelope()
    texts = [*map(json.dumps, before), good, *map(json.dumps, after)]
    elements = bundle.decode(bundle.encode(texts))
    assert [index for index, element in enumerate(elements) if isinstance(element, Envelope)] == [len(before)]


@settings(deadline=None)
@given(body=st.lists(JSON, max_size=3))
def test_an_unreadable_element_is_kept_as_a_bundle_of_its_own(body: list[Any]) -> None:
    for element in bundle.decode(json.dumps(body).encode()):
        assert isinstance(element, Unreadable)
        assert bundle.decode(element.body) == [element]


ENVELOPE = json.loads(an_envelope())
CHANGED = st.fixed_dictionaries({}, optional=dict.fromkeys([*ENVELOPE, "revision", "traceparent", "request_id"], JSON))
CHANGED_DATA = st.fixed_dictionaries({}, optional=dict.fromkeys(ENVELOPE["data"], JSON))


@settings(deadline=None, max_examples=300)
@given(changes=CHANGED, inner=CHANGED_DATA)
def test_an_envelope_with_anything_in_any_field_is_read_or_told_why_not(
    changes: dict[str, Any], inner: dict[str, Any]
) -> None:
    text = json.dumps({**ENVELOPE, "data": {**ENVELOPE["data"], **inner}, **changes})
    _is_judged(bundle.encode([text]))


@settings(deadline=None, max_examples=300)
@given(at=st.integers(0, 10_000), taken=st.integers(0, 3), put=st.binary(max_size=3))
def test_an_envelope_that_was_damaged_on_its_way_is_read_or_told_why_not(at: int, taken: int, put: bytes) -> None:
    body = bundle.encode([an_envelope()])
    at %= len(body)
    _is_judged(body[:at] + put + body[at + taken :])


@pytest.mark.parametrize("deep", [1_000, 200_000])
def test_an_envelope_as_deep_as_anybody_likes_is_told_why_not(deep: int) -> None:
    nested = "[" * deep + "]" * deep
    _is_judged(bundle.encode([an_envelope().replace('"data": {', f'"data": {{"deep": {nested}, ', 1)]))


def _is_judged(body: bytes) -> None:
    """Whatever is readable can be said again; whatever is not has a reason, and is outlined all the same."""
    for element in bundle.decode(body):
        if isinstance(element, Envelope):
            assert bundle.decode(bundle.encode([element.to_json()])) == [element]
        else:
            assert element.reason
    bundle.outlines(body)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"type": "games.unheard_of.v1"}, "unknown event type"),
        ({"type": "games.play_settled.v2"}, "unknown event type"),
        ({"source": "ranking"}, "not said by 'ranking'"),
        ({"event_id": "7"}, "event_id"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "occurred_at"),
        ({"data": {}}, "play_id"),
        ({"data": {**json.loads(PLAY.model_dump_json()), "reward": {"type": "POINT", "amount": -1}}}, "amount"),
    ],
)
def test_a_broken_envelope_is_named_with_its_fault(change: dict[str, Any], reason: str) -> None:
    (element,) = bundle.decode(bundle.encode([an_envelope(**change)]))
    assert isinstance(element, Unreadable)
    assert reason in element.reason


def test_unknown_fields_are_ignored() -> None:
    data = {**json.loads(PLAY.model_dump_json()), "added_later": 1}
    (element,) = bundle.decode(bundle.encode([an_envelope(data=data, also_new=[])]))
    assert isinstance(element, Envelope)
    assert element.data == PLAY


def test_an_element_taken_out_is_as_it_arrived() -> None:
    newer = an_envelope(also_new=[1, 2])
    body = bundle.encode([an_envelope(), newer])
    assert bundle.alone(body, 1) == f"[{newer}]".encode()


@pytest.mark.parametrize("text", ["{", '{"a": 1', "", "]", "[" * 100_000])
def test_a_text_that_is_no_json_is_noticed_before_it_spoils_its_neighbours(text: str) -> None:
    assert not bundle.holds(bundle.encode([an_envelope(), text]), 2)
    assert bundle.holds(bundle.encode([an_envelope(), an_envelope()]), 2)


def test_elements_are_outlined_for_people_however_broken_they_are() -> None:
    good = an_envelope()
    body = bundle.encode([good, '{"type": "games.unheard_of.v9"}', "7", '{"event_id": 7}'])
    named = [(each.event_id, each.type) for each in bundle.outlines(body)]
    assert named == [
        (json.loads(good)["event_id"], PlaySettled.type),
        (None, "games.unheard_of.v9"),
        (None, None),
        (None, None),
    ]
    assert bundle.outlines(b"not json") == []


def test_bytes_that_are_no_utf_8_are_outlined_as_nothing_known() -> None:
    body = b'[{"event_id": "\xff\xfe"}, {"type": "games.unheard_of.v9"}]'
    named = [(each.event_id, each.type) for each in bundle.outlines(body)]
    assert named == [(None, None), (None, "games.unheard_of.v9")]


@settings(deadline=None)
@given(text=st.binary(max_size=8))
def test_no_text_whatever_keeps_a_letter_from_being_outlined(text: bytes) -> None:
    assert len(bundle.outlines(b'[{"event_id": "' + text.translate(None, b'"\\') + b'"}]')) <= 1
