"""Whatever is put into a receipt, there is a verdict on one line, and it is not VALID by mistake."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairground_verify import verify
from fairground_verify.receipt import UNPROVEN

RECEIPTS = [json.loads(path.read_bytes()) for path in sorted((Path(__file__).parent / "receipts").glob("*.json"))]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
HARD = settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every value within a document."""
    inner = document.items() if isinstance(document, dict) else enumerate(document)
    found = [path] if path else []
    for step, value in inner if isinstance(document, (dict, list)) else ():
        found += places(value, (*path, step)) if isinstance(value, (dict, list)) else [(*path, step)]
    return found


def put(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = deepcopy(document)
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return copy


@given(st.binary(max_size=200))
@HARD
def test_any_bytes_get_a_verdict(content: bytes) -> None:
    verdict = verify(content)
    assert verdict.word == "INVALID"
    assert verdict.reason.isprintable()


@given(JSON)
@HARD
def test_any_document_gets_a_verdict(document: Any) -> None:
    verdict = verify(json.dumps(document).encode())
    assert verdict.word == "INVALID"
    assert verdict.reason.isprintable()


@given(st.data(), st.sampled_from(RECEIPTS), JSON)
@HARD
def test_anything_anywhere_in_a_receipt_gets_a_verdict(data: st.DataObject, receipt: Any, value: Any) -> None:
    path = data.draw(st.sampled_from(places(receipt)))
    verdict = verify(json.dumps(put(receipt, path, value)).encode())
    assert verdict.reason.isprintable()
    if path[0] not in {*UNPROVEN, "client_seed", "nonce"}:
        assert verdict.word == "INVALID" or put(receipt, path, value) == receipt


@given(st.sampled_from(RECEIPTS), JSON)
@HARD
def test_anything_as_a_published_configuration_gets_a_verdict(receipt: Any, document: Any) -> None:
    verdict = verify(json.dumps(receipt).encode(), json.dumps(document).encode())
    assert verdict.word == "INVALID"
    assert verdict.reason.isprintable()
