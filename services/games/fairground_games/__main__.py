"""``python -m fairground_games``: the API server."""

from fairground_common.db import require_database
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs, configure_traces
from fairground_common.web import serve
from fairground_games.app import create_app
from fairground_games.plays.door import door_of
from fairground_games.settings import GamesSettings


def main() -> None:
    settings = load_settings(GamesSettings)
    configure_logs("games", settings.log_level)
    configure_traces("games")
    require_database("GAMES_DATABASE_URL", settings.database_url)
    app = create_app(settings)
    serve(app, settings, protocol=door_of(app))


if __name__ == "__main__":
    main()
