"""``docs/settings.md``: every environment variable a process is told by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import get_annotations

from pydantic_settings import BaseSettings

from fairground_auth.settings import AuthSettings
from fairground_common.settings import BusSettings, ProbeSettings, ServerSettings, SharedSettings, environment_names
from fairground_deploy.catalogue.markdown import prose, table
from fairground_deploy.catalogue.parts import PARTS, import_all, part_of
from fairground_deploy.catalogue.values import default_in_words, value_in_words
from fairground_deploy.local.settings import LocalSettings
from fairground_deploy.services import SECRET_SETTINGS
from fairground_games import settings as games
from fairground_gateway.settings import GatewaySettings
from fairground_ranking import settings as ranking
from fairground_seasonpass import settings as seasonpass

_RUNNER = "fairground_deploy"

_HEAD = """\
# Settings

<!-- Written by `python -m fairground_deploy.catalogue`; change the settings class, not this page. -->

Every process reads its environment once, when it starts. A wrong or missing setting ends it with exit code 2 and one
line that names the variable; secrets are never printed. Where a setting has several names, the first that is set wins.
"""

_SHARED = """\
`<SERVICE>` is `GAMES`, `SEASONPASS` or `RANKING`. The other names may carry the prefix of a process too, such as
`GATEWAY_LOG_LEVEL`; the name without one wins. A worker needs `AMQP_URL` or `BUS_DATABASE_URL`.
"""

_SHARED_BY: Mapping[type[BaseSettings], str] = {
    SharedSettings: "all",
    ServerSettings: "APIs, gateway",
    BusSettings: "workers",
    ProbeSettings: "workers",
}

_LOCAL = """\
`make run` reads the settings below, and passes every other variable on to the processes it concerns. Where these listen
and find one another follows from the run. What the environment does not set, it chooses:

- a free port for each service (`<SERVICE>_PORT`);
- with `ENV=local`, {defaults};
- random values, kept in `DATA_DIR/secrets`, for {secrets}.
"""


@dataclass(frozen=True, slots=True)
class Family:
    """Processes that share a table: who reads the fields each class declares (empty: all), and what else to know."""

    title: str
    readers: Mapping[type[BaseSettings], str]
    note: str


def settings_page() -> str:
    """Return the settings catalogue."""
    return "\n".join((_HEAD, *map(_section, _families())))


def all_settings() -> set[type[BaseSettings]]:
    """Return every settings class of the product."""
    import_all(*PARTS, _RUNNER)
    return {found for found in _subclasses(BaseSettings) if part_of(found) in {*PARTS, _RUNNER}}


def documented_settings() -> list[type[BaseSettings]]:
    """Return the settings classes whose fields stand on the page."""
    return [settings for family in _families() for settings in family.readers]


def _families() -> tuple[Family, ...]:
    return (
        Family("Every process", _SHARED_BY, _SHARED),
        Family("Gateway", {GatewaySettings: ""}, _started_as("fairground_gateway")),
        Family("Auth", {AuthSettings: ""}, _started_as("fairground_auth")),
        _service("Games", {games.GamesSettings: "API, worker", games.WorkerSettings: "worker"}),
        _service(
            "Season pass",
            {
                seasonpass.DatabaseSettings: "API, worker",
                seasonpass.ApiSettings: "API",
                seasonpass.WorkerSettings: "worker",
            },
        ),
        _service(
            "Ranking",
            {ranking.DatabaseSettings: "API, worker", ranking.ApiSettings: "API", ranking.WorkerSettings: "worker"},
        ),
        Family("The whole product on one machine", {LocalSettings: ""}, _local_note()),
    )


def _service(title: str, readers: Mapping[type[BaseSettings], str]) -> Family:
    part = part_of(next(iter(readers)))
    return Family(title, readers, f"API: `python -m {part}`. Worker: `python -m {part}.worker`.\n")


def _started_as(part: str) -> str:
    return f"`python -m {part}`.\n"


def _local_note() -> str:
    defaults = LocalSettings.model_construct(env="local").defaults()
    return _LOCAL.format(
        defaults=", ".join(f"`{name}={value}`" for name, value in defaults.items()),
        secrets=", ".join(f"`{name}`" for name in SECRET_SETTINGS),
    )


def _section(family: Family) -> str:
    several = any(family.readers.values())
    head = ("setting", *(("read by",) if several else ()), "value", "default", "meaning")
    rows = [
        (name, *((reader,) if several else ()), *rest)
        for settings, reader in family.readers.items()
        for name, *rest in _rows(settings)
    ]
    return f"## {family.title}\n\n{family.note}\n{table(head, rows)}"


def _rows(settings: type[BaseSettings]) -> Iterator[tuple[str, ...]]:
    """Only what the class itself declares: what it inherits stands with the class it comes from."""
    fields = settings.model_json_schema(by_alias=False)["properties"]
    for field in (name for name in get_annotations(settings) if name in fields):
        info = settings.model_fields[field]
        yield (
            " or ".join(f"`{name}`" for name in _names(settings, field)),
            value_in_words(fields[field], info.metadata),
            "required" if info.is_required() else default_in_words(fields[field]["default"]),
            prose(info.description),
        )


def _names(settings: type[BaseSettings], field: str) -> tuple[str, ...]:
    """A shared class has no prefix of its own: what it gives no name is named by the process that takes it up."""
    names = environment_names(settings, field)
    named = settings.model_config.get("env_prefix") or settings.model_fields[field].validation_alias
    return names if named else tuple(f"<SERVICE>_{name}" for name in names)


def _subclasses(settings: type[BaseSettings]) -> Iterator[type[BaseSettings]]:
    for found in settings.__subclasses__():
        yield found
        yield from _subclasses(found)
