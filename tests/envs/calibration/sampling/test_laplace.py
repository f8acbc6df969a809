import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mediagym.envs.calibration import StudentT, laplace
from mediagym.envs.calibration.sampling import effective_share, fit_student_t, log_prior

SEEDS = st.integers(0, 2**32)


@settings(max_examples=25)
@given(SEEDS, st.integers(1, 4), st.integers(1, 6))
def test_a_gaussian_posterior_is_exact(seed, problems, dimensions):
    rng = np.random.default_rng(seed)
    centre = rng.normal(0, 2, (problems, dimensions))
    root = rng.normal(0, 1, (problems, dimensions, dimensions))
    precision = root @ root.swapaxes(1, 2)

    def loglik(z):
        difference = z - centre
        return -0.5 * np.einsum("npd,pde,npe->np", difference, precision, difference)

    student_t = laplace(loglik, (problems, dimensions))
    posterior = precision + np.eye(dimensions)
    mean = np.linalg.solve(posterior, (precision @ centre[..., None]))[..., 0]
    np.testing.assert_allclose(student_t.mean, mean, atol=1e-5)
    np.testing.assert_allclose(
        student_t.cholesky @ student_t.cholesky.swapaxes(1, 2),
        np.linalg.inv(posterior),
        rtol=1e-4,
        atol=1e-7,
    )


def test_without_data_the_posterior_is_the_prior():
    student_t = laplace(lambda z: 0 * z[..., 0], (2, 3))
    np.testing.assert_allclose(student_t.mean, 0, atol=1e-12)
    np.testing.assert_allclose(student_t.cholesky, np.broadcast_to(np.eye(3), (2, 3, 3)), atol=1e-9)


def test_problems_are_independent():
    def loglik(z):
        return -np.cosh(z - np.array([[1.0, 2.0], [-3.0, 0.5]])).sum(-1)

    both = laplace(loglik, (2, 2))
    alone = laplace(lambda z: loglik(z + 0 * both.mean)[:, :1], (1, 2))
    np.testing.assert_allclose(both.mean[:1], alone.mean, atol=0.02)
    np.testing.assert_allclose(both.cholesky[:1], alone.cholesky, atol=0.02)


def test_the_mode_of_a_skewed_posterior_is_found():
    """A Poisson count of 50 on a log rate whose prior is standard normal."""
    student_t = laplace(lambda z: (50 * z - np.exp(z)).sum(-1), (1, 1))
    mode = student_t.mean[0, 0]
    assert 50 - np.exp(mode) - mode == pytest.approx(0, abs=0.6)
    assert student_t.cholesky[0, 0, 0] == pytest.approx((1 + np.exp(mode)) ** -0.5, rel=0.05)


@pytest.mark.parametrize("edge", [0.05, 1.0])
def test_a_likelihood_that_is_infinite_or_nan_beyond_an_edge_is_maximised_inside(edge):
    def loglik(z):
        inside = z[..., 0] < edge
        return np.where(inside, 3 * z[..., 0], np.where(z[..., 0] < 2, -np.inf, np.nan))

    student_t = laplace(loglik, (1, 2))
    assert np.isfinite(student_t.cholesky).all()
    assert student_t.mean[0, 0] < edge


def test_the_covariance_is_never_wider_than_the_priors():
    """Even if the likelihood is convex."""
    student_t = laplace(lambda z: 0.3 * (z**2).sum(-1), (1, 3))
    assert np.linalg.eigvalsh(student_t.cholesky[0] @ student_t.cholesky[0].T).max() <= 1 + 1e-9


def test_draws_have_the_distribution_of_the_density():
    root = np.array([[[2.0, 0.0], [1.0, 0.5]]])
    student_t = StudentT(np.array([[3.0, -1.0]]), root)
    z = student_t.draw(100_000, np.random.default_rng(0))
    wide = 7 / 5  # variance of seven degrees of freedom
    np.testing.assert_allclose(np.cov(z[:, 0].T), wide * root[0] @ root[0].T, rtol=0.05, atol=0.03)
    exact = stats.multivariate_t(student_t.mean[0], root[0] @ root[0].T, df=7)
    few = z[:50]
    difference = student_t.log_density(few)[:, 0] - exact.logpdf(few[:, 0])
    np.testing.assert_allclose(difference, difference[0], atol=1e-9)


def test_a_student_t_is_fitted_to_draws_and_slightly_widened():
    z = np.random.default_rng(1).normal([1.0, 5.0], [2.0, 0.1], (50_000, 1, 2))
    student_t = fit_student_t(z)
    np.testing.assert_allclose(student_t.mean[0], [1, 5], atol=0.03)
    cov = student_t.cholesky[0] @ student_t.cholesky[0].T
    np.testing.assert_allclose(np.diag(cov), [4, 0.01], rtol=0.25)
    assert cov[1, 1] > z[..., 1].var()
    same = fit_student_t(
        np.zeros((10, 1, 2)) + np.arange(10)[:, None, None]
    )  # a degenerate direction
    assert np.isfinite(same.cholesky).all()


@given(SEEDS)
def test_the_effective_share_is_one_for_equal_weights_and_one_draw_at_worst(seed):
    logw = np.random.default_rng(seed).normal(0, 5, (50, 3))
    share = effective_share(logw)
    assert ((share >= 1 / 50 - 1e-9) & (share <= 1 + 1e-9)).all()
    np.testing.assert_allclose(effective_share(logw + 1e5), share)
    np.testing.assert_allclose(effective_share(0 * logw), 1)


def test_the_log_prior_is_that_of_a_standard_normal():
    z = np.random.default_rng(0).normal(0, 1, (5, 2, 3))
    exact = stats.norm.logpdf(z).sum(-1)
    difference = log_prior(z) - exact
    np.testing.assert_allclose(difference, difference[0, 0])
