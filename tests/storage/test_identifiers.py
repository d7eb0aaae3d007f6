"""Ids ascend, references are readable, digits are digits."""

from random import Random

import pytest

from storage.identifiers import CROCKFORD, Identifiers


class Clock:
    def __init__(self, *times_s: float) -> None:
        self.times_s = list(times_s)

    def __call__(self) -> float:
        return self.times_s.pop(0) if len(self.times_s) > 1 else self.times_s[0]


def test_an_id_carries_the_time_and_is_a_version_7() -> None:
    made = Identifiers(Random(1), Clock(1_763_640_000.123)).uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert made.int >> 80 == 1_763_640_000_123


def test_ids_ascend_within_one_millisecond() -> None:
    ids = Identifiers(Random(2), Clock(1_763_640_000.0))
    made = [ids.uuid7() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert {each.version for each in made} == {7}


def test_ids_ascend_when_the_clock_steps_back() -> None:
    ids = Identifiers(Random(3), Clock(2000.0, 1000.0, 1500.0, 2000.0, 2000.001))
    made = [ids.uuid7() for _ in range(5)]
    assert made == sorted(set(made))


def test_two_makers_of_one_moment_differ() -> None:
    one, other = (Identifiers(Random(seed), Clock(1000.0)) for seed in (1, 2))
    assert one.uuid7() != other.uuid7()


def test_a_reference_is_seven_readable_characters() -> None:
    ids = Identifiers(Random(4), Clock(0.0))
    refs = {ids.ref() for _ in range(2_000)}
    assert len(refs) == 2_000
    assert {len(ref) for ref in refs} == {7}
    assert {char for ref in refs for char in ref} == set(CROCKFORD)
    assert not set("ILOU") & set(CROCKFORD)


@pytest.mark.parametrize("count", [4, 6])
def test_digits_keep_their_leading_zeros_and_use_every_digit(count: int) -> None:
    ids = Identifiers(Random(5), Clock(0.0))
    drawn = [ids.digits(count) for _ in range(500)]
    assert {len(each) for each in drawn} == {count}
    assert {each[0] for each in drawn} == set("0123456789")


def test_a_token_is_128_bits() -> None:
    ids = Identifiers(Random(6), Clock(0.0))
    tokens = {ids.token() for _ in range(100)}
    assert len(tokens) == 100
    assert {len(token) for token in tokens} == {32}
    assert all(int(token, 16) < 2**128 for token in tokens)
