"""Queues and dead letters as people read them, and as programs do."""

import json
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from fairground_common.messaging import Buried, QueueState
from fairground_common.messaging.bundle import outlines

UNKNOWN = "-"


def state_table(states: Sequence[QueueState]) -> str:
    """Return a line for each queue."""
    head = ("queue", "ready", "held", "dead", "consumers")
    rows = [(s.queue, f"{s.ready:,}", _number(s.held), f"{s.dead:,}", str(s.consumers)) for s in states]
    return table(head, rows, numbers=frozenset(range(1, len(head))))


def letter_table(letters: Sequence[Buried]) -> str:
    """Return a line for each letter."""
    head = ("id", "queue", "buried at", "tries", "event", "reason")
    rows = [
        (each.id, each.queue, _time(each), str(each.letter.tries), _events(each), _reason(each)) for each in letters
    ]
    return table(head, rows, numbers=frozenset({3}))


def letter_page(letter: Buried) -> str:
    """Return everything about a letter."""
    facts = [
        ("id", letter.id),
        ("queue", letter.queue),
        ("buried at", _time(letter)),
        ("tries", str(letter.letter.tries)),
        ("reason", letter.letter.reason),
        *(("event", f"{each.event_id or UNKNOWN} {each.type or UNKNOWN}") for each in outlines(letter.letter.body)),
    ]
    return f"{table((), facts)}\n\n{_body_text(letter.letter.body)}"


def state_document(states: Sequence[QueueState]) -> dict[str, Any]:
    return {"queues": [asdict(state) for state in states]}


def letter_document(letter: Buried, *, with_body: bool = False) -> dict[str, Any]:
    """Return a letter for programs; a body that is no JSON comes in base64."""
    document: dict[str, Any] = {
        "id": letter.id,
        "queue": letter.queue,
        "buried_at": letter.buried_at.isoformat() if letter.buried_at else None,
        "tries": letter.letter.tries,
        "reason": letter.letter.reason,
        "events": [{"event_id": each.event_id, "type": each.type} for each in outlines(letter.letter.body)],
    }
    return document | _body(letter.letter.body) if with_body else document


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: frozenset[int] = frozenset()) -> str:
    """Return columns as wide as what is in them, so that nothing is cut off in a pipe; numbers stand to the right."""
    lines = [*([head] if head else []), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]

    def cell(index: int, text: str) -> str:
        return text.rjust(widths[index]) if index in numbers else text.ljust(widths[index])

    return "\n".join("  ".join(cell(index, text) for index, text in enumerate(line)).rstrip() for line in lines)


def _number(count: int | None) -> str:
    return UNKNOWN if count is None else f"{count:,}"


def _time(letter: Buried) -> str:
    return f"{letter.buried_at:%Y-%m-%d %H:%M:%S}Z" if letter.buried_at else UNKNOWN


def _events(letter: Buried) -> str:
    found = outlines(letter.letter.body)
    if len(found) != 1:
        return f"{len(found)} events" if found else UNKNOWN
    return f"{found[0].type or UNKNOWN} {found[0].event_id or UNKNOWN}"


def _reason(letter: Buried) -> str:
    return " ".join(letter.letter.reason.split())


def _body_text(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body.decode(errors="backslashreplace")


def _body(body: bytes) -> dict[str, Any]:
    try:
        return {"body": json.loads(body)}
    except ValueError:
        return {"body_base64": b64encode(body).decode()}
