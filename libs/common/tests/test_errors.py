"""The taxonomy: what every refusal must say about itself."""

import pytest

from fairground_common import errors
from fairground_common.errors import FairgroundError
from fairground_common.web.problem import STATUS_OF_KIND, problem_headers, problems, status_of


@pytest.mark.parametrize("leaf", FairgroundError.leaves(), ids=lambda leaf: leaf.code)
def test_every_error_has_a_kind_a_title_and_advice(leaf: type[FairgroundError]) -> None:
    assert status_of(leaf) in STATUS_OF_KIND.values()
    assert leaf.title().endswith(".")
    assert leaf.advice.endswith(".")


def test_an_error_without_a_kind_is_a_mistake() -> None:
    class Stray(FairgroundError):
        """A stray."""

    with pytest.raises(TypeError, match="no kind"):
        status_of(Stray)


def test_a_401_names_the_scheme_and_a_429_the_wait() -> None:
    assert problem_headers(errors.NotAuthenticated())["WWW-Authenticate"].startswith("Bearer")
    assert problem_headers(errors.RateLimitReached(retry_after=7)) == {"Retry-After": "7"}


def test_a_routes_refusals_are_documented_by_status() -> None:
    documented = problems(errors.NotAuthenticated, errors.RequestInProgress, errors.LockNotAcquired)
    assert sorted(documented) == [401, 409, 503]
    assert "`LOCK_NOT_ACQUIRED`" in documented[503]["description"]
