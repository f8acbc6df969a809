"""`Stream` and `generator`: the random streams of the library, each with its purpose.

Every random number comes from a PCG64 generator whose key is a list of non-negative integers. numpy
reads a key as 32-bit words padded with zeros, so [70], 70 and [70, 0] are one key; keys whose first
words differ give independent streams. Streams of the library's own begin with a word of `Stream`,
streams of a user with a seed of the configuration:

- ``[seed, episode]``: the flights of an environment (``reset(seed)``) and of an evaluation
  (``evaluation.seed``), the draws of a posterior predictive, the demand paths of ``solver.seed``
  and ``static_cvar``, the Thompson draw of a day
- ``[seed]``: calibration, synthetic advertisers, ``cma``, the bootstrap of an evaluation
- ``[seed, days]``: the update of a calibration to a history of that many days
- ``[seed, 1]``: the journeys of a synthetic advertiser

A user's seed is not kept apart from the words of `Stream`, nor from the seeds of other settings: an
environment that is reset with the seed 30 begins its flights with the generators behind a plan's
intervals. Equal keys are harmless there: each consumer draws other quantities in another order from
a fresh generator, and no result combines two of them. Two cases are worth knowing. ``reset(seed)``
and ``evaluation.seed`` of the same value give nearly the same noise to the same episode, if in
other markets: evaluate with a seed that nothing was trained with. And the journeys' ratios of a
plan, ``[FORECAST, 1]``, are drawn from the numbers that are also the demand path of its second
held-out draw.

No word may change: the held-out markets of the benchmark and all published figures depend on them.
"""

from enum import IntEnum, unique

import numpy as np


@unique
class Stream(IntEnum):
    """First words of the keys of the library's own streams."""

    FORECAST = 30  # [.., draw]: noise behind a plan's intervals; [.., 1]: its journeys' ratios
    VALIDATION = 40  # [.., draw]: noise in which a calibration's networks are selected
    REPLANNING = 50  # [.., draw]: demand paths behind the gradients of the rolling horizon
    PROMOTION = 60  # [.., row]: multipliers of demand by draw on the days of a calendar's row
    CALIBRATION_REPORT = 70  # [..]: draws from the priors in a calibration's report
    MARKET = 101  # [.., market seed]: parameters of a task's market
    DEMAND_PATH = 102  # [.., market seed]: demand path of a task's market
    COUNTS = 103  # [.., reset seed, episode]: count noise of a held-out flight
    ADVERTISER = 104  # [.., seed]: sizes, effects and constraints of a random advertiser
    WIDER = 105  # [.., seed, episode]: what a training market differs by from the posterior's
    PRETRAINING = 106  # [.., seed, iteration]: advertisers of an iteration
    MISSPECIFIED = 107  # [.., market seed]: curves of a held-out market; [.., 1]: its changes
    WORLD = 108  # [.., seed, first episode]: seeds of training flights in a world
    EXPERIMENT = 109  # [.., seed]: random changes of spend by which a filter is to learn
    ANALYTIC_GRADIENT = 1_000_000_007  # plus the training seed, [.., episode]: flights of apg
    OFFLINE_LOG = 2_000_000_011  # plus the training seed, [.., episode]: flights of an offline log


def generator(*key: int) -> np.random.Generator:
    """Return the generator of a key, such as ``(seed, episode)`` or ``(Stream.MARKET, seed)``."""
    return np.random.Generator(np.random.PCG64(key))
