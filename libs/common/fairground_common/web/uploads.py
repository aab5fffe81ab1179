"""Receiving uploads: bodies larger than the framework should read."""

from fastapi import Request
from starlette.requests import ClientDisconnect

from fairground_common.errors import PayloadTooLarge, UnsupportedMediaType, UploadAborted
from fairground_common.uploads import CSV, JSON, Upload

_UTF_8 = {"utf-8", "utf8"}
_NOT_CODED = {"", "identity"}


async def receive_upload(request: Request, *, most_bytes: int) -> Upload:
    """Read a body, refusing it as soon as it is too large.

    Raises UnsupportedMediaType, PayloadTooLarge, and UploadAborted when it breaks off.
    """
    media_type = _media_type(request)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most_bytes:
                raise PayloadTooLarge(f"At most {most_bytes // 2**20} MiB are taken here.")
    except ClientDisconnect:
        raise UploadAborted from None
    return Upload(bytes(body), media_type)


def _media_type(request: Request) -> str:
    media_type, *parameters = request.headers.get("content-type", JSON).lower().replace(" ", "").split(";")
    charsets = {each.removeprefix("charset=").strip('"') for each in parameters if each.startswith("charset=")}
    coding = request.headers.get("content-encoding", "").strip().lower()
    if media_type not in {JSON, CSV} or not charsets <= _UTF_8 or coding not in _NOT_CODED:
        raise UnsupportedMediaType(f"Send {JSON} or {CSV}, in UTF-8 and not compressed.")
    return media_type
