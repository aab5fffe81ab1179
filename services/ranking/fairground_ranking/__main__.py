"""`python -m fairground_ranking`: the API process."""

from fairground_common.db import require_database
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs, configure_traces
from fairground_common.web import serve
from fairground_ranking.app import create_app
from fairground_ranking.settings import ApiSettings


def main() -> None:
    settings = load_settings(ApiSettings)
    configure_logs("ranking", settings.log_level)
    configure_traces("ranking")
    require_database("RANKING_DATABASE_URL", settings.database_url)
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
