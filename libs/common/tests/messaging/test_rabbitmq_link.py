"""A link leaves nothing behind, whatever became of its connection.

An aio-pika connection that is not closed tries to close itself when it is collected, wherever that happens.
"""

from typing import Any

import pytest

from fairground_common.messaging.rabbitmq_link import Link


class LostGoodbye:
    """A transport that ends, but whose goodbye is never answered."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    async def close(self, reason: Any) -> None:
        await self._transport.close(reason)
        raise OSError("the goodbye was lost")


async def test_a_connection_whose_goodbye_fails_is_closed_all_the_same(
    rabbitmq: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = Link(rabbitmq, "test")
    await link.channel()
    connection: Any = link._connection
    monkeypatch.setattr(connection, "transport", LostGoodbye(connection.transport))
    await link.close()
    assert connection.is_closed
