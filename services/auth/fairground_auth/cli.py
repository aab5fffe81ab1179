"""``python -m fairground_auth.cli``: what somebody with a shell does, before there is any admin and beside them.

    create-admin --username NAME     password from ADMIN_PASSWORD or standard input
    keys list | rotate [--lead S] | retire KID

Exit codes: 0 done (or done before), 1 refused, 2 a bad setting or argument.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from fairground_auth.administration import usecases as administration
from fairground_auth.keys import rules as key_rules
from fairground_auth.keys import usecases as keys
from fairground_auth.keys.sealing import KeySealer
from fairground_auth.parts import Parts
from fairground_auth.settings import AuthSettings
from fairground_auth.users import rules
from fairground_common.db import is_infrastructure_trouble
from fairground_common.errors import FairgroundError
from fairground_common.settings import load_settings

EXIT_REFUSED = 1

Command = Callable[[Parts, argparse.Namespace], Awaitable[str]]


class Refused(Exception):
    """The command cannot be done; the text says why."""


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    parts = Parts.build(load_settings(AuthSettings))
    try:
        sys.stdout.write(asyncio.run(_run(parts, chosen)) + "\n")
    except Refused as refusal:
        _exit(str(refusal))
    except FairgroundError as refusal:
        _exit(f"{refusal.code}: {refusal.detail} {refusal.advice}")
    except Exception as error:
        if not is_infrastructure_trouble(error):
            raise
        _exit(f"the database of AUTH_DATABASE_URL does not answer: {error}")


async def create_admin(parts: Parts, chosen: argparse.Namespace) -> str:
    """Make the first admin, or find that they are there already. Raises AdminPasswordDiffers."""
    username, password = _checked(chosen.username, _password())
    admin, changed = await administration.create_admin(parts, username=username, password=password)
    return f"{admin.username} (user {admin.id}) is an admin" + (" now" if changed else " already")


async def list_keys(parts: Parts, _chosen: argparse.Namespace) -> str:
    """Return one line per key ever made: id, phase, when it signs, when it leaves the key set."""
    now = parts.clock.now()
    async with parts.db.read() as tx:
        stored = await keys.list_keys(tx)
    lines = [
        f"{key.kid}  {key_rules.phase_of(key, stored, now):9}  signs from {key.signs_from:%Y-%m-%dT%H:%M:%SZ}"
        + (f"  published until {key.published_until:%Y-%m-%dT%H:%M:%SZ}" if key.published_until else "")
        for key in stored
    ]
    return "\n".join(lines) or "no keys yet; the auth service makes the first one when it starts"


async def rotate_keys(parts: Parts, chosen: argparse.Namespace) -> str:
    """Publish a new key; it signs after the lead."""
    sealer = KeySealer(parts.settings.key_encryption_key.get_secret_value())
    lead = timedelta(seconds=chosen.lead)
    async with parts.db.begin() as tx:
        fresh = await keys.rotate_keys(tx, sealer, now=parts.clock.now(), lead=lead)
        await administration.record_keys(tx, action="KEYS_ROTATED", kid=fresh.kid)
    return f"key {fresh.kid} is published and signs from {fresh.signs_from:%Y-%m-%dT%H:%M:%SZ}"


async def retire_key(parts: Parts, chosen: argparse.Namespace) -> str:
    """Take a key out of the key set at once. Raises SigningKeyNotFound, LastSigningKey."""
    async with parts.db.begin() as tx:
        await keys.retire_key(tx, kid=chosen.kid, now=parts.clock.now())
        await administration.record_keys(tx, action="KEY_RETIRED", kid=chosen.kid)
    return f"key {chosen.kid} is retired; verifiers notice within 5 minutes"


def _checked(username: str, password: str) -> tuple[str, str]:
    try:
        folded = rules.username_of(username)
    except ValueError as wrong:
        raise Refused(f"username {username!r}: {wrong}") from None
    try:
        return folded, rules.password_of(password)
    except ValueError as wrong:
        raise Refused(f"password: {wrong}") from None


def _password() -> str:
    given = os.environ.get("ADMIN_PASSWORD")
    if given is None and sys.stdin.isatty():
        raise Refused("give the password in ADMIN_PASSWORD or on standard input")
    return sys.stdin.readline().rstrip("\r\n") if given is None else given


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="fairground_auth.cli", description="Administration with a shell.")
    commands = parser.add_subparsers(required=True)
    admin = commands.add_parser("create-admin", help="make the first admin; doing it again changes nothing")
    admin.add_argument("--username", required=True)
    admin.set_defaults(run=create_admin)
    of_keys = commands.add_parser("keys", help="look after the keys that sign access tokens").add_subparsers(
        required=True
    )
    of_keys.add_parser("list", help="show every key and its phase").set_defaults(run=list_keys)
    rotate = of_keys.add_parser("rotate", help="publish a new key, which signs after the lead")
    rotate.add_argument(
        "--lead",
        type=_seconds,
        default=int(key_rules.LEAD.total_seconds()),
        metavar="SECONDS",
        help="time between publishing and signing; below 600 some verifiers may refuse good tokens for a moment",
    )
    rotate.set_defaults(run=rotate_keys)
    retire = of_keys.add_parser("retire", help="take a key out of the key set at once: it was stolen")
    retire.add_argument("kid")
    retire.set_defaults(run=retire_key)
    return parser


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return seconds


async def _run(parts: Parts, chosen: argparse.Namespace) -> str:
    run: Command = chosen.run
    try:
        return await run(parts, chosen)
    finally:
        await parts.close()


def _exit(message: str) -> None:
    sys.stderr.write(message + "\n")
    sys.exit(EXIT_REFUSED)


if __name__ == "__main__":
    main()
