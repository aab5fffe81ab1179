"""``python -m fairground_games``: the API server."""

from fairground_common.db import require_database
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs
from fairground_common.web import serve
from fairground_games.app import create_app
from fairground_games.settings import GamesSettings


def main() -> None:
    settings = load_settings(GamesSettings)
    configure_logs("games", settings.log_level)
    require_database("GAMES_DATABASE_URL", settings.database_url)
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
