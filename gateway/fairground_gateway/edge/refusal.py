"""A refusal as bytes, for requests that never became one: the same problem document as everywhere."""

import os
from contextvars import copy_context
from http import HTTPStatus

import structlog

from fairground_common.context import enter_request
from fairground_common.errors import FairgroundError, MethodNotAllowed
from fairground_gateway.answer import CLOSE, refused

log = structlog.get_logger()

_METHODS = (b"allow", b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT")


def refusal_bytes(refusal: FairgroundError, target: bytes, client_ip: str) -> bytes:
    """Return a whole answer after which the connection closes, and log it under the request id it carries."""
    return copy_context().run(_written, refusal, target, client_ip)


def _written(refusal: FairgroundError, target: bytes, client_ip: str) -> bytes:
    request_id = os.urandom(16).hex()
    enter_request(request_id, None)
    log.info("request_refused", code=refusal.code, client_ip=client_ip)
    answer = refused(refusal, target.partition(b"?")[0])
    answer.frame()
    answer.headers += [(b"x-request-id", request_id.encode()), CLOSE]
    if isinstance(refusal, MethodNotAllowed):
        answer.headers.append(_METHODS)
    lines = [b"HTTP/1.1 %d %b" % (answer.status, HTTPStatus(answer.status).phrase.encode())]
    lines += [b"%b: %b" % header for header in answer.headers]
    return b"\r\n".join((*lines, b"", answer.body))
