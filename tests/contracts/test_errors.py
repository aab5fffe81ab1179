"""Error codes are promises to clients."""

import re
from collections import Counter

import pytest

from fairground_common.errors import FairgroundError
from fairground_common.web.problem import status_of
from fairground_deploy import catalogue

PROMISED = {
    "MALFORMED_JSON": 400,
    "IDEMPOTENCY_KEY_INVALID": 400,
    "UNAUTHENTICATED": 401,
    "INVALID_CREDENTIALS": 401,
    "INVALID_REFRESH_TOKEN": 401,
    "FORBIDDEN": 403,
    "USER_BLOCKED": 403,
    "NOT_FOUND": 404,
    "NO_FEATURE_TODAY": 404,
    "PRIZE_NOT_FOUND": 404,
    "CONFIG_NOT_FOUND": 404,
    "SEASON_NOT_FOUND": 404,
    "NO_ACTIVE_SEASON": 404,
    "LEVEL_NOT_FOUND": 404,
    "METHOD_NOT_ALLOWED": 405,
    "USERNAME_TAKEN": 409,
    "REQUEST_IN_PROGRESS": 409,
    "INVALID_FEATURE_SCHEDULE": 409,
    "INVALID_ROULETTE_CONFIG": 409,
    "INVALID_DICE_CONFIG": 409,
    "INVALID_LOTTERY_CONFIG": 409,
    "LOTTERY_SOLD_OUT": 409,
    "STOCK_BELOW_ZERO": 409,
    "STOCK_UNLIMITED": 409,
    "NO_ACTIVE_SEASON_CONFLICT": 409,
    "SEASON_NOT_EDITABLE": 409,
    "ALREADY_STAMPED_TODAY": 409,
    "LEVEL_NOT_REACHED": 409,
    "AUTO_CLAIM_LEVEL": 409,
    "REWARD_ALREADY_CLAIMED": 409,
    "PAYLOAD_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "VALIDATION_FAILED": 422,
    "IDEMPOTENCY_KEY_REUSED": 422,
    "STOCK_EXISTS": 422,
    "INVALID_RANKING": 422,
    "RATE_LIMITED": 429,
    "DAILY_LIMIT_REACHED": 429,
    "TOO_MANY_ATTEMPTS": 429,
    "UPSTREAM_UNAVAILABLE": 502,
    "SERVICE_UNAVAILABLE": 503,
    "LOCK_NOT_ACQUIRED": 503,
    "FEATURE_UNKNOWN": 503,
    "AUTH_KEYS_UNAVAILABLE": 503,
    "UPSTREAM_TIMEOUT": 504,
}
"""Codes and statuses clients are written against; none is ever renamed."""


def test_every_promised_code_exists_with_its_status() -> None:
    found = {leaf.code: status_of(leaf) for leaf in catalogue.all_errors()}
    assert {code: found.get(code) for code in PROMISED} == PROMISED


def test_codes_are_unique() -> None:
    counted = Counter(leaf.code for leaf in catalogue.all_errors())
    assert [code for code, count in counted.items() if count > 1] == []


def test_every_error_states_a_fact_and_gives_advice() -> None:
    wanting = [leaf.code for leaf in catalogue.all_errors() if not (_is_a_sentence(leaf.title()) and _advises(leaf))]
    assert wanting == []


def test_codes_are_upper_snake_case() -> None:
    assert [
        leaf.code for leaf in catalogue.all_errors() if not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*", leaf.code)
    ] == []


def test_a_kind_alone_is_never_raised_to_a_client() -> None:
    with pytest.raises(TypeError):
        status_of(FairgroundError)


def _is_a_sentence(title: str) -> bool:
    return title.endswith(".") and " " in title


def _advises(leaf: type[FairgroundError]) -> bool:
    return "advice" in vars(leaf) and _is_a_sentence(leaf.advice)
