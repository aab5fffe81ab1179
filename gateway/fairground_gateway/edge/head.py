"""What the head of a request may be. The parser has refused what is no HTTP; here is what is HTTP, but not for us.

Promise: of every head that passes there is only one way to read where its body ends and whom it is for. What proxies
and servers are known to read differently is refused, whoever would be right.
"""

from fairground_common.errors import MethodNotAllowed
from fairground_gateway.errors import AddressTooLong, HeadersTooLarge, RequestUnreadable

TARGET_BYTES = 8 * 1024
FIELD_BYTES = 8 * 1024
BLOCK_BYTES = 32 * 1024
WHOLE_BYTES = TARGET_BYTES + BLOCK_BYTES
"""Of a head that has not ended yet, as the parser tells of a header only when it is whole."""

_SEPARATORS = 4
"""``: `` and the line's end, which the parser leaves out."""
_METHODS_OF_PROXIES = frozenset({b"CONNECT", b"TRACE"})
_VERSIONS = frozenset({"1.0", "1.1"})


class Head:
    """One head, noted as it comes."""

    __slots__ = ("_bytes", "_codings", "_has_length", "_hosts")

    def __init__(self) -> None:
        self._bytes = 0
        self._hosts = 0
        self._codings: list[bytes] = []
        self._has_length = False

    def note(self, name: bytes, value: bytes) -> None:
        """Take a header, its name in lower case. Raises HeadersTooLarge."""
        self._bytes += len(name) + len(value) + _SEPARATORS
        if len(value) > FIELD_BYTES or self._bytes > BLOCK_BYTES:
            raise HeadersTooLarge
        if name == b"host":
            self._hosts += 1
        elif name == b"transfer-encoding":
            self._codings.append(value.lower())
        elif name == b"content-length":
            self._has_length = value != b"0"

    @property
    def announces_body(self) -> bool:
        return self._has_length or bool(self._codings)

    def check(self, method: bytes, target: bytes, version: str, *, upgrades: bool) -> None:
        """Judge the head as a whole. Raises MethodNotAllowed, RequestUnreadable."""
        if method in _METHODS_OF_PROXIES:
            raise MethodNotAllowed
        if not target.startswith(b"/"):
            raise RequestUnreadable("The request's target is no path.")
        if version not in _VERSIONS:
            raise RequestUnreadable("The version is not HTTP/1.1.")
        if self._hosts > 1 or (not self._hosts and version == "1.1"):
            raise RequestUnreadable("There must be one Host header.")
        if self._codings and (self._codings != [b"chunked"] or version == "1.0"):
            raise RequestUnreadable("The only Transfer-Encoding is chunked.")
        if upgrades and (self._codings or self._has_length):
            raise RequestUnreadable("A request to upgrade has no body.")


def refuse_long_target(target: bytes) -> None:
    """Raise AddressTooLong for path and query above the limit, even before they have ended."""
    if len(target) > TARGET_BYTES:
        raise AddressTooLong
