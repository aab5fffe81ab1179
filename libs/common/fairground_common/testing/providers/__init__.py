"""Where tests get their real parts from: FAIRGROUND_TEST_PARTS = `embedded` (default), `containers` or `url`."""

import os
from pathlib import Path
from typing import Protocol


class Provider(Protocol):
    """Starts parts when they are first asked for; `close` ends what it started."""

    def postgres(self) -> str:
        """A superuser's URL."""

    def valkey(self) -> str: ...

    def rabbitmq(self) -> str:
        """The AMQP URL of a user who may do everything."""

    def close(self) -> None: ...


class PartMissing(Exception):
    """A part cannot be had on this machine."""


def choose_provider(folder: Path) -> Provider:
    """Return the provider the environment asks for; embedded parts live in `folder`."""
    wanted = os.environ.get("FAIRGROUND_TEST_PARTS", "embedded")
    if wanted == "embedded":
        from fairground_common.testing.providers.embedded import EmbeddedParts

        return EmbeddedParts(folder)
    if wanted == "containers":
        from fairground_common.testing.providers.containers import ContainerParts

        return ContainerParts()
    if wanted == "url":
        from fairground_common.testing.providers.given import GivenParts

        return GivenParts()
    raise PartMissing(f"FAIRGROUND_TEST_PARTS={wanted!r} is none of embedded, containers, url")
