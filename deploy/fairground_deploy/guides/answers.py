"""Whether an answer on a page still tells what the product answers.

Everything is compared: status lines, members, their types and values. What differs from run to run is compared by its
form, so that a moment has to be a moment and a hash a hash.
"""

import json
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from fairground_deploy.guides.page import LEFT_OUT

COUNTED = frozenset({
    *("id", "user_id", "season_id", "version", "config_version", "against", "active_version", "granted_by"),
    *("uploaded_by", "created_by", "fulfilled_by", "undone_by", "iat", "exp", "next_cursor"),
})  # fmt: skip
"""Members that are numbered through: which number it is depends on what was there before."""

_FORMS = (
    (re.compile(r"eyJ[\w-]{8,}(\.[\w-]+)*"), "<token>"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"), "<moment>"),
    (re.compile(r"\b20\d{6}_\d{4}\b"), "<revision>"),
    (re.compile(r"\d{4}-\d\d-\d\d|\b20\d\d-\d\d\b"), "<day>"),
    (re.compile(r"\b[0-9a-f]{8,}\b"), "<hex>"),
    (re.compile(r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{16,}(?![\w-])"), "<token>"),
    (re.compile(r"(player-|season |retry-after: |[:/])\d+\b"), r"\1<number>"),
)


def agrees(shown: Sequence[str], answer: str, varying: AbstractSet[str] = frozenset()) -> bool:
    """Return whether the lines on the page are this answer, shortened."""
    text, body = _parted(shown)
    told, said = _parted(answer.splitlines())
    if bool(body) != bool(said) or bool(text) != bool(told):
        return False
    if body:
        try:
            expected, actual = json.loads(_readable(body)), json.loads(said)
        except ValueError:
            return False
        if not _Comparison(varying).same(expected, actual):
            return False
    return (
        _heads_agree(text, told) if text[:1] and text[0].startswith("HTTP/") else _items_agree(text, told, _texts_agree)
    )


def _heads_agree(shown: Sequence[str], said: Sequence[str]) -> bool:
    """Return whether the status is the same, and every header that is shown is there; their order says nothing."""
    headers = (line for line in shown[1:] if line and line != LEFT_OUT)
    return _texts_agree(shown[0], said[0]) and all(any(_texts_agree(line, each) for each in said) for line in headers)


def _parted(lines: Sequence[str]) -> tuple[list[str], str]:
    """Return the lines before a JSON document, and the document."""
    for number, line in enumerate(lines):
        if line.startswith(("{", "[")):
            return list(lines[:number]), "\n".join(lines[number:])
    return list(lines), ""


class _Comparison:
    def __init__(self, varying: AbstractSet[str]) -> None:
        self._varying = varying

    def same(self, shown: Any, said: Any, name: str = "") -> bool:
        if shown == LEFT_OUT:
            return True
        if name in self._varying:
            return _alike(shown, said)
        if type(shown) is not type(said):
            return False
        if isinstance(shown, dict):
            return self._members_agree(shown, said)
        if isinstance(shown, list):
            return _items_agree(shown, said, self.same)
        return name in COUNTED or (_texts_agree(shown, said) if isinstance(shown, str) else bool(shown == said))

    def _members_agree(self, shown: dict[str, Any], said: dict[str, Any]) -> bool:
        named = [name for name in shown if not name.startswith(LEFT_OUT)]
        if len(named) == len(shown) and set(named) != set(said):
            return False
        return all(name in said and self.same(shown[name], said[name], name) for name in named)


def _items_agree(shown: Sequence[Any], said: Sequence[Any], same: Any) -> bool:
    """Return whether two lists agree, where `…` among what is shown stands for any number of items."""
    if not shown:
        return not said
    if shown[0] == LEFT_OUT:
        return any(_items_agree(shown[1:], said[skip:], same) for skip in range(len(said) + 1))
    return bool(said) and same(shown[0], said[0]) and _items_agree(shown[1:], said[1:], same)


def _alike(shown: Any, said: Any) -> bool:
    """Return whether two values are of one kind; a reward may have more members than another."""
    if isinstance(shown, dict) and isinstance(said, dict):
        common = shown.keys() & said.keys()
        return bool(common) and len(common) >= min(len(shown), len(said))
    return type(shown) is type(said)


def _texts_agree(shown: str, said: str) -> bool:
    """Return whether two texts agree, where `…` in what is shown stands for anything."""
    parts = (re.escape(form(part)) for part in shown.split(LEFT_OUT))
    return re.fullmatch(".*".join(parts), form(said), re.DOTALL) is not None


def form(text: str) -> str:
    """Return a text with what differs from run to run replaced by what it is."""
    for pattern, kind in _FORMS:
        text = pattern.sub(kind, text)
    return text


def _readable(body: str) -> str:
    """Return shortened JSON as JSON: `…` becomes a text, and where a member stands a member of its own."""
    return "".join(_with_texts(body))


def _with_texts(body: str) -> Iterator[str]:
    inside: list[str] = []
    last, number = "", 0
    for piece in re.findall(r'"(?:\\.|[^"\\])*"|\s+|.', body, re.DOTALL):
        if piece == LEFT_OUT:
            number += 1
            is_member = bool(inside) and inside[-1] == "{" and last in "{,"
            yield f'"{LEFT_OUT}{number}":0' if is_member else f'"{LEFT_OUT}"'
        else:
            yield piece
        if piece in "{[":
            inside.append(piece)
        elif piece in "}]" and inside:
            inside.pop()
        last = piece if not piece.isspace() else last
