"""Loopback ports."""

import socket

from fairground_common.embedded import LOOPBACK, free_port, port_is_free


def test_a_free_port_can_be_listened_on() -> None:
    with socket.create_server((LOOPBACK, free_port())):
        pass


def test_a_listening_port_is_not_free() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        assert not port_is_free(server.getsockname()[1])
