"""``python -m fairground_auth.cli``: what somebody with a shell does, before there is any admin and beside them.

    create-admin --username NAME     password from ADMIN_PASSWORD or standard input
    keys list | rotate [--lead S] | retire KID

Each answers a person in words, and a program that says `--json` with a document.

Exit codes: 0 done (or done before), 1 refused, 2 a bad setting or argument.
"""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fairground_auth.administration import usecases as administration
from fairground_auth.keys import rules as key_rules
from fairground_auth.keys import usecases as keys
from fairground_auth.keys.rules import Phase, StoredKey
from fairground_auth.keys.sealing import KeySealer
from fairground_auth.parts import Parts
from fairground_auth.settings import AuthSettings
from fairground_auth.users import rules
from fairground_common.db import is_infrastructure_trouble
from fairground_common.errors import FairgroundError
from fairground_common.settings import load_settings
from fairground_common.web.tokens import REMEMBER_SECONDS

EXIT_REFUSED = 1


@dataclass(frozen=True, slots=True)
class Told:
    """What a command answers: in words, and as a document."""

    words: str
    document: dict[str, Any]


Command = Callable[[Parts, argparse.Namespace], Awaitable[Told]]


class Refused(Exception):
    """The command cannot be done; the text says why."""


def main(arguments: Sequence[str] | None = None) -> None:
    chosen = _parser().parse_args(arguments)
    parts = Parts.build(load_settings(AuthSettings))
    try:
        told = asyncio.run(_run(parts, chosen))
        sys.stdout.write((json.dumps(told.document, indent=2) if chosen.json else told.words) + "\n")
    except Refused as refusal:
        _exit(str(refusal))
    except FairgroundError as refusal:
        _exit(f"{refusal.code}: {refusal.detail} {refusal.advice}")
    except Exception as error:
        if not is_infrastructure_trouble(error):
            raise
        _exit(f"the database of AUTH_DATABASE_URL does not answer: {error}")


async def create_admin(parts: Parts, chosen: argparse.Namespace) -> Told:
    """Make the first admin, or find that they are there already. Raises AdminPasswordDiffers."""
    username, password = _checked(chosen.username, _password())
    admin, changed = await administration.create_admin(parts, username=username, password=password)
    words = f"{admin.username} (user {admin.id}) is an admin {'now' if changed else 'already'}"
    return Told(words, {"username": admin.username, "user_id": admin.id, "changed": changed})


async def list_keys(parts: Parts, _chosen: argparse.Namespace) -> Told:
    """Return every key ever made: id, phase, when it signs, when it leaves the key set."""
    now = parts.clock.now()
    async with parts.db.read() as tx:
        stored = await keys.list_keys(tx)
    phases = [(key, key_rules.phase_of(key, stored, now)) for key in stored]
    words = "\n".join(_line(key, phase) for key, phase in phases)
    return Told(
        words or "no keys yet; the auth service makes the first one when it starts",
        {"keys": [_as_json(key, phase) for key, phase in phases]},
    )


async def rotate_keys(parts: Parts, chosen: argparse.Namespace) -> Told:
    """Publish a new key; it signs after the lead."""
    settings = parts.settings
    sealer = KeySealer(settings.key_encryption_key.get_secret_value())
    lead = settings.key_lead if chosen.lead is None else timedelta(seconds=chosen.lead)
    async with parts.db.begin() as tx:
        fresh = await keys.rotate_keys(tx, sealer, now=parts.clock.now(), lead=lead, overlap=settings.key_overlap)
        await administration.record_keys(tx, action="KEYS_ROTATED", kid=fresh.kid)
    signs_from = _moment(fresh.signs_from)
    return Told(
        f"key {fresh.kid} is published and signs from {signs_from}", {"kid": fresh.kid, "signs_from": signs_from}
    )


async def retire_key(parts: Parts, chosen: argparse.Namespace) -> Told:
    """Take a key out of the key set at once. Raises SigningKeyNotFound, LastSigningKey."""
    settings = parts.settings
    async with parts.db.begin() as tx:
        await keys.retire_key(tx, kid=chosen.kid, now=parts.clock.now(), overlap=settings.key_overlap)
        await administration.record_keys(tx, action="KEY_RETIRED", kid=chosen.kid)
    noticed = settings.key_lead_seconds // 2 + int(REMEMBER_SECONDS)
    return Told(
        f"key {chosen.kid} is retired; whoever verifies tokens notices within {noticed} seconds",
        {"kid": chosen.kid, "noticed_within_seconds": noticed},
    )


def _line(key: StoredKey, phase: Phase) -> str:
    end = f"  published until {_moment(key.published_until)}" if key.published_until else ""
    return f"{key.kid}  {phase:9}  signs from {_moment(key.signs_from)}{end}"


def _as_json(key: StoredKey, phase: Phase) -> dict[str, str | None]:
    end = _moment(key.published_until) if key.published_until else None
    return {"kid": key.kid, "phase": phase, "signs_from": _moment(key.signs_from), "published_until": end}


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


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
    listed = of_keys.add_parser("list", help="show every key and its phase")
    listed.set_defaults(run=list_keys)
    rotate = of_keys.add_parser("rotate", help="publish a new key, which signs after the lead")
    rotate.add_argument(
        "--lead",
        type=_seconds,
        metavar="SECONDS",
        help="time between publishing and signing; AUTH_KEY_LEAD_SECONDS unless given. Below that, some verifiers may "
        "refuse good tokens for a moment",
    )
    rotate.set_defaults(run=rotate_keys)
    retire = of_keys.add_parser("retire", help="take a key out of the key set at once: it was stolen")
    retire.add_argument("kid")
    retire.set_defaults(run=retire_key)
    for command in (admin, listed, rotate, retire):
        command.add_argument("--json", action="store_true", help="say it in JSON")
    return parser


def _seconds(text: str) -> int:
    seconds = int(text)
    if seconds < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return seconds


async def _run(parts: Parts, chosen: argparse.Namespace) -> Told:
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
