"""What tests of every part share: real PostgreSQL, Valkey and RabbitMQ, tokens, an HTTP client, patience."""

from fairground_common.testing.asgi import Answer, AsgiClient
from fairground_common.testing.databases import Databases
from fairground_common.testing.eventually import eventually
from fairground_common.testing.insisting import insist
from fairground_common.testing.tokens import TokenMint

__all__ = ["Answer", "AsgiClient", "Databases", "TokenMint", "eventually", "insist"]
