"""The floor: Starlette and one PostgreSQL round trip per request, the least that a gateway with
state can do. It reads who calls, under row security, and writes nothing (docs/performance.md).
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import parse_qsl

from psycopg import AsyncConnection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

CONNECTIONS: Final = 8
_READ: Final = "select bench.floor(%s, %s)"

FUNCTION: Final = """
create schema if not exists bench;
create or replace function bench.floor(p_tenant uuid, p_phone text) returns text
language plpgsql stable as $$
declare
    r record;
begin
    perform set_config('app.tenant_id', p_tenant::text, true);
    select m.name, w.posted - w.held as available into r
      from public.member_address a
      join public.member m on m.tenant_id = p_tenant and m.id = a.member_id
      join public.account w on w.tenant_id = p_tenant and w.member_id = a.member_id
     where a.tenant_id = p_tenant and a.kind = 'msisdn' and a.value = p_phone;
    return r.name || ': ' || r.available;
end
$$;
grant usage on schema bench to maita_app;
grant execute on all functions in schema bench to maita_app;
"""


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the connections, the last used taken first."""
    app.state.idle = [
        await AsyncConnection.connect(os.environ["FLOOR_DATABASE_URL"], autocommit=True)
        for _ in range(CONNECTIONS)
    ]
    app.state.waiting = []
    yield
    for connection in app.state.idle:
        await connection.close()


async def callback(request: Request) -> PlainTextResponse:
    """Answer with what the database knows of the caller."""
    form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
    found = await _call(request.app.state, form["phoneNumber"])
    menu = "1 Balance\n2 Rewards\n3 My rewards\n4 Enter a code\n5 My code\n6 History\n7 Settings"
    return PlainTextResponse(f"CON Bench Cafe\n{found} pts\n{menu}")


async def _call(state: Any, phone: str) -> str:
    while not state.idle:
        await _turn(state)
    connection = state.idle.pop()
    try:
        cursor = await connection.execute(_READ, (os.environ["FLOOR_TENANT"], phone))
        (found,) = await cursor.fetchone()
    finally:
        state.idle.append(connection)
        if state.waiting:
            state.waiting.pop(0).set_result(None)
    return str(found)


async def _turn(state: Any) -> None:
    waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    state.waiting.append(waiter)
    await waiter


app = Starlette(
    routes=[Route("/public/ussd/callback/{token}", callback, methods=["POST"])], lifespan=lifespan
)
