"""Bodies the framework does not read: how much is taken, and of which kind."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from fastapi import Request

from fairground_common.errors import PayloadTooLarge, UnsupportedMediaType, UploadAborted
from fairground_common.uploads import CSV, JSON, Upload
from fairground_common.web.uploads import receive_upload


def a_request(*chunks: bytes, ends: bool = True, headers: Mapping[str, str] = MappingProxyType({})) -> Request:
    """Return a request whose body comes in chunks; it may break off after them."""
    last = {"type": "http.request", "body": b""} if ends else {"type": "http.disconnect"}
    messages: list[Any] = [*({"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks), last]

    async def receive() -> Any:
        return messages.pop(0)

    named = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "PUT", "path": "/", "headers": named}, receive)


@pytest.mark.parametrize(
    ("content_type", "media_type"),
    [
        (None, JSON),
        ("application/json", JSON),
        ("Application/JSON ; charset=UTF-8", JSON),
        ("text/csv", CSV),
        ('text/csv; charset="utf-8"; header=present', CSV),
        ("text/csv;charset=utf8", CSV),
    ],
)
async def test_json_and_csv_in_utf_8_are_taken(content_type: str | None, media_type: str) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    assert await receive_upload(a_request(b"a", b"b", headers=headers), most_bytes=2) == Upload(b"ab", media_type)


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/plain"},
        {"content-type": "multipart/form-data; boundary=x"},
        {"content-type": "text/csv; charset=cp949"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
async def test_anything_else_is_refused_before_it_is_read(headers: dict[str, str]) -> None:
    with pytest.raises(UnsupportedMediaType):
        await receive_upload(a_request(headers=headers), most_bytes=2)


async def test_a_body_is_refused_at_the_first_byte_too_many() -> None:
    never_asked_for = b"x" * 100
    request = a_request(b"x" * 60, b"x" * 41, never_asked_for)
    with pytest.raises(PayloadTooLarge):
        await receive_upload(request, most_bytes=100)
    assert (await request.receive())["body"] == never_asked_for


async def test_a_body_that_breaks_off_is_no_body() -> None:
    with pytest.raises(UploadAborted):
        await receive_upload(a_request(b"half", ends=False), most_bytes=100)
