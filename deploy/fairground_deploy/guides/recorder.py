"""A page with the answers the running product gives: what still agrees stays as it was written."""

import json
import re
from collections.abc import Iterator, Sequence

from fairground_deploy.guides.answers import agrees
from fairground_deploy.guides.page import LEFT_OUT, Page, Step
from fairground_deploy.guides.terminal import Terminal

WIDTH = 120
HALF = WIDTH // 2

_LONG = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24,}\b|(eyJ[\w-]{8})[\w.-]{20,}|(?<=next_cursor\":\")()[^\"]+")
_TOLD_HEADERS = ("idempotency-replayed", "retry-after", "cache-control", "www-authenticate", "allow")


async def recorded(page: Page, terminal: Terminal) -> str:
    """Run a page from its top; return its text with every answer that is out of date replaced."""
    answers: list[tuple[Step, Sequence[str]]] = []
    for step in page.steps():
        if step.hidden:
            await terminal.run_unseen(step.command)
        elif step.is_run:
            shown = page.lines[step.begin : step.end]
            answer = await terminal.run(step.command)
            if not agrees(shown, answer, step.varying):
                answers.append((step, _as_shown(answer)))
    return page.answered(answers)


def _as_shown(answer: str) -> list[str]:
    head, body = _without_most_headers(answer.splitlines())
    try:
        text = json.dumps(json.loads("\n".join(body)), ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        return [*head, *body]
    return [*head, *_wrapped(_LONG.sub(lambda found: (found[1] or found[2] or "") + LEFT_OUT, text))]


def _without_most_headers(lines: list[str]) -> tuple[list[str], list[str]]:
    if not lines or not lines[0].startswith("HTTP/") or "" not in lines:
        return [], lines
    end = lines.index("")
    told = [line for line in lines[1:end] if line.startswith(_TOLD_HEADERS)]
    return [lines[0], *told, LEFT_OUT], lines[end + 1 :]


def _wrapped(text: str) -> Iterator[str]:
    """Break after the outermost comma of a line's second half, and go on one column further right."""
    line, depth, breaks = "", 0, dict[int, int]()
    for piece in re.findall(r'"(?:\\.|[^"\\])*"|[^"]', text):
        if len(line) + len(piece) > WIDTH and breaks:
            at = max((place for place in breaks), key=lambda place: (-breaks[place], place))
            yield line[:at]
            line = f" {line[at:]}"
            breaks = {place - at + 1: deep for place, deep in breaks.items() if place > at and place - at > HALF}
        line += piece
        depth += (piece in "{[") - (piece in "}]")
        if piece == "," and len(line) > HALF:
            breaks[len(line)] = depth
    yield line
