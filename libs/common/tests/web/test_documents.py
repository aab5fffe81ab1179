"""A service's document says what its routes ask for, without being told twice."""

import re
from typing import Any

import pytest

from fairground_common.testing import AsgiClient

Document = dict[str, Any]


@pytest.fixture
async def document(anybody: AsgiClient) -> Document:
    found: Document = (await anybody.get("/openapi.json")).body
    return found


def codes(operation: Document) -> dict[str, set[str]]:
    return {
        status: set(re.findall(r"`([A-Z_]+)`: ", answer["description"]))
        for status, answer in operation["responses"].items()
        if status >= "400"
    }


def test_it_names_the_token_and_the_problem(document: Document) -> None:
    assert set(document["components"]["securitySchemes"]) == {"bearer"}
    assert "Problem" in document["components"]["schemas"]
    assert "HTTPValidationError" not in document["components"]["schemas"]


@pytest.mark.parametrize(
    ("path", "security"),
    [
        ("/ip", None),
        ("/maybe", [{"bearer": []}, {}]),
        ("/me", [{"bearer": []}]),
        ("/operator", [{"bearer": ["operator"]}]),
        ("/admin", [{"bearer": ["admin"]}]),
    ],
)
def test_it_says_who_may(document: Document, path: str, security: Any) -> None:
    assert document["paths"][path]["get"].get("security") == security


def test_a_role_stands_in_the_text_too(document: Document) -> None:
    assert document["paths"]["/held"]["post"]["description"] == "Hold it.\n\nNeeds the role operator."


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("get", "/ip", {}),
        ("get", "/pages", {"422": {"VALIDATION_FAILED"}}),
        (
            "post",
            "/items",
            {
                "400": {"MALFORMED_JSON", "IDEMPOTENCY_KEY_INVALID"},
                "409": {"REQUEST_IN_PROGRESS"},
                "415": {"UNSUPPORTED_MEDIA_TYPE"},
                "422": {"VALIDATION_FAILED", "IDEMPOTENCY_KEY_REUSED"},
            },
        ),
        (
            "post",
            "/held",
            {
                "400": {"MALFORMED_JSON", "AUTHORIZATION_REPEATED"},
                "401": {"UNAUTHENTICATED"},
                "403": {"FORBIDDEN"},
                "409": {"REQUEST_IN_PROGRESS"},
                "415": {"UNSUPPORTED_MEDIA_TYPE"},
                "422": {"VALIDATION_FAILED"},
                "503": {"AUTH_KEYS_UNAVAILABLE"},
            },
        ),
    ],
)
def test_it_says_what_may_be_refused(document: Document, method: str, path: str, expected: dict[str, set[str]]) -> None:
    assert codes(document["paths"][path][method]) == expected
