"""Credit by removal from a Markov chain of any order, exact, with its sensitivity to each path."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from ..journeys import Paths, count_by_code, renumber
from ..types import Floats, Ints

_SWEEPS = 2000  # of the iteration before the factorisation takes over
_TAIL = 1e-15  # relative size of what further sweeps would add


@dataclass(frozen=True, eq=False)
class Chain:
    """Absorbing chain whose states are the distinct padded k-grams of labels."""

    names: tuple[str, ...]  # (labels,)
    label: Ints  # (states,) last label of each state
    state: Ints  # (touches,) state of each touch of the paths
    visits: Floats  # (states,) how often each was visited, > 0
    moves: sparse.csr_array  # (states, states) Q, row-normalised counts
    converts: Floats  # (states,) r, chance of a conversion next
    start: Floats  # (states,) s, law of the first state
    journeys: float  # how many

    @property
    def present(self) -> Ints:
        """(present labels,) those that any state ends with."""
        return np.unique(self.label)


@dataclass(frozen=True, eq=False)
class Removal:
    """What the chain loses when a label's states lead to null."""

    rate: float  # chance of a conversion with all labels, s · b
    effect: Floats  # (labels,) RE, the share of conversions lost, in [0, 1]; 0 where absent
    gain: Floats  # (states, present labels) conversions from a state with the label less without
    reach: Floats  # (states, present labels) expected visits a journey without the label


def chain_of(paths: Paths, order: int) -> Chain:
    """Fit the chain by counting.

    Args:
        paths: with conversions and nulls; each weighs what it counts.
        order: k, landings that a state remembers, >= 1.
    """
    state, label, size = _states(paths, order)
    weight = paths.conversions + paths.nulls
    each = np.repeat(weight, paths.length)
    visits = count_by_code(state, each, size)
    stays = np.ones(len(state), bool)
    stays[paths.last] = False
    at = np.flatnonzero(stays)
    code = state[at] * len(paths.names) + paths.label[at + 1]  # which fixes the next state
    move, count = renumber(code, size * len(paths.names))
    ends = np.zeros((2, count), np.int64)
    ends[:, move] = state[at], state[at + 1]
    share = count_by_code(move, each[at], count) / visits[ends[0]]
    moves = sparse.csr_array((share, (ends[0], ends[1])), shape=(size, size))
    converts = count_by_code(state[paths.last], paths.conversions, size) / visits
    total = float(weight.sum())
    start = count_by_code(state[paths.first], weight, size) / total
    return Chain(paths.names, label, state, visits, moves, converts, start, total)


def removal(chain: Chain) -> Removal:
    """Removal effects of all labels.

    With b = (I - Q)^-1 r and A the states that end with a label, d = b on A and d = Q d elsewhere
    is what conversions lose when A leads to null, so RE = s · d / s · b; the same number as
    (sN)_A [N_AA]^-1 b_A / (s · b), without a difference of near numbers.

    Returns:
        The effects and what `influence_of` needs.
    """
    present = chain.present
    kept = chain.label[:, None] != present[None, :]
    everything = np.ones((len(chain.label), 1), bool)
    b = absorb(chain.moves, chain.converts[:, None], everything)
    lost = absorb(chain.moves, np.where(kept, 0.0, b), kept)
    reach = absorb(chain.moves.T.tocsr(), np.where(kept, chain.start[:, None], 0.0), kept)
    rate = float(chain.start @ b[:, 0])
    effect = np.zeros(len(chain.names))
    if rate > 0:
        effect[present] = chain.start @ lost / rate
    return Removal(rate, effect, lost, reach)


def credits_of_effects(effect: Floats, conversions: Floats | float) -> Floats:
    """(..., labels) conversions shared in proportion to removal effects."""
    total = effect.sum(-1, keepdims=True)
    share = np.divide(effect, total, out=np.zeros_like(effect), where=total > 0)
    return np.asarray(share * np.asarray(conversions)[..., None])


def influence_of(paths: Paths, chain: Chain, found: Removal) -> tuple[Floats, Floats]:
    """How the lost rate of each label moves with one more journey along each path.

    The derivative of s · d by the counts, by the chain rule through v_c = s · b^c, the rate
    without label c: a journey adds its start and each of its moves.

    Returns:
        (paths, present labels) derivatives of s · d_c for a converting journey, and for a null.
    """
    at, owner = chain.state, paths.owner
    b = absorb(chain.moves, chain.converts[:, None], np.ones((len(chain.label), 1), bool))
    without = b - found.gain  # 0 on the removed states
    weight = found.reach / chain.visits[:, None]
    follows = np.ones(len(at), bool)
    follows[paths.last] = False
    path = np.zeros((len(paths.conversions), without.shape[1]))
    rate = found.rate - chain.start @ found.gain
    for c in range(without.shape[1]):
        after = np.append(without[at[1:], c], 0.0) * follows
        step = weight[at, c] * (after - without[at, c])
        path[:, c] = count_by_code(owner, step, len(path))
        path[:, c] += (without[at[paths.first], c] - rate[c]) / chain.journeys
    closing = weight[at[paths.last]]
    full = -found.rate / chain.journeys
    return full + 1.0 / chain.journeys - path - closing, full - path


def absorb(moves: sparse.csr_array, source: Floats, kept: NDArray[np.bool_]) -> Floats:
    """Solve x = kept · (Q x) + source for every column.

    Sweeps of Jacobi's method add terms that are never negative, so nothing cancels; they stop
    when the geometric tail of what is left is below rounding. Where journeys are so long that
    sweeps do not get there, sparse LU solves the columns one by one.

    Args:
        moves: (states, states) Q, >= 0.
        source: (states, columns) >= 0.
        kept: (states, columns or 1) whether a state goes on; where not, x = source.
    """
    stay = moves.diagonal()
    off = (moves - sparse.diags_array(stay)).tocsr()
    scale = np.where(kept, 1.0 / (1.0 - stay)[:, None], 1.0)
    fixed = scale * source
    through = np.where(kept, scale, 0.0)
    x, change = fixed.copy(), np.inf
    for _ in range(_SWEEPS):
        new = through * (off @ x) + fixed
        before, change = change, float(np.abs(new - x).max())
        x = new
        pace = change / before if np.isfinite(before) else 1.0
        if change == 0.0 or (pace < 1.0 and change * pace / (1.0 - pace) < _TAIL * x.max()):
            return np.asarray(x)
    return _factorised(moves, source, np.broadcast_to(kept, source.shape))


def _factorised(moves: sparse.csr_array, source: Floats, kept: NDArray[np.bool_]) -> Floats:
    x = np.empty_like(source)
    unit = sparse.eye_array(moves.shape[0])
    for column in range(source.shape[1]):
        system = unit - sparse.diags_array(kept[:, column].astype(float)) @ moves
        x[:, column] = splu(system.tocsc()).solve(source[:, column])
    return x


def _states(paths: Paths, order: int) -> tuple[Ints, Ints, int]:
    """State of each touch, the last label of each state, and how many states there are."""
    size = len(paths.names)
    place = np.arange(len(paths.label)) - np.repeat(paths.first, paths.length)
    code, count = renumber(paths.label, size)
    for back in range(1, order):
        earlier = np.concatenate([np.zeros(back, np.int64), paths.label])[: len(place)]
        gram = np.where(place >= back, earlier, size)  # beyond the start: padding
        code, count = renumber(gram * count + code, (size + 1) * count)
    label = np.zeros(count, np.int64)
    label[code] = paths.label
    return code, label, count
