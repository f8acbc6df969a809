"""Partial pooling against the closed form of a Gaussian hierarchical model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediagym.envs.calibration import Priors, StudentT, sample
from mediagym.envs.calibration.calibrate import partial_pooling_of
from mediagym.envs.calibration.priors import PARAMETER_INDEX
from mediagym.envs.calibration.sampling import (
    PartialPooling,
    Particles,
    Sample,
    SharedEffects,
    final_mcmc,
)

CHANNELS = ("google", "google", "meta", "google")
OBSERVED = np.array([[2.0, -1.0], [0.5, 0.0], [-1.0, 3.0], [0.0, 0.0]])  # (campaigns, dimensions)
NOISE = np.array([0.3, 1.0, 0.5, np.inf])[:, None]  # the last campaign has no data


def correlation(advertiser: float, channel: float) -> np.ndarray:
    same = np.equal.outer(np.array(CHANNELS), np.array(CHANNELS))
    return advertiser + channel * same + (1 - advertiser - channel) * np.eye(len(CHANNELS))


def exact(advertiser: float, channel: float) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means, (campaigns, dimensions), and covariance, the same in every dimension."""
    precision = np.diag(1 / NOISE[:, 0] ** 2)
    cov = np.linalg.inv(np.linalg.inv(correlation(advertiser, channel)) + precision)
    return cov @ precision @ OBSERVED, cov


def gaussian(z: np.ndarray) -> np.ndarray:
    return -0.5 * (((z - OBSERVED) / NOISE) ** 2).sum(-1)


def posterior(pooling: PartialPooling | None, final_steps: int = 20, draws: int = 2000) -> Sample:
    return sample(
        gaussian, OBSERVED.shape, particles=512, draws=draws, ess_target=0.5, mcmc_steps=4,
        final_mcmc_steps=final_steps, rng=np.random.default_rng(3), pooling=pooling,
    )  # fmt: skip


@pytest.mark.parametrize("shares", [(0.15, 0.25), (0.6, 0.0), (0.0, 0.7), (0.3, 0.6)])
def test_the_pooled_posterior_is_that_of_the_hierarchical_model(shares):
    z = posterior(PartialPooling(CHANNELS, *shares)).z
    mean, cov = exact(*shares)
    sd = np.sqrt(np.diag(cov))[:, None]
    np.testing.assert_array_less(np.abs(z.mean(0) - mean) / sd, 0.17)
    for dimension in range(2):
        ours = np.cov(z[..., dimension].T)
        np.testing.assert_allclose(ours / (sd * sd.T), cov / (sd * sd.T), atol=0.14)


def test_weak_evidence_of_many_campaigns_adds_up_within_few_steps():
    """In the first dimension, which all share; in the second each has its own."""
    size, advertiser = 30, np.array([0.9, 0.0])
    observed = np.random.default_rng(1).normal(-0.8, 1, (size, 2))
    z = sample(
        lambda z: -0.5 * ((z - observed) ** 2).sum(-1), observed.shape, particles=512, draws=2000,
        ess_target=0.5, mcmc_steps=4, final_mcmc_steps=4, rng=np.random.default_rng(3),
        pooling=PartialPooling(["google"] * size, advertiser, 0 * advertiser),
    ).z  # fmt: skip
    for dimension, share in enumerate(advertiser):
        prior = share + (1 - share) * np.eye(size)
        cov = np.linalg.inv(np.linalg.inv(prior) + np.eye(size))
        mean, sd = cov @ observed[:, dimension], np.sqrt(np.diag(cov))
        np.testing.assert_allclose((z.mean(0)[:, dimension] - mean) / sd, 0, atol=0.15)
        np.testing.assert_allclose(z.std(0)[:, dimension] / sd, 1, atol=0.1)
        average, shared = z[..., dimension].mean(1), cov.mean()
        assert average.mean() == pytest.approx(mean.mean(), abs=0.15 * np.sqrt(shared))
        assert average.std() == pytest.approx(np.sqrt(shared), rel=0.15)


def test_a_campaign_without_data_learns_from_its_channel_alone():
    pooled, unpooled = posterior(PartialPooling(CHANNELS, 0.0, 0.7)).z, posterior(None).z
    assert pooled[:, 3, 0].mean() > 0.5 > abs(unpooled[:, 3, 0].mean()) + 0.3
    # meta is alone in its channel: its posterior depends on its own data alone
    alone = OBSERVED[2] / (1 + NOISE[2] ** 2)
    np.testing.assert_allclose(pooled[:, 2].mean(0), alone, atol=0.1)


def test_vanishing_correlations_are_independence():
    """The limit of partial pooling is no pooling."""
    barely, none = posterior(PartialPooling(CHANNELS, 1e-9, 0.0)).z, posterior(None).z
    mean, cov = exact(0.0, 0.0)
    for z in (barely, none):
        np.testing.assert_allclose(z.mean(0), mean, atol=0.15)
        np.testing.assert_allclose(np.cov(z[..., 0].T), cov, atol=0.15)


