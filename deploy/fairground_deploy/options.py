"""Options that many commands have, so that they are called and explained alike."""

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="say it in JSON")]


def passed_on(*, as_json: bool) -> list[str]:
    """Return the option for a service's own command that does the work."""
    return ["--json"] if as_json else []
