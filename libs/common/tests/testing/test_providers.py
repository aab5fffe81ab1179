"""Where parts come from."""

from pathlib import Path

import pytest

from fairground_common.testing.providers import PartMissing, choose_provider
from fairground_common.testing.providers.containers import ContainerParts
from fairground_common.testing.providers.embedded import EmbeddedParts


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.delenv("FAIRGROUND_TEST_PARTS", raising=False)
    return monkeypatch


def test_parts_are_embedded_unless_told_otherwise(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert isinstance(choose_provider(tmp_path), EmbeddedParts)


def test_parts_may_be_containers(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setenv("FAIRGROUND_TEST_PARTS", "containers")
    assert isinstance(choose_provider(tmp_path), ContainerParts)


def test_parts_may_be_given_by_address(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setenv("FAIRGROUND_TEST_PARTS", "url")
    environ.setenv("FAIRGROUND_TEST_POSTGRES_URL", "postgresql://somewhere/postgres")
    environ.delenv("FAIRGROUND_TEST_AMQP_URL", raising=False)
    provider = choose_provider(tmp_path)
    assert provider.postgres() == "postgresql://somewhere/postgres"
    with pytest.raises(PartMissing, match="FAIRGROUND_TEST_AMQP_URL"):
        provider.rabbitmq()


def test_an_unknown_provider_is_named(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setenv("FAIRGROUND_TEST_PARTS", "thin air")
    with pytest.raises(PartMissing, match="thin air"):
        choose_provider(tmp_path)
