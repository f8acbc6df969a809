"""The random streams of the library: reproducible, distinct, and made in one place."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from mediagym.envs.market import Stream, generator

ROOT = Path(__file__).parents[3]
WORDS = 4  # 32-bit words that numpy pads a key to


def words(*key):
    """The words that numpy makes of a key."""
    split = [word for number in key for word in _split(int(number))]
    return tuple(split + [0] * (WORDS - len(split)))


def _split(number):
    parts = [number % 2**32]
    while number := number >> 32:
        parts.append(number % 2**32)
    return parts


@pytest.mark.parametrize("key", [(70,), (3, 4), (2**40 + 5, 3), (Stream.COUNTS, 0, 7)])
def test_a_key_decides_the_numbers(key):
    assert generator(*key).random() == generator(*key).random()
    assert generator(*key).random() == generator(*words(*key)).random()
    assert generator(*key).random() != generator(*key, 1).random()


@pytest.mark.parametrize("other", [(1, 2), (2, 1), (0, 1)])
def test_seed_and_episode_both_decide(other):
    assert generator(1, 1).random() != generator(*other).random()


def test_a_key_is_padded_with_zeros():
    assert generator(70).random() == generator(70, 0).random()
    assert generator(70).random() == np.random.Generator(np.random.PCG64(70)).random()


def test_no_two_purposes_share_a_first_word():
    assert len({int(stream) for stream in Stream}) == len(Stream.__members__)
    rest = [(), (0,), (1,), (2**32 - 1,), (0, 0), (5, 9)]
    for first, second in combinations(Stream, 2):
        keys = [{words(stream, *more) for more in rest} for stream in (first, second)]
        assert not keys[0] & keys[1], (first, second)


def test_the_streams_of_trainings_begin_after_all_others():
    trainings = (Stream.ANALYTIC_GRADIENT, Stream.OFFLINE_LOG)
    others = [stream for stream in Stream if stream not in trainings]
    assert max(others) < min(trainings)
    assert words(Stream.ANALYTIC_GRADIENT + 2**31)[1] == 0  # one word for any usual seed


def test_published_words_do_not_change():
    assert {stream.name: int(stream) for stream in Stream} == {
        "FORECAST": 30,
        "VALIDATION": 40,
        "REPLANNING": 50,
        "PROMOTION": 60,
        "CALIBRATION_REPORT": 70,
        "MARKET": 101,
        "DEMAND_PATH": 102,
        "COUNTS": 103,
        "ADVERTISER": 104,
        "WIDER": 105,
        "PRETRAINING": 106,
        "MISSPECIFIED": 107,
        "WORLD": 108,
        "EXPERIMENT": 109,
        "ANALYTIC_GRADIENT": 1_000_000_007,
        "OFFLINE_LOG": 2_000_000_011,
    }


@pytest.mark.parametrize("room", ["envs", "agents"])
def test_every_generator_is_made_of_a_key_in_one_place(room):
    makers = ("PCG64(", "default_rng(", "RandomState(", "np.random.seed(")
    files = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / room).rglob("*.py"))
        if any(maker in path.read_text(encoding="utf-8") for maker in makers)
    ]
    assert files == (["envs/market/streams.py"] if room == "envs" else [])
