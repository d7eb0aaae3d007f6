"""Ten wrong keys in fifteen minutes, then a wait."""

from gateway.console.tries import PEERS_MAX, Tries


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_eleventh_try_waits_until_the_first_is_fifteen_minutes_old() -> None:
    clock = Clock()
    tries = Tries(clock)
    for _ in range(10):
        assert tries.wait_s("196.201.214.1") == 0
        tries.note("196.201.214.1")
        clock.now += 10
    assert tries.wait_s("196.201.214.1") == 801
    assert tries.wait_s("196.201.214.2") == 0
    clock.now = 1000 + 900
    assert tries.wait_s("196.201.214.1") == 0
    tries.note("196.201.214.1")
    assert tries.wait_s("196.201.214.1") == 11


def test_an_ipv6_peer_is_its_network_and_a_mapped_one_its_address() -> None:
    tries = Tries(Clock())
    for n in range(10):
        tries.note(f"2001:db8::{n:x}")
        tries.note(f"::ffff:10.0.0.{n}")
    assert tries.wait_s("2001:db8::ffff:1") > 0
    assert tries.wait_s("2001:db8:0:1::1") == 0
    assert tries.wait_s("::ffff:10.0.0.1") == 0


def test_many_peers_take_no_more_room_than_that() -> None:
    tries = Tries(Clock())
    for n in range(PEERS_MAX + 50):
        tries.note(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    tries.note("no address at all" * 1000)
    assert len(tries._wrong) == PEERS_MAX
