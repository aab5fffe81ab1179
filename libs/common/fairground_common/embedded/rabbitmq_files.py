"""The files a private RabbitMQ node reads at its start: configuration and definitions."""

import base64
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairground_common.embedded.ports import LOOPBACK

VHOST = "/"


@dataclass(frozen=True, slots=True)
class TopicRight:
    """Which routing keys (regular expressions) a user may publish to an exchange, or bind from it."""

    exchange: str
    write: str = "^$"
    read: str = "^$"


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """A user and what it may configure, write and read (regular expressions over names; default: all)."""

    name: str
    password: str
    configure: str = ".*"
    write: str = ".*"
    read: str = ".*"
    topics: Sequence[TopicRight] = ()
    tags: Sequence[str] = ()


def configuration(folder: Path, port: int) -> str:
    """A node that listens on loopback only and takes little memory and no disk it was not given."""
    lines = (
        f"listeners.tcp.1 = {LOOPBACK}:{port}",
        f"load_definitions = {folder}/definitions.json",
        "loopback_users = none",
        "vm_memory_high_watermark.absolute = 512MiB",
        "disk_free_limit.absolute = 50MB",
        "log.console = false",
        f"log.file = {folder}/rabbitmq.log",
        "log.file.level = warning",
    )
    return "\n".join(lines) + "\n"


def definitions(users: Sequence[BrokerUser]) -> str:
    """Users and rights as the node imports them at boot: `rabbitmqctl` would take a second for each."""
    return json.dumps(
        {
            "vhosts": [{"name": VHOST}],
            "users": [_user(user) for user in users],
            "permissions": [_permission(user) for user in users],
            "topic_permissions": [_topic(user, right) for user in users for right in user.topics],
        },
        indent=1,
    )


def _user(user: BrokerUser) -> dict[str, Any]:
    return {
        "name": user.name,
        "password_hash": _password_hash(user.password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": list(user.tags),
        "limits": {},
    }


def _permission(user: BrokerUser) -> dict[str, str]:
    rights = {"configure": user.configure, "write": user.write, "read": user.read}
    return {"user": user.name, "vhost": VHOST, **rights}


def _topic(user: BrokerUser, right: TopicRight) -> dict[str, str]:
    where = {"user": user.name, "vhost": VHOST, "exchange": right.exchange}
    return {**where, "write": right.write, "read": right.read}


def _password_hash(password: str) -> str:
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
