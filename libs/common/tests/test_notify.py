"""What a process tells its supervisor, in systemd's own words."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairground_common.notify import READY, STOPPING, notify


@pytest.fixture(params=["a file", "an abstract name"])
def supervisor(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    name = str(tmp_path / "notify") if request.param == "a file" else f"@{tmp_path}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield listening


def test_the_supervisor_hears_what_was_said(supervisor: socket.socket) -> None:
    notify(READY)
    notify(STOPPING)
    assert [supervisor.recv(100), supervisor.recv(100)] == [b"READY=1", b"STOPPING=1"]


def test_one_that_has_gone_is_not_missed(supervisor: socket.socket) -> None:
    supervisor.close()
    notify(READY)


def test_without_one_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify(READY)
