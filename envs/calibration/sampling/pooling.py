"""Partial pooling of campaigns: effects shared by an advertiser's and a channel's campaigns.

In the scale in which every parameter is standard normal, ``z = sqrt(a) u + sqrt(c) v + sqrt(1 - a
- c) e``: u is the advertiser's effect, v the channel's, e the campaign's own. Each campaign's
marginal prior stays standard normal, and campaigns inform each other (a hierarchical model with
known covariance; Gelman et al., Bayesian Data Analysis, chapter 5). Given u and v the campaigns are
independent; given the campaigns, u and v are Gaussian: a Gibbs sampler.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy
from numpy.typing import NDArray

from ....data.types import Floats
from .laplace import StudentT

_EFFECTS = np.linspace(-3.5, 3.5, 57)  # grid of an effect's values, in its prior sds


class SharedEffects(NamedTuple):
    """Effects that campaigns share, one set per draw."""

    advertiser: Floats  # (draws, dimensions)
    channel: Floats  # (draws, channels, dimensions)


class PartialPooling:
    """Prior correlations between campaigns, and the conditionals of the shared effects."""

    def __init__(
        self, channels: Sequence[str], advertiser: Floats | float, channel: Floats | float
    ) -> None:
        """Store the correlations, of all dimensions alike or (dimensions,).

        Args:
            channels: (campaigns,) the channel of each campaign.
            advertiser: prior correlation of any two campaigns, in [0, 1).
            channel: additional correlation of two campaigns of one channel; the sum is < 1.
        """
        order = list(dict.fromkeys(channels))
        self.channel_index = np.array([order.index(name) for name in channels])  # (campaigns,)
        # (channels, campaigns) 1 where the channel is the campaign's, else 0
        self.membership = (self.channel_index == np.arange(len(order))[:, None]).astype(float)
        self.loadings = np.sqrt(advertiser), np.sqrt(channel)
        self.own_variance = 1 - advertiser - channel  # variance of a campaign's own effect

    def draw(self, z: Floats, rng: np.random.Generator) -> SharedEffects:
        """Draw the shared effects given the campaigns, (draws, campaigns, dimensions).

        The advertiser's effect is drawn with the channels' integrated out, then theirs given it.
        """
        a, c = self.loadings
        size = self.membership.sum(1)[:, None]
        sums = np.einsum("ck,nkd->ncd", self.membership, z)
        # per campaign, variance of a channel's sum given the advertiser's effect
        variance = c**2 * size + self.own_variance
        advertiser = _normal(
            a * (sums / variance).sum(1), a**2 * (size / variance).sum(0), 1.0, rng
        )
        rest = sums - a * size * advertiser[:, None]
        return SharedEffects(advertiser, _normal(c * rest, c**2 * size, self.own_variance, rng))

    def gathered(self, z: Floats, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
        """Return indices, (count, campaigns), that pool draws of campaigns sampled apart.

        Of the most correlated parameter, to whose posterior Gibbs steps would come slowly, the
        advertiser's effect is drawn on a grid, from importance weights of all campaigns' draws;
        each campaign's draws are resampled given the effect.

        Args:
            z: (draws, campaigns, dimensions), from each campaign's own posterior.
            count: number of draws to return.
            rng: source of randomness.
        """
        shares = np.broadcast_to(self.loadings[0] ** 2, z.shape[-1])
        own, share = z[..., shares.argmax()].T, shares.max()
        distance = own[:, None] - np.sqrt(share) * _EFFECTS[:, None]
        logw = 0.5 * (own[:, None] ** 2 - distance**2 / (1 - share))  # (campaigns, effects, draws)
        log_effect = scipy.special.logsumexp(logw, axis=2).sum(0) - 0.5 * _EFFECTS**2
        effects = rng.choice(len(_EFFECTS), count, p=scipy.special.softmax(log_effect))
        weight = scipy.special.softmax(logw, axis=2)
        index = np.empty((count, z.shape[1]), np.intp)
        for effect in np.unique(effects):
            rows = effects == effect
            for k in range(z.shape[1]):
                index[rows, k] = rng.choice(len(z), rows.sum(), p=weight[k, effect])
        return index

    def mean(self, shared: SharedEffects) -> Floats:
        """Return the prior mean given the shared effects, (draws, campaigns, dimensions)."""
        a, c = self.loadings
        return np.asarray(
            a * shared.advertiser[:, None] + c * shared.channel[:, self.channel_index]
        )

    def log_prior(self, shared: SharedEffects) -> Callable[[Floats], Floats]:
        """Return the campaigns' log prior, (draws, campaigns), given the shared effects."""
        mean = self.mean(shared)
        return lambda z: -0.5 * ((z - mean) ** 2 / self.own_variance).sum(-1)

    def proposal(self, unpooled: StudentT) -> Callable[[SharedEffects], StudentT]:
        """Return a function from shared effects to the campaigns' approximate posterior.

        Exact where the likelihood is Gaussian.

        Args:
            unpooled: posterior under a standard normal prior; its precision beyond that of the
                prior is the likelihood's.
        """
        identity = np.eye(unpooled.mean.shape[1])
        inverse = np.linalg.inv(unpooled.cholesky)
        precision = inverse.swapaxes(1, 2) @ inverse
        values, vectors = np.linalg.eigh(precision - identity)
        likelihood = (vectors * np.maximum(values, 0.0)[:, None]) @ vectors.swapaxes(1, 2)
        covariance = np.linalg.inv(likelihood + identity / self.own_variance)
        score = np.einsum("pde,pe->pd", precision, unpooled.mean)
        cholesky = np.asarray(np.linalg.cholesky(covariance), np.float64)

        def conditional(shared: SharedEffects) -> StudentT:
            information = score + self.mean(shared) / self.own_variance
            return StudentT(np.einsum("pde,npe->npd", covariance, information), cholesky)

        return conditional


def _normal(
    weighted: Floats, squares: Floats | float, variance: Floats | float, rng: np.random.Generator
) -> Floats:
    """Draw from the posterior of standard normals in a linear regression.

    Args:
        weighted: (..., dimensions) sums of loading times observation.
        squares: sums of squared loadings.
        variance: variance of an observation's noise, > 0.
        rng: source of randomness.
    """
    precision = 1 + squares / variance
    noise = rng.standard_normal(weighted.shape) / np.sqrt(precision)
    return np.asarray(weighted / variance / precision + noise)
