from typing import NamedTuple

import numpy as np
import pytest

from mediagym.envs.tape import Shelf, Tape, UnrecordableError, fill


class Pair(NamedTuple):
    a: np.ndarray
    b: np.ndarray
    note: str = "kept"


def pair(seed=0, shape=(1, 9)):
    rng = np.random.default_rng(seed)
    return Pair(rng.uniform(0.1, 2, shape), rng.uniform(0.1, 2, shape))


def halve(array, out):
    out[:] = array / 2


def physics(x):
    """A bit of all that the simulator does to its arrays."""
    total = np.add.accumulate(x.a, -1)[..., -1:]
    share = np.exp(-x.a / total) ** (x.b - 1) + np.float64(0.5) * x.b.sum(-1)[..., None]
    turned = np.maximum(x.a.T, 1.0).reshape(-1)[[2, 0, 1]]
    half = fill(halve, x.b, out=np.empty(x.b.shape))
    wide = np.concatenate([share, half, np.ones_like(x.a)], -1, dtype=np.float32)
    return Pair(np.minimum(np.maximum(wide, -1.0), 3.0), abs(turned) + np.arange(3.0))


def test_a_run_gives_what_the_function_gives_for_other_numbers():
    held, tape = pair(), Tape()
    played = tape.record(physics, held)
    for seed in range(5):
        for ours, theirs in zip(held[:2], pair(seed)[:2], strict=True):
            ours[...] = theirs
        tape.run()
        due = physics(pair(seed))
        assert np.array_equal(played.a, due.a)
        assert played.a.dtype == due.a.dtype
        assert np.array_equal(played.b, due.b)
        assert played.note == "kept"
        assert type(played.a) is np.ndarray


def test_tapes_of_one_shelf_share_what_is_alike_and_keep_apart_what_is_not():
    held, shelf = pair(), Shelf()
    tapes = [Tape(shelf) for _ in range(3)]
    results = []
    for k, tape in enumerate(tapes):
        results.append(tape.record(lambda x, k=k: Pair(x.a * x.b, x.a + k % 2), held))
    for k in (2, 0, 1):
        tapes[k].run()
        assert np.array_equal(results[k].a, held.a * held.b)
        assert np.array_equal(results[k].b, held.a + k % 2)
    assert tapes[0].calls[0] is tapes[1].calls[0]
    assert tapes[0].calls[1] is tapes[2].calls[1]
    assert tapes[0].calls[1] is not tapes[1].calls[1]


def in_place(x):
    x.a[...] += 1
    return x


def adds_to_itself(x):
    a = x.a
    a += 1
    return x


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x if (x.a > 0).all() else None,
        lambda x: x if x.a.sum() > 3 else None,
        lambda x: x._replace(a=x.a[x.a > 1]),
        lambda x: x._replace(a=np.array(x.a.tolist())),
        lambda x: x._replace(a=x.a * float(x.b[0, 0])),
        lambda x: x._replace(a=x.a.copy()),
        in_place,
        adds_to_itself,
    ],
)
def test_what_a_tape_cannot_repeat_is_refused(function):
    with pytest.raises(UnrecordableError):
        Tape().record(function, pair())


def test_without_a_tape_a_call_just_fills():
    out = np.empty(3)
    assert fill(halve, np.arange(3.0), out=out) is out
    assert out.tolist() == [0, 0.5, 1]
