"""Under which names the product is served, where an operator has said so."""

import re
from collections.abc import Iterable

from fairground_gateway.errors import HostRefused

_NAME_AND_PORT = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^:]*)(?::[0-9]*)?")


class Hosts:
    """The allowed names; none is any. A page of a stranger's whose name is made to lead here is of another name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.encode() for name in names)

    def refuse_other(self, host: bytes | None) -> None:
        """Raise HostRefused unless a Host header names one of ours."""
        if not self._names:
            return
        found = _NAME_AND_PORT.fullmatch(host or b"")
        if found is None or found[1].lower() not in self._names:
            raise HostRefused
