"""The name of a test stands in the environment of all it starts."""

import subprocess

import pytest


@pytest.mark.parametrize("body", [b" " * 10_000_000, "[" * 200_000, "short"])
def test_a_test_of_something_long_has_a_short_name_and_can_start_a_child(
    body: str | bytes, request: pytest.FixtureRequest
) -> None:
    assert len(request.node.name) < 200
    assert subprocess.run(["true"], check=False).returncode == 0


def test_a_short_value_names_itself(request: pytest.FixtureRequest) -> None:
    hook = request.config.hook.pytest_make_parametrize_id
    assert hook(config=request.config, val="short", argname="body") is None
