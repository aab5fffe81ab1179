"""`python -m fairground_seasonpass`: the API process."""

from fairground_common.db import require_database
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs, configure_traces
from fairground_common.web import serve
from fairground_seasonpass.app import create_app
from fairground_seasonpass.settings import ApiSettings


def main() -> None:
    settings = load_settings(ApiSettings)
    configure_logs("seasonpass", settings.log_level)
    configure_traces("seasonpass")
    require_database("SEASONPASS_DATABASE_URL", settings.database_url)
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
