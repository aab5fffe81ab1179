"""Which broker an operator means: the one the environment names, else that of the local run in DATA_DIR."""

import json
from collections.abc import Mapping
from pathlib import Path

from fairground_common.messaging import Broker, open_broker
from fairground_deploy.local.broker import NOTE
from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.topology import BrokerAddress


def broker_of(environ: Mapping[str, str]) -> Broker:
    """Return the broker; it connects when first used. Raises ValueError without any address."""
    return open_broker(_address(environ), name="fairground bus")


def _address(environ: Mapping[str, str]) -> BrokerAddress:
    named = BrokerAddress.of(environ)
    if named.amqp_url is not None or named.bus_database_url is not None:
        return named
    kept = DataDir(Path(environ.get("DATA_DIR") or ".local")).kept(NOTE)
    return BrokerAddress.of(json.loads(kept)) if kept else named
