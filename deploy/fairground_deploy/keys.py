"""The commands of `fairground keys`: auth's own, which need auth's settings in the environment."""

from typing import Annotated

import typer

from fairground_deploy.options import AsJson, passed_on

keys = typer.Typer(
    name="keys", no_args_is_help=True, rich_markup_mode="markdown", help="Look after the keys that sign access tokens."
)


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """Show every key and its phase: waiting, signing, verifying, retired."""
    _auth("list", as_json=as_json)


@keys.command()
def rotate(
    lead: Annotated[
        int | None, typer.Option(min=0, help="seconds from publishing to signing; else AUTH_KEY_LEAD_SECONDS")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Publish a new key, which signs after the lead.

    With a shorter lead some verifiers may refuse good tokens.

    For example:

        fairground keys rotate
        fairground keys rotate --lead 0    # a key was stolen
    """
    _auth("rotate", *(["--lead", str(lead)] if lead is not None else []), as_json=as_json)


@keys.command()
def retire(kid: Annotated[str, typer.Argument(help="as `list` shows it")], as_json: AsJson = False) -> None:
    """Take a key out of the key set at once, because others know it. The only one that can sign stays."""
    _auth("retire", kid, as_json=as_json)


def _auth(*arguments: str, as_json: bool) -> None:
    from fairground_auth.cli import main as auth

    auth(["keys", *arguments, *passed_on(as_json=as_json)])
