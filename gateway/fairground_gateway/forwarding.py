"""The bytes sent to a service: the client's passing headers, then ours, which nothing of the client's can replace."""

from fairground_gateway.request import Request
from fairground_gateway.upstream import Address

CHUNKED = b"transfer-encoding: chunked\r\n"


class Forwarding:
    """Writes request heads for one service."""

    def __init__(self, address: Address, gateway_key: str) -> None:
        self._ours = f"host: {address}\r\nx-fairground-gateway-key: {gateway_key}\r\n".encode("latin-1")

    def whole(self, request: Request, token: str | None, body: bytes) -> bytes:
        """Return a request with its body."""
        length = b"content-length: %d\r\n" % len(body) if body or request.method not in {"GET", "HEAD"} else b""
        return b"".join((*self._head(request, token), length, b"\r\n", body))

    def upload(self, request: Request, token: str | None) -> bytes:
        """Return the head of a request whose body follows piece by piece."""
        declared = request.declared_length
        framing = CHUNKED if declared is None else b"content-length: %d\r\n" % declared
        return b"".join((*self._head(request, token), framing, b"\r\n"))

    def _head(self, request: Request, token: str | None) -> list[bytes]:
        method = b"GET" if request.method == "HEAD" else request.method.encode()
        target = request.path + b"?" + request.query if request.query else request.path
        pieces = [method, b" ", target, b" HTTP/1.1\r\n"]
        for name, value in request.forwarded:
            pieces += (name, b": ", value, b"\r\n")
        pieces += (self._ours, b"x-fairground-client-ip: ", request.client_ip.encode(), b"\r\nx-request-id: ")
        pieces += (request.request_id, b"\r\ntraceparent: ", request.traceparent, b"\r\n")
        if token is not None:
            pieces += (b"authorization: Bearer ", token.encode("latin-1"), b"\r\n")
        return pieces
