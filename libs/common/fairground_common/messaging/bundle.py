"""How events travel: a message body is a JSON array of envelopes.

One message for many events is what keeps relay and consumer cheap; the event stays the unit of everything else.
Hence decoding never fails as a whole when one element does: what cannot be read comes back as a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from pydantic import ValidationError

from fairground_common.contracts import Envelope
from fairground_common.contracts.names import MOST_BUNDLED

MAX_EVENTS = MOST_BUNDLED


class Outline(msgspec.Struct, frozen=True):
    """What an element says it is, whether or not it can be read otherwise."""

    event_id: str | None = None
    type: str | None = None
    traceparent: str | None = None


_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_OUTLINE = msgspec.json.Decoder(Outline)
_NOT_AN_ARRAY = (msgspec.DecodeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is not an event this code knows: a bundle of that element alone, or the whole body."""

    body: bytes
    reason: str


def encode(envelopes: Sequence[str]) -> bytes:
    """Join the JSON texts of envelopes into one body, without parsing them again."""
    return f"[{','.join(envelopes)}]".encode()


def holds(body: bytes, count: int) -> bool:
    """Tell whether a body falls apart into that many elements again; one broken text would spoil all of them."""
    try:
        return len(_ELEMENTS.decode(body)) == count
    except _NOT_AN_ARRAY:
        return False


def decode(body: bytes) -> list[Envelope | Unreadable]:
    """Read a body element by element. A body that is no JSON array is one unreadable element."""
    try:
        elements = _ELEMENTS.decode(body)
    except _NOT_AN_ARRAY as error:
        return [Unreadable(body, f"not a JSON array: {error}")]
    return [_envelope(bytes(element)) for element in elements]


def alone(body: bytes, index: int) -> bytes:
    """Return a bundle of one element of a readable body, exactly as it arrived: newer fields stay."""
    return b"[%b]" % bytes(_ELEMENTS.decode(body)[index])


def outlines(body: bytes) -> list[Outline]:
    """Return what a body's elements say they are, for people: nothing of one that is no JSON array."""
    try:
        elements = _ELEMENTS.decode(body)
    except _NOT_AN_ARRAY:
        return []
    return [_outline(element) for element in elements]


def _outline(element: msgspec.Raw) -> Outline:
    try:
        return _OUTLINE.decode(element)
    except (*_NOT_AN_ARRAY, UnicodeDecodeError):  # texts are looked at only now, and may hold any bytes
        return Outline()


def _envelope(raw: bytes) -> Envelope | Unreadable:
    try:
        envelope = Envelope.model_validate_json(raw)
    except ValidationError as error:
        return Unreadable(b"[%b]" % raw, _first_fault(error))
    if envelope.source != envelope.data.source:
        return Unreadable(b"[%b]" % raw, f"{envelope.type} is not said by {envelope.source!r}")
    return envelope


def _first_fault(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(step) for step in fault["loc"])
    return f"{where}: {fault['msg']}" if where else fault["msg"]
