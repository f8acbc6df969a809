"""Removal effects of a Markov chain of any order, exact, and their derivative by each path."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from ..journeys import Paths, count_by_code, renumber
from ..types import Floats, Ints

_MAX_SWEEPS = 2000  # iterations of Jacobi's method before sparse LU replaces it
_TAIL_TOLERANCE = 1e-15  # relative size of the geometric tail that is neglected


@dataclass(frozen=True, eq=False)
class Chain:
    """Absorbing Markov chain whose states are the distinct padded k-grams of labels."""

    names: tuple[str, ...]  # (labels,)
    label: Ints  # (states,) last label of each state
    state: Ints  # (touches,) state at each touch of the paths
    visits: Floats  # (states,) number of visits, > 0
    moves: sparse.csr_array  # (states, states) Q, row-normalised counts
    converts: Floats  # (states,) r, probability that a conversion comes next
    start: Floats  # (states,) s, distribution of the first state
    journeys: float  # number of journeys

    @property
    def present(self) -> Ints:
        """(present labels,) labels that some state ends with."""
        return np.unique(self.label)


@dataclass(frozen=True, eq=False)
class Removal:
    """Loss of the chain's conversion rate when a label's states lead to null."""

    rate: float  # conversion probability with all labels, s · b
    effect: Floats  # (labels,) RE, share of conversions lost, in [0, 1]; 0 where absent
    gain: Floats  # (states, present labels) conversion probability with minus without the label
    reach: Floats  # (states, present labels) expected visits per journey without the label


def chain_of(paths: Paths, order: int) -> Chain:
    """Transition frequencies of the paths.

    Args:
        paths: each weighs as many journeys as it counts, converting and null.
        order: k, number of landings that a state remembers, >= 1.
    """
    state, label, size = _states(paths, order)
    weight = paths.conversions + paths.nulls
    touch_weight = np.repeat(weight, paths.length)
    visits = count_by_code(state, touch_weight, size)
    has_next = np.ones(len(state), bool)
    has_next[paths.last] = False
    at = np.flatnonzero(has_next)
    code = state[at] * len(paths.names) + paths.label[at + 1]  # determines the next state
    move, count = renumber(code, size * len(paths.names))
    ends = np.zeros((2, count), np.int64)
    ends[:, move] = state[at], state[at + 1]
    share = count_by_code(move, touch_weight[at], count) / visits[ends[0]]
    moves = sparse.csr_array((share, (ends[0], ends[1])), shape=(size, size))
    converts = count_by_code(state[paths.last], paths.conversions, size) / visits
    total = float(weight.sum())
    start = count_by_code(state[paths.first], weight, size) / total
    return Chain(paths.names, label, state, visits, moves, converts, start, total)


def removal(chain: Chain) -> Removal:
    """Removal effects of all labels.

    Let b = (I - Q)^-1 r and A the states that end with a label. The loss when A leads to null is
    d = b on A and d = Q d elsewhere, so RE = s · d / s · b. This equals
    (sN)_A [N_AA]^-1 b_A / (s · b) with N = (I - Q)^-1, without subtracting nearly equal numbers.

    Returns:
        The effects, and the intermediate results that `markov_influence` needs.
    """
    present = chain.present
    transient = chain.label[:, None] != present[None, :]
    everything = np.ones((len(chain.label), 1), bool)
    b = absorb(chain.moves, chain.converts[:, None], everything)
    lost = absorb(chain.moves, np.where(transient, 0.0, b), transient)
    start = np.where(transient, chain.start[:, None], 0.0)
    reach = absorb(chain.moves.T.tocsr(), start, transient)
    rate = float(chain.start @ b[:, 0])
    effect = np.zeros(len(chain.names))
    if rate > 0:
        effect[present] = chain.start @ lost / rate
    return Removal(rate, effect, lost, reach)


def credits_of_effects(effect: Floats, conversions: Floats | float) -> Floats:
    """(..., labels) conversions in proportion to (..., labels) removal effects."""
    total = effect.sum(-1, keepdims=True)
    share = np.divide(effect, total, out=np.zeros_like(effect), where=total > 0)
    return np.asarray(share * np.asarray(conversions)[..., None])


def markov_influence(paths: Paths, chain: Chain, removal: Removal) -> tuple[Floats, Floats]:
    """Derivative of each label's lost rate by the number of journeys along each path.

    The lost rate is s · d_c = s · b - v_c, where v_c = s · b^c is the rate without label c. One
    more journey adds its start and each of its moves to the counts.

    Returns:
        (paths, present labels) derivatives for a converting journey, and for a null one.
    """
    at, owner = chain.state, paths.owner
    b = absorb(chain.moves, chain.converts[:, None], np.ones((len(chain.label), 1), bool))
    without = b - removal.gain  # 0 on the removed states
    weight = removal.reach / chain.visits[:, None]
    has_next = np.ones(len(at), bool)
    has_next[paths.last] = False
    path = np.zeros((len(paths.conversions), without.shape[1]))
    rate = removal.rate - chain.start @ removal.gain
    for c in range(without.shape[1]):
        after = np.append(without[at[1:], c], 0.0) * has_next
        step = weight[at, c] * (after - without[at, c])
        path[:, c] = count_by_code(owner, step, len(path))
        path[:, c] += (without[at[paths.first], c] - rate[c]) / chain.journeys
    closing = weight[at[paths.last]]
    full = -removal.rate / chain.journeys
    return full + 1.0 / chain.journeys - path - closing, full - path


def absorb(moves: sparse.csr_array, source: Floats, transient: NDArray[np.bool_]) -> Floats:
    """(states, columns) solutions of x = transient · (Q x) + source.

    Jacobi's method adds only terms >= 0, so nothing cancels; it stops when the geometric tail of
    the remaining terms is below rounding. Where journeys are too long for it to converge, sparse
    LU solves the columns one by one.

    Args:
        moves: (states, states) Q, >= 0.
        source: (states, columns) >= 0.
        transient: (states, columns or 1) False on removed states, where x = source.
    """
    diagonal = moves.diagonal()
    off_diagonal = (moves - sparse.diags_array(diagonal)).tocsr()
    scale = np.where(transient, 1.0 / (1.0 - diagonal)[:, None], 1.0)
    constant = scale * source
    factor = np.where(transient, scale, 0.0)
    x, change = constant.copy(), np.inf
    for _ in range(_MAX_SWEEPS):
        new = factor * (off_diagonal @ x) + constant
        previous, change = change, float(np.abs(new - x).max())
        x = new
        ratio = change / previous if np.isfinite(previous) else 1.0
        tolerance = _TAIL_TOLERANCE * x.max()
        if change == 0.0 or (ratio < 1.0 and change * ratio / (1.0 - ratio) < tolerance):
            return np.asarray(x)
    return _solve_by_lu(moves, source, np.broadcast_to(transient, source.shape))


def _solve_by_lu(moves: sparse.csr_array, source: Floats, transient: NDArray[np.bool_]) -> Floats:
    x = np.empty_like(source)
    identity = sparse.eye_array(moves.shape[0])
    for column in range(source.shape[1]):
        system = identity - sparse.diags_array(transient[:, column].astype(float)) @ moves
        x[:, column] = splu(system.tocsc()).solve(source[:, column])
    return x


def _states(paths: Paths, order: int) -> tuple[Ints, Ints, int]:
    """State of each touch, last label of each state, and number of states."""
    size = len(paths.names)
    place = np.arange(len(paths.label)) - np.repeat(paths.first, paths.length)
    code, count = renumber(paths.label, size)
    for back in range(1, order):
        earlier = np.concatenate([np.zeros(back, np.int64), paths.label])[: len(place)]
        gram = np.where(place >= back, earlier, size)  # padding before the start
        code, count = renumber(gram * count + code, (size + 1) * count)
    label = np.zeros(count, np.int64)
    label[code] = paths.label
    return code, label, count