def test_without_correlations_nothing_is_pooled(priors, history):
    def pooling(advertiser, channel, curve=0.0):
        pooling = {"advertiser": advertiser, "channel": channel, "curve": curve}
        return Priors.of(priors.model_dump() | {"pooling": pooling}, "priors")

    assert partial_pooling_of(history, pooling(0, 0)) is None
    pooled = partial_pooling_of(history, pooling(0, 0, 0.8))
    assert pooled.own_variance[PARAMETER_INDEX["slope"]] == pytest.approx(0.2)
    assert np.delete(pooled.own_variance, PARAMETER_INDEX["slope"]) == pytest.approx(1)
    pooling = partial_pooling_of(history, pooling(0.2, 0.1))
    curve = PARAMETER_INDEX["slope"]
    assert np.delete(pooling.own_variance, curve) == pytest.approx(0.7)
    assert pooling.own_variance[curve] == 1
    channels = [campaign.channel for campaign in history.campaigns]
    for k, name in enumerate(channels):
        assert pooling.channel_index[k] == list(dict.fromkeys(channels)).index(name)


@pytest.mark.parametrize("shares", [(0.15, 0.25), (0.0, 0.6), (0.6, 0.0)])
def test_without_data_every_campaigns_prior_stays_standard_normal(shares):
    """And campaigns are correlated as configured."""
    rng = np.random.default_rng(0)
    particles = Particles(rng.standard_normal((4000, 4, 2)), np.zeros((4000, 4)))
    pooling = PartialPooling(CHANNELS, *shares)
    particles, _ = final_mcmc(lambda z: 0 * z[..., 0], particles, pooling, 40, rng)
    np.testing.assert_allclose(particles.z.mean(0), 0, atol=0.12)
    np.testing.assert_allclose(particles.z.std(0), 1, atol=0.1)
    np.testing.assert_allclose(np.corrcoef(particles.z[..., 0].T), correlation(*shares), atol=0.12)


@settings(max_examples=20)
@given(st.integers(0, 2**32), st.floats(0.05, 0.5), st.floats(0.05, 0.45))
def test_shared_effects_are_drawn_from_their_conditional(seed, advertiser, channel):
    """Jointly for the advertiser and the channels: a Bayesian linear regression."""
    rng = np.random.default_rng(seed)
    pooling = PartialPooling(CHANNELS, advertiser, channel)
    z, count = rng.normal(0, 1, (1, 4, 1)), 20_000
    effects = pooling.draw(np.broadcast_to(z, (count, 4, 1)), rng)
    ours = np.concatenate([effects.advertiser, effects.channel[..., 0]], axis=1)
    member = np.array([[1, 0], [1, 0], [0, 1], [1, 0]])
    design = np.column_stack([np.full(4, np.sqrt(advertiser)), np.sqrt(channel) * member])
    own = 1 - advertiser - channel
    covariance = np.linalg.inv(np.eye(3) + design.T @ design / own)
    mean = covariance @ design.T @ z[0, :, 0] / own
    sd = np.sqrt(np.diag(covariance))
    assert (np.abs(ours.mean(0) - mean) < 6 * sd / np.sqrt(count)).all()
    np.testing.assert_allclose(
        np.cov(ours.T) / np.outer(sd, sd), covariance / np.outer(sd, sd), atol=0.06
    )


def test_the_shipped_number_of_final_steps_reaches_the_prior_correlations(conf, priors):
    """With the dimensions and correlations of a calibration."""
    rng = np.random.default_rng(0)
    particles = Particles(rng.standard_normal((2000, 4, 13)), np.zeros((2000, 4)))
    shares, steps = priors.pooling, conf("calibration/default.yaml")["final_mcmc_steps"]
    pooling = PartialPooling(CHANNELS, shares.advertiser, shares.channel)
    particles, _ = final_mcmc(lambda z: 0 * z[..., 0], particles, pooling, steps, rng)
    ours = np.mean([np.corrcoef(particles.z[..., d].T) for d in range(13)], axis=0)
    np.testing.assert_allclose(ours, correlation(shares.advertiser, shares.channel), atol=0.04)
    assert particles.z.std(0).mean() == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize("shares", [(0.15, 0.25), (0.0, 0.7)])
def test_the_proposal_is_the_conditional_of_a_gaussian(shares):
    """Means of prior and data are weighted by their precisions."""
    precision = 1 / NOISE**2
    unpooled = StudentT(
        OBSERVED * precision / (1 + precision),
        (1 + precision[..., None]) ** -0.5 * np.eye(2),
    )
    pooling, rng = PartialPooling(CHANNELS, *shares), np.random.default_rng(0)
    shared = SharedEffects(rng.normal(0, 1, (3, 2)), rng.normal(0, 1, (3, 2, 2)))
    student_t, expected = pooling.proposal(unpooled)(shared), pooling.mean(shared)
    whole = precision + 1 / pooling.own_variance
    np.testing.assert_allclose(
        student_t.mean, (OBSERVED * precision + expected / pooling.own_variance) / whole
    )
    np.testing.assert_allclose(
        student_t.cholesky @ student_t.cholesky.swapaxes(1, 2),
        np.eye(2) / whole[..., None],
        atol=1e-12,
    )
