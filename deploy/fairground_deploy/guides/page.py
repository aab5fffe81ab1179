"""A page as a script: which commands it shows, and where their answers stand."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairground_deploy.catalogue import ROOT

LEFT_OUT = "…"

_CONSOLE = "```console"
_FENCE = "```"
_HIDDEN = "<!-- run"
_HIDDEN_END = "-->"
_PROMPT = "$ "
_VARIES = re.compile(r"^<!-- varies:([\w, ]*)-->$")
_COMMENT = re.compile(r"\s+# .*$", re.MULTILINE)
_SKIPPED = {".venv", ".local", ".git"}


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and the lines from `begin` to `end` that are its answer. A hidden one has to succeed, no more."""

    command: str
    begin: int
    end: int
    hidden: bool = False
    varying: frozenset[str] = frozenset()
    """Members whose values chance decides."""

    @property
    def is_run(self) -> bool:
        return self.hidden or LEFT_OUT not in self.command


@dataclass(frozen=True, slots=True)
class Page:
    """Markdown with commands in it."""

    path: Path
    lines: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> "Page":
        return cls(path, tuple(path.read_text().splitlines()))

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def steps(self) -> Iterator[Step]:
        at, varying = 0, frozenset[str]()
        while at < len(self.lines):
            if named := _VARIES.match(self.lines[at]):
                varying = frozenset(re.findall(r"\w+", named[1]))
            elif self.lines[at].startswith(_HIDDEN):
                end = self._find(_HIDDEN_END, at + 1)
                yield Step("\n".join(self.lines[at + 1 : end]), end, end, hidden=True)
                at = end
            elif self.lines[at] == _CONSOLE:
                end = self._find(_FENCE, at + 1)
                yield from self._shown(at + 1, end, varying)
                at = end
            at += 1

    def answered(self, answers: Sequence[tuple[Step, Sequence[str]]]) -> str:
        """Return the page with other answers to some of its steps."""
        lines = list(self.lines)
        for step, answer in reversed(answers):
            lines[step.begin : step.end] = answer
        return "\n".join(lines) + "\n"

    def _shown(self, at: int, end: int, varying: frozenset[str]) -> Iterator[Step]:
        while at < end:
            if not self.lines[at].startswith(_PROMPT):
                raise ValueError(f"{self.name}:{at + 1} stands before any command")
            command = [self.lines[at].removeprefix(_PROMPT)]
            at += 1
            while at < end and not self.lines[at].startswith(_PROMPT) and _goes_on("\n".join(command)):
                command.append(self.lines[at])
                at += 1
            begin = at
            while at < end and not self.lines[at].startswith(_PROMPT):
                at += 1
            yield Step("\n".join(command), begin, at, varying=varying)

    def _find(self, mark: str, at: int) -> int:
        try:
            return self.lines.index(mark, at)
        except ValueError:
            raise ValueError(f"{self.name}:{at} begins what no {mark!r} ends") from None


def guides() -> list[Page]:
    """Return every page of the repository that shows commands and answers."""
    paths = (path for path in sorted(ROOT.rglob("*.md")) if not _SKIPPED & set(path.relative_to(ROOT).parts))
    return [page for page in map(Page.read, paths) if _CONSOLE in page.lines]


def _goes_on(command: str) -> bool:
    command = _COMMENT.sub("", command)
    return command.endswith(("\\", "|")) or command.count("'") % 2 == 1
