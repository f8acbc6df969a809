"""How alike campaigns are a priori: what an advertiser's and a channel's campaigns share.

In the scale in which every parameter is standard normal, ``z = sqrt(a) u + sqrt(c) v + sqrt(1 - a
- c) e``: u is the advertiser's, v the channel's, e the campaign's own. So each campaign's prior
stays standard normal while its relatives' data speak for it (partial pooling with a known
covariance; Gelman et al., Bayesian Data Analysis, chapter 5). Given u and v the campaigns are
independent again, and given the campaigns u and v are Gaussian: a Gibbs sampler.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ...data.types import Floats
from .laplace import StudentT


class SharedEffects(NamedTuple):
    """What relatives share, one set a draw."""

    advertiser: Floats  # (draws, dimensions)
    channel: Floats  # (draws, channels, dimensions)


class PartialPooling:
    """Correlations between campaigns, and the draws of what they share."""

    def __init__(self, channels: Sequence[str], advertiser: float, channel: float) -> None:
        """Set up.

        Args:
            channels: (campaigns,) the channel of each campaign.
            advertiser: prior correlation of any two campaigns, in [0, 1).
            channel: what two campaigns of one channel have in common beyond it; the sum is < 1.
        """
        order = list(dict.fromkeys(channels))
        self.owner = np.array([order.index(name) for name in channels])  # (campaigns,)
        self.member = (self.owner == np.arange(len(order))[:, None]).astype(float)
        self.roots = np.sqrt([advertiser, channel])
        self.own = 1 - advertiser - channel  # variance of a campaign's own part

    def draw(self, z: Floats, rng: np.random.Generator) -> SharedEffects:
        """Draw what is shared given campaigns' draws, (draws, campaigns, dimensions).

        First the advertiser's part, the channels' integrated out, then theirs given it.
        """
        a, c = self.roots
        size = self.member.sum(1)[:, None]
        sums = np.einsum("ck,nkd->ncd", self.member, z)
        known = (
            c**2 * size + self.own
        )  # variance of a channel's sum given the advertiser, a campaign
        advertiser = _normal(
            a * (sums / known).sum(1), a**2 * float((size / known).sum()), 1.0, rng
        )
        rest = sums - a * size * advertiser[:, None]
        return SharedEffects(advertiser, _normal(c * rest, c**2 * size, self.own, rng))

    def mean(self, common: SharedEffects) -> Floats:
        """Return what relatives lead to expect, (draws, campaigns, dimensions)."""
        a, c = self.roots
        return np.asarray(a * common.advertiser[:, None] + c * common.channel[:, self.owner])

    def log_prior(self, common: SharedEffects) -> Callable[[Floats], Floats]:
        """Return the campaigns' log prior, (draws, campaigns), given what they share."""
        mean = self.mean(common)
        return lambda z: -0.5 * ((z - mean) ** 2).sum(-1) / self.own

    def proposal(self, alone: StudentT) -> Callable[[SharedEffects], StudentT]:
        """Return the campaigns' posterior given what they share, as far as it is Gaussian.

        Args:
            alone: their posterior under a standard normal prior; what it has beyond that prior is
                the likelihood.
        """
        identity = np.eye(alone.mean.shape[1])
        inverse = np.linalg.inv(alone.cholesky)
        precision = inverse.swapaxes(1, 2) @ inverse
        values, vectors = np.linalg.eigh(precision - identity)
        likelihood = (vectors * np.maximum(values, 0.0)[:, None]) @ vectors.swapaxes(1, 2)
        covariance = np.linalg.inv(likelihood + identity / self.own)
        told = np.einsum("pde,pe->pd", precision, alone.mean)
        root = np.asarray(np.linalg.cholesky(covariance), np.float64)

        def given(common: SharedEffects) -> StudentT:
            information = told + self.mean(common) / self.own
            return StudentT(np.einsum("pde,npe->npd", covariance, information), root)

        return given


def _normal(
    weighted: Floats, squares: Floats | float, variance: float, rng: np.random.Generator
) -> Floats:
    """Draw a standard normal that has been seen through `weighted` sums with this variance."""
    precision = 1 + squares / variance
    noise = rng.standard_normal(weighted.shape) / np.sqrt(precision)
    return np.asarray(weighted / variance / precision + noise)
