"""Recorded receipts, and ways to make others of them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fairground_verify import Verdict, verify

HERE = Path(__file__).parent

Receipt = dict[str, Any]


@pytest.fixture
def recorded() -> Callable[[str], Receipt]:
    """Return a function that reads a recorded receipt by name."""
    return lambda name: json.loads((HERE / "receipts" / f"{name}.json").read_bytes())


@pytest.fixture
def verdict_on() -> Callable[[Any], Verdict]:
    """Return a function that verifies a document."""
    return lambda document: verify(json.dumps(document).encode())


@pytest.fixture
def with_config() -> Callable[[Receipt, Any], Receipt]:
    """Return a function that gives a receipt another configuration, text and hash agreeing."""

    def change(receipt: Receipt, config: Any) -> Receipt:
        text = json.dumps(config, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return {**receipt, "config": text, "config_sha256": hashlib.sha256(text.encode()).hexdigest()}

    return change
