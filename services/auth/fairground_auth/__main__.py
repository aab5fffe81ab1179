"""``python -m fairground_auth``: the auth API server."""

from fairground_auth.app import create_app
from fairground_auth.settings import AuthSettings
from fairground_common.db import require_database
from fairground_common.settings import load_settings
from fairground_common.telemetry import configure_logs, configure_traces
from fairground_common.web import serve


def main() -> None:
    settings = load_settings(AuthSettings)
    configure_logs("auth", settings.log_level)
    configure_traces("auth")
    require_database("AUTH_DATABASE_URL", settings.database_url)
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
