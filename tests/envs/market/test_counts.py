import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from mediagym.envs.market import negative_binomial_loglik, poisson_quantile, unit_gamma
from mediagym.envs.market.counts import count_on_device, ndtr

MEANS = [0.0, 0.003, 0.2, 1.0, 3.7, 11.9, 12.1, 40.0, 350.0, 1e4]
DRAWS = 200_000


@pytest.mark.parametrize("mean", MEANS)
def test_counts_have_the_mean_and_the_variance_of_poisson(mean):
    normal = np.random.default_rng(0).standard_normal(DRAWS)
    counts = poisson_quantile(np.full(DRAWS, mean), normal)
    error = 5 * np.sqrt(mean / DRAWS) + 1e-9
    assert counts.mean() == pytest.approx(mean, abs=error)
    # the variance of a variance: (mean + 2 mean^2) / n
    assert counts.var() == pytest.approx(mean, abs=5 * np.sqrt((mean + 2 * mean**2) / DRAWS))


@pytest.mark.parametrize("mean", MEANS[1:])
def test_counts_are_the_exact_quantiles_in_nearly_all_draws(mean):
    normal = np.random.default_rng(1).standard_normal(20_000)
    exact = stats.poisson.ppf(special.ndtr(normal), mean)
    counts = poisson_quantile(np.full(len(normal), mean), normal)
    assert (counts != exact).mean() < 2e-3
    assert np.abs(counts - exact).max() <= 1


@given(st.floats(-5, 5))
def test_counts_grow_with_the_mean_for_the_same_noise(normal):
    mean = np.concatenate([np.linspace(0, 30, 400), np.geomspace(30, 1e5, 200)])
    counts = poisson_quantile(mean, np.full(len(mean), normal))
    seam = normal < -3.5  # between the two methods counts may differ by one
    assert (np.diff(counts) >= 0).sum() >= len(mean) - 1 - seam
    assert (np.diff(counts) >= -1).all()
    assert (counts >= 0).all()
    assert (counts == np.round(counts)).all()


@pytest.mark.parametrize("normal", [-40.0, 9.0, 40.0])
def test_extreme_noise_gives_finite_counts(normal):
    counts = poisson_quantile(np.array(MEANS), np.full(len(MEANS), normal))
    assert np.isfinite(counts).all()
    assert (counts >= 0).all()


def test_numpy_and_torch_count_the_same():
    rng = np.random.default_rng(2)
    mean, normal = rng.exponential(15, 5000), rng.standard_normal(5000)
    mean[:50] = 0
    normal[50:100], normal[100:150] = 40, -40
    tensors = torch.as_tensor(mean), torch.as_tensor(normal)
    for counts in (poisson_quantile(*tensors), count_on_device(*tensors)):
        assert (counts.numpy() == poisson_quantile(mean, normal)).all()


def test_the_least_likely_draw_of_a_small_mean_counts_59():
    """Sums of probabilities stay below 1 by rounding; the search ends at its last count."""
    certain = torch.tensor([40.0], dtype=torch.float64)
    mean = torch.tensor([11.999], dtype=torch.float64)
    assert poisson_quantile(mean.numpy(), certain.numpy())[0] in (58, 59)
    assert count_on_device(mean, certain)[0] == poisson_quantile(mean, certain)[0]


def test_shapes_that_differ_are_broadcast():
    mean, normal = np.array([[1.0], [30.0]]), np.array([-1.0, 0.0, 2.0])
    whole = poisson_quantile(*np.broadcast_arrays(mean, normal))
    assert poisson_quantile(mean, normal).tolist() == whole.tolist()
    assert poisson_quantile(mean[:, 0], normal[:2]).tolist() == [whole[0, 0], whole[1, 1]]


@pytest.mark.parametrize(("mean", "dispersion"), [(0.5, 0.4), (20.0, 0.1), (300.0, 0.02)])
def test_gamma_times_poisson_has_the_variance_of_nb2(mean, dispersion):
    rng = np.random.default_rng(3)
    gamma = unit_gamma(np.array([dispersion]), DRAWS, rng)[:, 0]
    counts = poisson_quantile(mean * gamma, rng.standard_normal(DRAWS))
    assert counts.mean() == pytest.approx(mean, rel=0.02)
    assert counts.var() == pytest.approx(mean + dispersion * mean**2, rel=0.03)


@given(st.integers(0, 2000), st.floats(1e-3, 2000), st.floats(1e-3, 5))
def test_the_likelihood_is_scipys_up_to_the_factorial(count, mean, dispersion):
    size = 1 / dispersion
    exact = stats.nbinom.logpmf(count, size, size / (size + mean)) + special.gammaln(count + 1)
    ours = negative_binomial_loglik(float(count), np.array(mean), np.array(dispersion))
    assert ours == pytest.approx(exact, rel=1e-7, abs=1e-6)


@given(st.floats(0, 500), st.floats(1e-2, 500), st.floats(1e-2, 2))
def test_the_likelihood_takes_fractions_and_peaks_at_the_mean(count, mean, dispersion):
    means = np.array([mean, max(count, 1e-9)])
    value, peak = negative_binomial_loglik(count, means, np.full(2, dispersion))
    assert np.isfinite(value)
    assert value <= peak + 1e-9 * (1 + abs(peak))


@given(st.floats(0, 300), st.floats(1e-2, 300))
def test_without_overdispersion_the_likelihood_is_poissons(count, mean):
    ours = negative_binomial_loglik(count, np.array(mean), np.array(0.0))
    assert ours == pytest.approx(count * np.log(mean) - mean, abs=1e-6 * (count + mean) ** 2 + 1e-6)


def test_numpy_and_torch_agree_on_the_likelihood_and_on_the_normal():
    rng = np.random.default_rng(4)
    arrays = rng.exponential(20, 99), rng.exponential(20, 99), rng.exponential(0.2, 99)
    count, mean, dispersion = (torch.as_tensor(a) for a in arrays)
    ours = negative_binomial_loglik(count, mean, dispersion).numpy()
    np.testing.assert_allclose(ours, negative_binomial_loglik(*arrays), rtol=1e-9, atol=1e-9)
    x = rng.standard_normal(99)
    np.testing.assert_allclose(ndtr(torch.as_tensor(x)).numpy(), ndtr(x), atol=1e-12)


def test_counts_of_a_tensor_on_a_device_are_made_there_in_its_shape(monkeypatch):
    """The device meta has shapes and no numbers."""
    monkeypatch.setattr("mediagym.envs.market.counts.count_on_device", lambda mean, normal: mean)
    mean = torch.ones((3, 4, 2), dtype=torch.float64, device="meta")
    counts = poisson_quantile(mean, mean[0])
    assert (counts.shape, counts.device, counts.dtype) == (mean.shape, mean.device, mean.dtype)
