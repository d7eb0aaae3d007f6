"""The peer: what a good developer writes by hand in an afternoon, with the usual parts. FastAPI,
SQLAlchemy's ORM over asyncio, sessions in Redis; the same menu and the same ledger work, but no
retries, no row security, no idempotency (docs/performance.md).
"""

import json
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import redis.asyncio as redis
from fastapi import FastAPI, Form
from fastapi.responses import PlainTextResponse
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

SESSION_S: Final = 180
MENU: Final = "1 Balance\n2 Rewards\n3 My rewards\n4 Enter a code\n5 My code\n6 History\n7 Settings"


class Base(DeclarativeBase):
    """The peer's own tables."""

    __table_args__ = {"schema": "peer"}  # noqa: RUF012 - SQLAlchemy's own form


class Customer(Base):
    """A member and the balance."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    points: Mapped[int]
    entries: Mapped[list["Entry"]] = relationship(back_populates="customer", lazy="raise")


class Entry(Base):
    """A movement of points."""

    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("peer.customer.id"), index=True)
    amount: Mapped[int]
    code: Mapped[str]
    at: Mapped[datetime]
    customer: Mapped[Customer] = relationship(back_populates="entries", lazy="raise")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the pool and Redis."""
    engine = create_async_engine(os.environ["PEER_DATABASE_URL"], pool_size=10, max_overflow=0)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.redis = redis.from_url(os.environ["PEER_REDIS_URL"], decode_responses=True)
    yield
    await app.state.redis.aclose()
    await engine.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/public/ussd/callback/{token}", response_class=PlainTextResponse)
async def callback(
    token: str,
    sessionId: Annotated[str, Form()],
    phoneNumber: Annotated[str, Form()],
    serviceCode: Annotated[str, Form()],
    text: Annotated[str, Form()] = "",
) -> str:
    """One step of the menu, its state in Redis."""
    kept = await app.state.redis.get(f"session:{sessionId}")
    state: dict[str, Any] = json.loads(kept) if kept else {"at": "home"}
    async with app.state.sessions() as session:
        found = await session.execute(select(Customer).where(Customer.phone == phoneNumber))
        reply = await _step(session, found.scalar_one(), state, text.rpartition("*")[2])
    await app.state.redis.set(f"session:{sessionId}", json.dumps(state), ex=SESSION_S)
    return reply


async def _step(session: AsyncSession, customer: Customer, state: dict[str, Any], said: str) -> str:
    match state["at"], said:
        case "home", "1":
            state["at"] = "balance"
            return f"CON You have {customer.points} pts.\n0 Back"
        case "home", "2":
            state["at"] = "rewards"
            return "CON Rewards\n1 Free Coffee 1\n0 Back"
        case "rewards", "1":
            state["at"] = "confirm"
            left = customer.points - 1
            return f"CON Free Coffee for 1 pts? You will have {left} left.\n1 Yes\n0 No"
        case "confirm", "1":
            return await _redeem(session, customer, state)
        case _:
            state["at"] = "home"
            return f"CON Bench Cafe\n{customer.name}: {customer.points} pts\n{MENU}"


async def _redeem(session: AsyncSession, customer: Customer, state: dict[str, Any]) -> str:
    locked = await session.get(Customer, customer.id, with_for_update=True, populate_existing=True)
    assert locked is not None, "read above"
    locked.points -= 1
    entry = Entry(customer_id=locked.id, amount=-1, code="redeem", at=datetime.now(UTC))
    session.add(entry)
    await session.commit()
    state["at"] = "done"
    code = secrets.randbelow(10**6)
    return f"CON Show this code at the till: {code:06}\nRef {entry.id}\n0 Back"
