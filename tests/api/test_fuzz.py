"""Requests nobody would think of, alone and in chains: no server error, and nothing the document does not tell.

The product is one of its own: what an admin does here at random (activate, publish, block, switch off) would spoil
the shared one. The suite tries the same requests each time; `make fuzz` makes up others (FUZZ_SEED), and more of them
(FUZZ_SCALE). A failure prints the seed that repeats its requests.

Of Schemathesis's checks one is left out: `ignored_auth`, which asks again without a token; test_roles.py does so for
every operation. No operation is left out.
"""

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky, Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.schemas import BaseSchema

from fairground_common.testing import eventually
from fairground_deploy.api import Api
from fairground_deploy.testing import Deployment
from fairground_deploy.testing.callers import NOBODY, Caller, everybody
from fairground_deploy.testing.processes import running_processes

SCALE = int(os.environ.get("FUZZ_SCALE", "1"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
STEPS = 10
STORIES = {NOBODY: 5, "player": 25, "operator": 25, "admin": 35}
EACH = 2
"""Good requests to every operation, and as many bad ones."""

load_all_checks()
JUDGED_BY = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "response_headers_conformance",
    )
]
REFUSED = CHECKS.get_one("negative_data_rejection")


def checks_of(case: Any) -> list[Any]:
    """On the wire an object or a list in the query is several texts under one name, of which the last may be right."""
    plain = not any(isinstance(value, dict | list) for value in (case.query or {}).values())
    return [*JUDGED_BY, REFUSED] if plain else JUDGED_BY


@dataclass
class Judge:
    """Sends what was made up, and keeps one finding of each kind: repeated, most would not happen again."""

    session: requests.Session
    headers: dict[str, str] = field(repr=False)
    asked: set[str] = field(default_factory=set)
    answered_well: set[str] = field(default_factory=set)
    findings: dict[tuple[str, int, str], str] = field(default_factory=dict)

    @property
    def sent_with(self) -> dict[str, Any]:
        return {"session": self.session, "headers": self.headers}

    def look_at(self, case: Any, response: Any) -> None:
        operation = case.operation.label
        self.asked.add(operation)
        if response.status_code < 300:
            self.answered_well.add(operation)
        try:
            case.validate_response(response, checks=checks_of(case), transport_kwargs=self.sent_with)
        except FailureGroup as group:
            for failure in group.exceptions:
                key = (operation, response.status_code, type(failure).__name__)
                self.findings.setdefault(key, f"{failure}\n{case.as_curl_command()}\n{response.text[:500]}")

    def assert_no_findings(self) -> None:
        told = "\n\n".join(f"{key}\n{text}" for key, text in self.findings.items())
        assert not self.findings, f"FUZZ_SEED={SEED}\n{told}"


@pytest.fixture(scope="module")
async def own_product(request: pytest.FixtureRequest) -> AsyncIterator[Deployment]:
    async with running_processes(request) as running:
        yield running


@pytest.fixture(scope="module")
def fuzzers(own_product: Deployment) -> dict[str, Caller]:
    return everybody(own_product.gateway_url, own_product.admin())


@pytest.fixture(scope="module")
async def schema(own_product: Deployment) -> BaseSchema:
    async def whole() -> dict[str, Any]:
        document: dict[str, Any] = Api(own_product.gateway_url).expect("GET", "/openapi.json")
        assert "x-missing-services" not in document, document["x-missing-services"]
        return document

    schema = schemathesis.openapi.from_dict(await eventually(whole, within=60, every=0.5))
    schema.config.update(base_url=own_product.gateway_url)
    schema.config.generation.update(with_security_parameters=False)  # who asks is decided here
    refusals = schema.config.checks.negative_data_rejection
    refusals.expected_statuses = [*refusals.expected_statuses, "413"]  # what is wrong may also be too long
    return schema


@contextmanager
def judging(caller: Caller) -> Iterator[Judge]:
    with requests.Session() as session:
        judge = Judge(session, dict(caller.headers))
        yield judge
    judge.assert_no_findings()


def trying(examples: int, **more: Any) -> settings:
    return settings(
        max_examples=examples * SCALE,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )


@pytest.mark.timeout(600 * SCALE)
@pytest.mark.parametrize("name", STORIES)
def test_no_chain_of_requests_goes_wrong(name: str, schema: BaseSchema, fuzzers: dict[str, Caller]) -> None:
    with judging(fuzzers[name]) as judge:
        told = 0

        class Story(schema.as_state_machine()):  # type: ignore[misc]  # made from the document
            def setup(self) -> None:
                nonlocal told
                told += 1

            def get_call_kwargs(self, _case: Any) -> dict[str, Any]:
                return judge.sent_with

            def validate_response(self, response: Any, case: Any, *_: Any, **__: Any) -> None:
                judge.look_at(case, response)

        while told < STORIES[name] * SCALE:
            hypothesis.seed(SEED + told)(Story)
            # The product remembers: a story that begins like an earlier one may go on in another way.
            with suppress(Flaky):
                Story.run(settings=trying(STORIES[name], stateful_step_count=STEPS))


@pytest.mark.timeout(600 * SCALE)
def test_no_operation_goes_wrong(schema: BaseSchema, fuzzers: dict[str, Caller]) -> None:
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == schema.statistic.operations.total
    with judging(fuzzers["admin"]) as judge:
        for operation in operations:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                ask(operation, mode, judge)
    assert judge.asked == {operation.label for operation in operations}
    assert len(judge.answered_well) > len(operations) / 2


def ask(operation: Any, mode: GenerationMode, judge: Judge) -> None:
    def once(case: Any) -> None:
        judge.look_at(case, case.call(**judge.sent_with))

    made_up = hypothesis.given(case=operation.as_strategy(generation_mode=mode))(once)
    run: Callable[[], None] = hypothesis.seed(SEED)(trying(EACH)(made_up))
    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, operation.label  # nothing can be wrong where nothing is said
