"""What each process is told about the others: addresses, secrets, settings of a local run."""

from collections.abc import Mapping
from dataclasses import dataclass

from fairground_common.embedded import LOOPBACK
from fairground_deploy.local.broker import Bus
from fairground_deploy.local.databases import Databases
from fairground_deploy.local.datadir import DataDir
from fairground_deploy.local.settings import LocalSettings
from fairground_deploy.services import SECRET_SETTINGS, Kind, Program


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything a process of this run may need to know."""

    settings: LocalSettings
    data: DataDir
    databases: Databases
    bus: Bus
    ports: Mapping[str, int]
    metrics_port: int
    """The gateway's own numbers are not told on its public port."""
    redis_url: str
    secrets: Mapping[str, str]

    def settings_of(self, program: Program) -> dict[str, str]:
        """Return the settings of one process: nothing another one's secret could be read from."""
        shared = {
            **self.settings.shared_environment(),
            "JWKS_URL": f"{self._url('auth')}/.well-known/jwks.json",
            "STATE_DIR": str(self.data.state / program.name),
        }
        return {**shared, **self._secrets(program), **self._service(program), **self._gateway(program)}

    def _secrets(self, program: Program) -> dict[str, str]:
        return {name: self.secrets[name] for name, owner in SECRET_SETTINGS.items() if owner in {"", program.owner}}

    def _service(self, program: Program) -> dict[str, str]:
        prefix = program.owner.upper()
        settings = dict(self.bus.services.get(program.owner, {}))
        listens = f"{prefix}_WORKER" if program.kind is Kind.WORKER else prefix
        settings |= {f"{listens}_HOST": LOOPBACK, f"{listens}_PORT": str(self.ports[program.name])}
        if program.owner in self.databases.services:
            settings[f"{prefix}_DATABASE_URL"] = self.databases.services[program.owner].app_url
        return settings

    def _gateway(self, program: Program) -> dict[str, str]:
        if program.kind is not Kind.GATEWAY:
            return {}
        upstreams = {f"GATEWAY_{name.upper()}_URL": self._url(name) for name in self.databases.services}
        return {"REDIS_URL": self.redis_url, "GATEWAY_METRICS_PORT": str(self.metrics_port), **upstreams}

    def _url(self, service: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[service]}"
