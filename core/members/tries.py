"""Wrong tries: counted where commits keep them, so that no restart forgives any.

Two ways. A *ladder* (PINs): 3 wrong lock for 15 minutes, 6 for a day, 10 until a reset; a right
one forgives. A *window* (codes): 10 wrong an hour (security.md 17, 19, 20).
"""

from datetime import datetime, timedelta
from typing import Final

from core.changes import CounterMoved
from core.errors import PinLocked, PinWrong, TooManyTries
from core.facts import Counter

LADDER: Final = ((3, timedelta(minutes=15)), (6, timedelta(hours=24)), (10, None))
WINDOW: Final = timedelta(hours=1)
WINDOW_TRIES: Final = 10


def refuse_locked(counter: Counter, now: datetime) -> None:
    """Raise PinLocked while a ladder's lock holds; nothing is hashed or counted meanwhile."""
    if counter.n >= LADDER[-1][0]:
        raise PinLocked(until=None)
    if counter.until is not None and counter.until > now:
        raise PinLocked(until=counter.until)


def wrong_pin(counter: Counter, now: datetime) -> tuple[PinWrong | PinLocked, CounterMoved]:
    """Count a wrong PIN; the refusal says how many are left, or until when it is locked."""
    n = counter.n + 1
    for rung, lock in LADDER:
        if n == rung:
            until = None if lock is None else now + lock
            return PinLocked(until=until), _moved(counter, n, until)
    left = next(rung for rung, _ in LADDER if rung > n) - n
    return PinWrong(left=left), _moved(counter, n, None)


def forgiven(counter: Counter) -> tuple[CounterMoved, ...]:
    """A right PIN takes all wrong ones back."""
    return (_moved(counter, 0, None),) if counter.n else ()


def refuse_many(counter: Counter, now: datetime, most: int = WINDOW_TRIES) -> None:
    """Raise TooManyTries while a window is full, right code or wrong."""
    if full(counter, now, most):
        raise TooManyTries


def full(counter: Counter, now: datetime, most: int = WINDOW_TRIES) -> bool:
    """True while a window holds all the wrong tries that it may."""
    return counter.n >= most and counter.until is not None and counter.until > now


def added(counter: Counter, other: Counter) -> tuple[CounterMoved, ...]:
    """What another counted is this one's too, and the later end counts: the wrong tries of two
    members who are one."""
    if not other.n:
        return ()
    ends = [until for until in (counter.until, other.until) if until]
    return (_moved(counter, counter.n + other.n, max(ends, default=None)),)


def wrong_code(
    counter: Counter, now: datetime, most: int = WINDOW_TRIES
) -> tuple[int, CounterMoved]:
    """Count a wrong code; answers how many are left in this window."""
    running = counter.until is not None and counter.until > now
    n = counter.n + 1 if running else 1
    until = counter.until if running else now + WINDOW
    return most - n, _moved(counter, n, until)


def _moved(counter: Counter, n: int, until: datetime | None) -> CounterMoved:
    return CounterMoved(
        scope=counter.scope,
        subject=counter.subject,
        was=counter.n if counter.stored else None,
        n=n,
        until=until,
    )
