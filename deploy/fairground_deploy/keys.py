"""The commands of `fairground keys`: auth's own, which need auth's settings in the environment."""

from typing import Annotated

import typer

keys = typer.Typer(name="keys", no_args_is_help=True, help="Look after the keys that sign access tokens.")


@keys.command("list")
def list_keys(as_json: Annotated[bool, typer.Option("--json", help="say it in JSON")] = False) -> None:
    """Show every key and its phase: waiting, signing, verifying, retired."""
    _auth("list", *(["--json"] if as_json else []))


@keys.command()
def rotate(
    lead: Annotated[
        int | None, typer.Option(min=0, help="seconds from publishing to signing; else AUTH_KEY_LEAD_SECONDS")
    ] = None,
) -> None:
    """Publish a new key, which signs after the lead. With a shorter lead some verifiers may refuse good tokens."""
    _auth("rotate", *(["--lead", str(lead)] if lead is not None else []))


@keys.command()
def retire(kid: str) -> None:
    """Take a key out of the key set at once, because others know it. The only one that can sign stays."""
    _auth("retire", kid)


def _auth(*arguments: str) -> None:
    from fairground_auth.cli import main as auth

    auth(["keys", *arguments])
