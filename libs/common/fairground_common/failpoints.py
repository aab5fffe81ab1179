"""Named places where a test may make a process die, fail or stand still: ``failpoint("games.before_commit")``.

``FAILPOINTS`` arms them once, when the process starts: ``games.after_commit:kill9,games.before_commit:raise@3``. Each
entry is ``name:action``; with ``@n`` only the n-th passing acts, without it every one. Unset, ``failpoint`` is an
empty function, so the play path carries them for nothing. ``ENV=production`` refuses them, as it does TEST_MODE.

- ``kill9``: the process is gone, as by SIGKILL: nothing is flushed, closed or told to anybody.
- ``raise``: FailpointReached is raised there.
- ``sleep=seconds``: the whole process stands still, as a stopped one does; its connections stay open.
"""

import os
import re
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping

from fairground_common.exits import EXIT_BAD_SETTING, refuse

SETTING = "FAILPOINTS"

NAMES: Mapping[str, str] = {
    "games.before_insert": "A batch of plays is decided, its rows are locked, nothing is written yet.",
    "games.before_commit": "What a batch of plays does is written, its transaction is still open.",
    "games.after_commit": "A batch of plays is committed, none of its requests has heard of it.",
    "games.after_answer": "A play's answer has been handed to the server, which sends it at once.",
    "relay.after_confirm": "The broker has what a relay read, the rows are still in the outbox.",
    "consumer.after_effect": "A handler has committed what a batch does, its messages are not acknowledged.",
}
"""Every failpoint there is, and what is true when it is passed."""

_ENTRY = re.compile(
    r"(?P<name>[a-z_.]+):(?P<action>kill9|raise|sleep=(?P<seconds>\d+(\.\d+)?))(@(?P<passing>[1-9]\d*))?"
)


class FailpointReached(Exception):
    """An armed failpoint was told to raise."""


class BadFailpoints(Exception):
    """FAILPOINTS cannot be read, or may not be set here."""


class Armed:
    """What ``failpoint`` is in a process that has failpoints armed."""

    def __init__(self, spec: str) -> None:
        """Read the setting. Raises BadFailpoints."""
        self._entries = [_parsed(entry) for entry in spec.split(",")]
        self._passed: Counter[str] = Counter()

    def __call__(self, name: str) -> None:
        self._passed[name] += 1
        for armed, passing, act in self._entries:
            if armed == name and passing in {None, self._passed[name]}:
                act(name)


def arm(environ: Mapping[str, str]) -> Callable[[str], None]:
    """Return what ``failpoint`` is in a process with this environment. Raises BadFailpoints."""
    named = {name.upper(): value for name, value in environ.items()}  # as the settings are read
    spec = named.get(SETTING)
    if not spec:
        return _pass
    if named.get("ENV") == "production":
        raise BadFailpoints(f"{SETTING} is refused with ENV=production")
    return Armed(spec)


def _pass(_name: str, /) -> None:
    """Nothing is armed."""


def _parsed(entry: str) -> tuple[str, int | None, Callable[[str], None]]:
    found = _ENTRY.fullmatch(entry.strip())
    if found is None or found["name"] not in NAMES:
        raise BadFailpoints(f"{entry!r} is not name:action[@n]; names: {', '.join(NAMES)}; kill9, raise, sleep=seconds")
    passing = int(found["passing"]) if found["passing"] else None
    if found["seconds"]:
        seconds = float(found["seconds"])
        return found["name"], passing, lambda _name: time.sleep(seconds)
    return found["name"], passing, _kill if found["action"] == "kill9" else _raise


def _kill(_name: str) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _raise(name: str) -> None:
    raise FailpointReached(name)


def _arm_this_process() -> Callable[[str], None]:
    try:
        return arm(os.environ)
    except BadFailpoints as wrong:
        refuse(EXIT_BAD_SETTING, f"bad setting {SETTING}: {wrong}")


failpoint: Callable[[str], None] = _arm_this_process()
"""Pass a failpoint by its name, one of ``NAMES``. Bound at import: ``from … import failpoint`` is right."""
