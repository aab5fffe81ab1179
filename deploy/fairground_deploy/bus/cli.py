"""The commands of `fairground bus`."""

import asyncio
import datetime
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from fairground_common import progress
from fairground_common.exits import EXIT_BAD_SETTING, EXIT_FAILED, refuse
from fairground_deploy.options import AsJson, passed_on

if TYPE_CHECKING:
    from fairground_common.messaging import Broker, Buried

    Taking = Callable[[Broker, Sequence[str], Collection[str] | None], AsyncIterator[Buried]]

T = TypeVar("T")

LOOKED_AT = 100
"""Dead letters of a queue that are shown unless somebody asks for more: a look takes a millisecond each."""

bus = typer.Typer(name="bus", no_args_is_help=True)
dead = typer.Typer(name="dead", no_args_is_help=True)
bus.add_typer(dead)

Ids = Annotated[list[str] | None, typer.Argument(metavar="ID", help="as `list` shows them")]
Every = Annotated[bool, typer.Option("--all", help="all that lie there now, instead of some")]
Queue = Annotated[str | None, typer.Option("--queue", help="a service or its queue; without it, all of them")]


@bus.callback()
def group() -> None:
    """Look after the message bus: how full the queues are, and events nobody could handle.

    Speaks to AMQP_URL (RabbitMQ), else to BUS_DATABASE_URL (embedded broker), else to the broker of the `make run`
    whose DATA_DIR is at hand. A service's own broker user may look at its own queue only.
    """


@dead.callback()
def dead_group() -> None:
    """Look at dead letters, and put them back when the cause is mended."""


@bus.command()
def status(as_json: AsJson = False) -> None:
    """Count what is in each queue, in messages (each carries up to 100 events of one type).

    ready: waiting to be consumed. held: in a consumer's hands; RabbitMQ does not tell over AMQP (`-`). dead: buried
    with a reason. consumers: a queue without one only grows.
    """
    from fairground_deploy.bus import office, words

    found = _with_broker(office.states)
    typer.echo(json.dumps(words.state_document(found), indent=2) if as_json else words.state_table(found))


@dead.command("list")
def list_letters(
    queue: Queue = None,
    limit: Annotated[int, typer.Option(min=1, help="at most so many of each queue")] = LOOKED_AT,
    as_json: AsJson = False,
) -> None:
    """List dead letters, oldest first. Looking takes nothing away."""
    from fairground_deploy.bus import office, words

    queues = _queues(queue)
    found = _with_broker(lambda broker: office.letters(broker, queues, most=limit))
    if as_json:
        typer.echo(json.dumps([words.letter_document(each) for each in found], indent=2))
    else:
        typer.echo(words.letter_table(found) if found else "no dead letters")


@dead.command()
def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="as `list` shows it")],
    queue: Queue = None,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter with its body."""
    from fairground_deploy.bus import office, words

    queues = _queues(queue)
    every = _with_broker(lambda broker: office.letters(broker, queues))
    found = [each for each in every if each.id == letter_id]
    if not found:
        refuse(EXIT_FAILED, f"there is no dead letter {letter_id}")
    for each in found:
        document = words.letter_document(each, with_body=True)
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else words.letter_page(each))


@dead.command()
def replay(ids: Ids = None, every: Every = False, queue: Queue = None, as_json: AsJson = False) -> None:
    """Put dead letters back into the queue they came from, for another try.

    A letter is safe in its queue before it leaves the dead ones, so a crash may double it and never loses it. Events
    that were applied already change nothing. What still cannot be handled is buried again.
    """
    from fairground_deploy.bus import office

    _take_away(office.replay, "put back", ids, queue, every=every, as_json=as_json)


@dead.command()
def drop(ids: Ids = None, every: Every = False, queue: Queue = None, as_json: AsJson = False) -> None:
    """Throw dead letters away, for good. `show --json` keeps a copy of what is in one."""
    from fairground_deploy.bus import office

    _take_away(office.drop, "dropped", ids, queue, every=every, as_json=as_json)


@bus.command()
def resend(
    first: Annotated[datetime.datetime, typer.Option("--from", formats=["%Y-%m-%d"], metavar="DAY", help="KST day")],
    last: Annotated[datetime.datetime, typer.Option("--to", formats=["%Y-%m-%d"], metavar="DAY", help="included")],
    as_json: AsJson = False,
) -> None:
    """Say the plays of some days again, after a broker lost its messages: `games.play_settled` of each play.

    Needs GAMES_DATABASE_URL and no broker: the events go into the outbox of games, whose worker sends them. They
    carry the ids they had, so whoever has counted one counts it no more; too many days do no harm.
    """
    from fairground_games.cli import main as games

    games(["resend", "--from", f"{first:%Y-%m-%d}", "--to", f"{last:%Y-%m-%d}", *passed_on(as_json=as_json)])


def _take_away(
    taking: "Taking", done: str, ids: list[str] | None, queue: str | None, *, every: bool, as_json: bool
) -> None:
    """Do something with some letters or with all, and say how many there were and who was missed."""
    if bool(ids) == every:
        raise typer.BadParameter("name dead letters by their ids, or say --all")
    queues, wanted = _queues(queue), None if every else set(ids or ())
    taken = _with_broker(lambda broker: _counted(taking(broker, queues, wanted), done))
    missing = sorted((wanted or set()) - {each.id for each in taken})
    progress.end_showing()
    if as_json:
        told = {done.replace(" ", "_"): [each.id for each in taken], "missing": missing}
        typer.echo(json.dumps(told, indent=2))
    else:
        typer.echo(f"{len(taken):,} {done}")
    if missing:
        refuse(EXIT_FAILED, f"there is no dead letter {', '.join(missing)}")


async def _counted(letters: "AsyncIterator[Buried]", done: str) -> list["Buried"]:
    """Wait for all of them; how far it came is said even if it fails."""
    taken: list[Buried] = []
    try:
        async for letter in letters:
            taken.append(letter)
            progress.show(f"{len(taken):,} {done}")
    except Exception:
        sys.stderr.write(f"{len(taken):,} {done}, then:\n")
        raise
    return taken


def _queues(name: str | None) -> Sequence[str]:
    from fairground_deploy.bus.office import UnknownQueue, queues_named

    try:
        return queues_named(name)
    except UnknownQueue as unknown:
        raise typer.BadParameter(str(unknown)) from None


def _with_broker(work: "Callable[[Broker], Awaitable[T]]") -> T:
    """Do something with the broker, or end the command with one line."""
    from fairground_common.messaging import BrokerAway, NotConfirmed
    from fairground_deploy.bus.address import broker_of

    try:
        broker = broker_of(os.environ)
    except ValueError as error:
        refuse(EXIT_BAD_SETTING, f"bad setting: {error}")
    try:
        return asyncio.run(_closing(broker, work))
    except BrokerAway as error:
        refuse(EXIT_FAILED, f"the broker does not answer: {error}")
    except NotConfirmed as error:
        refuse(EXIT_FAILED, f"the broker did not take it: {error}")


async def _closing(broker: "Broker", work: "Callable[[Broker], Awaitable[T]]") -> T:
    try:
        return await work(broker)
    finally:
        await broker.close()
