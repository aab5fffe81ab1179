"""Run the gateway: ``python -m fairground_gateway``."""

from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs, configure_traces
from fairground_common.web.server import serve
from fairground_gateway.app import Gateway
from fairground_gateway.edge import edge
from fairground_gateway.settings import GatewaySettings

KEEP_ALIVE_SECONDS = 10
"""Shorter than between our own parts: outside connections are many, and strangers'."""


def main() -> None:
    settings = load_settings(GatewaySettings)
    configure_logs("gateway", settings.log_level)
    configure_traces("gateway")
    gateway = Gateway(settings)
    serve(gateway, settings, keep_alive=KEEP_ALIVE_SECONDS, protocol=edge(settings, gateway))


if __name__ == "__main__":
    main()
