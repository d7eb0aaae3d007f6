"""Phones that talk as fast as they are answered: a process of its own, so that its work is not the
server's. Reads a `Task` as JSON on stdin, writes a `Tally` as JSON on stdout.

Each phone keeps one connection and posts what an Africa's Talking gateway would (wire-formats.md
1). An answer that is not the expected screen is an error, so that no refusal passes for speed.
"""

import asyncio
import random
import sys
import time
from array import array
from typing import Final

import msgspec
import uvloop

HEAD: Final = (
    "POST {path} HTTP/1.1\r\nHost: {host}\r\n"
    "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
)


class Step(msgspec.Struct, frozen=True):
    """One callback of a dialog: all that was typed so far, and what the answer must contain."""

    text: str
    expects: str


class Task(msgspec.Struct, frozen=True):
    """What to do. `members`: how many numbers there are to dial as, from `first` on; `salt` makes
    this run's carrier sessions new."""

    host: str
    port: int
    path: str
    code: str
    steps: tuple[Step, ...]
    clients: int
    seconds: float
    members: int
    first: int
    salt: str


class Tally(msgspec.Struct, frozen=True):
    """What came of it; times in microseconds, of every callback. `wrong`: the first answer that
    was not the expected one."""

    callbacks: int
    errors: int
    seconds: float
    p50_us: float
    p95_us: float
    p99_us: float
    wrong: str = ""


class _Phone(asyncio.Protocol):
    """One connection that sends a callback, waits for its answer, and sends the next."""

    def __init__(self, task: Task, number: int, deadline: float, done: asyncio.Event) -> None:
        self._task, self._deadline, self._done = task, deadline, done
        self._rng = random.Random(f"{task.salt}:{number}")
        self._number, self._dialled = number, 0
        self._head = HEAD.format(path=task.path, host=f"{task.host}:{task.port}").encode()
        self._buffer, self._step = b"", 0
        self.times, self.errors, self.wrong = array("d"), 0, ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        # uvloop's transports are transports without inheriting it.
        self._transport = transport
        self._dial()

    def data_received(self, data: bytes) -> None:
        """Answers are whole in one or two packets; what is missing is waited for."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head):
            return
        now = time.perf_counter()
        self.times.append(now - self._sent)
        self._check(head, body)
        self._buffer = b""
        if now >= self._deadline:
            self._end()
        elif self._step + 1 < len(self._task.steps):
            self._say(self._step + 1)
        else:
            self._dial()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.is_set():
            self.errors += 1
            self.wrong = self.wrong or "the connection was closed"
            self._done.set()

    def _check(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"HTTP/1.1 200") and self._expected in body:
            return
        self.errors += 1
        self.wrong = self.wrong or f"step {self._step}: {(head[:40] + b' ' + body).decode()!r}"

    def _dial(self) -> None:
        share = self._task.members // self._task.clients
        member = self._number + self._task.clients * self._rng.randrange(max(share, 1))
        self._phone = f"%2B263{self._task.first + member}"
        self._dialled += 1
        self._session = f"ATUid_{self._task.salt}_{self._number}_{self._dialled}"
        self._say(0)

    def _say(self, step: int) -> None:
        self._step = step
        said = self._task.steps[step]
        self._expected = said.expects.encode()
        form = (
            f"sessionId={self._session}&phoneNumber={self._phone}&networkCode=64804"
            f"&serviceCode={self._task.code}&text={said.text.replace('*', '%2A')}"
        ).encode()
        self._sent = time.perf_counter()
        self._transport.write(b"%s%d\r\n\r\n%s" % (self._head, len(form), form))

    def _end(self) -> None:
        self._done.set()
        self._transport.close()


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r", 1)[0])


async def run(task: Task) -> Tally:
    """Talk for `task.seconds`."""
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    phones = []
    for number in range(task.clients):
        done = asyncio.Event()
        phone = _Phone(task, number, started + task.seconds, done)
        phones.append((phone, done))
        await loop.create_connection(lambda phone=phone: phone, task.host, task.port)  # type: ignore[misc]
    for _, done in phones:
        await done.wait()
    seconds = time.perf_counter() - started
    times = sorted(t for phone, _ in phones for t in phone.times)
    at = {p: times[min(int(len(times) * p), len(times) - 1)] * 1e6 for p in (0.5, 0.95, 0.99)}
    return Tally(
        callbacks=len(times),
        errors=sum(phone.errors for phone, _ in phones),
        seconds=seconds,
        p50_us=at[0.5],
        p95_us=at[0.95],
        p99_us=at[0.99],
        wrong=next((phone.wrong for phone, _ in phones if phone.wrong), ""),
    )


def main() -> None:
    """Read the task, do it, tell."""
    task = msgspec.json.decode(sys.stdin.buffer.read(), type=Task)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        tally = runner.run(run(task))
    sys.stdout.buffer.write(msgspec.json.encode(tally))


if __name__ == "__main__":
    main()
