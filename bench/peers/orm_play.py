"""A play as it is usually written: FastAPI, one SQLAlchemy session a request, an object for each row.

It writes the rows that the product writes (player, play, ledger, event log, outbox; the play carries its idempotency
key) and is spared the rest: no token is checked (the bearer is the player's number), nothing is limited, logged,
receipted or sent to the season pass. ``python -m bench.peers.orm_play``, told by PORT and DATABASE_URL.
"""

import datetime
import json
import os
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from bench.peers.orm_models import Config, Credit, LogLine, Outgoing, Player, PlayRow, Schedule

CONNECTIONS = 20
SLOTS = 6
POINTS = 10
SEOUL = ZoneInfo("Asia/Seoul")


class Answer(BaseModel):
    """What a player is told."""

    play_id: uuid.UUID
    outcome: dict[str, Any]
    reward: dict[str, Any]
    used_today: int
    balance: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    url = os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://")
    engine = create_async_engine(url, pool_size=CONNECTIONS, max_overflow=0)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    yield
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


async def in_transaction(request: Request) -> AsyncIterator[AsyncSession]:
    async with request.app.state.sessions.begin() as session:
        yield session


@app.post("/api/roulette/play")
async def play(
    session: Annotated[AsyncSession, Depends(in_transaction, scope="function")],
    authorization: Annotated[str, Header()],
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Answer:
    user_id = int(authorization.removeprefix("Bearer "))
    player = await session.get(Player, user_id, with_for_update=True)
    if player is None:
        raise HTTPException(404)
    before = await _played_before(session, user_id, idempotency_key)
    if before is not None:
        return _answer(before)
    now = datetime.datetime.now(datetime.UTC)
    config = await _open_config(session, now.astimezone(SEOUL).date())
    made = _settle(player, config, now, idempotency_key)
    session.add_all([made, *_effects(made, now)])
    return _answer(made)


async def _played_before(session: AsyncSession, user_id: int, key: str | None) -> PlayRow | None:
    if key is None:
        return None
    same = select(PlayRow).where(PlayRow.game == "roulette", PlayRow.user_id == user_id, PlayRow.idempotency_key == key)
    return (await session.scalars(same)).one_or_none()


async def _open_config(session: AsyncSession, today: datetime.date) -> Config:
    schedule = await session.get(Schedule, today)
    if schedule is None or schedule.feature_type != "ROULETTE" or not schedule.is_active:
        raise HTTPException(403, "not today")
    active = select(Config).where(Config.game == "roulette", Config.state == "ACTIVE")
    return (await session.scalars(active)).one()


def _settle(player: Player, config: Config, now: datetime.datetime, key: str | None) -> PlayRow:
    today = now.astimezone(SEOUL).date()
    used = player.used if player.day == today else {}
    used_today = used.get("roulette", 0) + 1
    if config.max_daily and used_today > config.max_daily:
        raise HTTPException(403, "no plays left today")
    slot = secrets.randbelow(SLOTS)
    player.day, player.used = today, {**used, "roulette": used_today}
    player.balance += POINTS
    player.nonce += 1
    player.updated_at = now
    return PlayRow(
        play_id=uuid.uuid4(),
        game="roulette",
        event_id=uuid.uuid4(),
        user_id=player.user_id,
        config_version=config.version,
        day=today,
        created_at=now,
        pair=player.pair,
        nonce=player.nonce,
        outcome_key=str(slot),
        outcome={"slot_index": slot},
        reward={"type": "POINT", "amount": POINTS},
        receipt={},
        used_today=used_today,
        max_daily=config.max_daily,
        balance=player.balance,
        idempotency_key=key,
    )


def _effects(made: PlayRow, now: datetime.datetime) -> list[Credit | LogLine | Outgoing]:
    told = {"play_id": str(made.play_id), "outcome": made.outcome_key, "reward": made.reward}
    event = {"event_id": str(made.event_id), "type": "games.play_settled.v1", "user_id": made.user_id, "payload": told}
    return [
        Credit(
            user_id=made.user_id,
            type="POINT",
            amount=POINTS,
            balance_after=made.balance,
            source_kind="play",
            source_id=made.play_id,
            created_at=now,
        ),
        LogLine(created_at=now, user_id=made.user_id, action="PLAY", feature_type="ROULETTE", result=told),
        Outgoing(
            event_id=made.event_id,
            type="games.play_settled.v1",
            key=made.user_id,
            envelope=json.dumps(event),
            created_at=now,
        ),
    ]


def _answer(made: PlayRow) -> Answer:
    return Answer.model_validate(made, from_attributes=True)


if __name__ == "__main__":
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        http="httptools",
        loop="uvloop",
        access_log=False,
        log_level="warning",
    )
