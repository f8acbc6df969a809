import numpy as np
import pytest

from mediagym.envs.calibration import sample
from mediagym.envs.calibration.sampling import Sample

DIMENSIONS = 4
TARGETS = np.array([[0.0, 0.5, -1.0, 2.0], [3.0, 0.0, 0.0, -2.0]])  # (problems, dimensions)
NOISE = np.array([0.1, 1.0])[:, None]


def gaussian(z):
    return -0.5 * (((z - TARGETS) / NOISE) ** 2).sum(-1)


def banana(z):
    bent = z[..., 1] - (z[..., 0] ** 2 - 1)
    return -0.5 * (bent / 0.2) ** 2


def run(loglik, shape, seed=0, draws=1000, **more) -> Sample:
    sizes = {"particles": 512, "ess_target": 0.5, "mcmc_steps": 4, "final_mcmc_steps": 10} | more
    return sample(loglik, shape, draws=draws, rng=np.random.default_rng(seed), **sizes)


def test_a_gaussian_posterior_is_recovered():
    z = run(gaussian, TARGETS.shape).z
    precision = 1 + 1 / NOISE**2
    mean, sd = TARGETS / NOISE**2 / precision, precision**-0.5 + 0 * TARGETS
    # draws share ancestors: the effective sample size is some ten times smaller
    assert (np.abs(z.mean(0) - mean) < 5 * sd / np.sqrt(100)).all()
    np.testing.assert_allclose(z.std(0), sd, rtol=0.15)
    corner = np.corrcoef(z[:, 0].T)
    assert np.abs(corner - np.eye(DIMENSIONS)).max() < 0.2


def test_a_banana_shaped_posterior_is_recovered():
    """Against a fine grid; MCMC reaches the arms that the Laplace approximation misses."""
    z = run(banana, (1, 2), draws=2000, final_mcmc_steps=80).z[:, 0]
    grid = np.stack(np.meshgrid(*[np.linspace(-6, 9, 1501)] * 2, indexing="ij"), -1)
    weight = np.exp(banana(grid) - 0.5 * (grid**2).sum(-1))
    weight /= weight.sum()
    mean = (weight[..., None] * grid).sum((0, 1))
    sd = np.sqrt((weight[..., None] * (grid - mean) ** 2).sum((0, 1)))
    assert (np.abs(z.mean(0) - mean) < 5 * sd / np.sqrt(150)).all()
    np.testing.assert_allclose(z.std(0), sd, rtol=0.2)
    assert np.corrcoef(z[:, 0] ** 2, z[:, 1])[0, 1] > 0.9


def test_without_data_the_posterior_is_the_prior():
    drawn = run(lambda z: 0 * z[..., 0], (3, 2))
    assert drawn.rounds == 1
    np.testing.assert_allclose(drawn.z.mean(0), 0, atol=0.2)
    np.testing.assert_allclose(drawn.z.std(0), 1, atol=0.12)


def test_a_seed_determines_every_draw():
    first, again, other = (run(gaussian, TARGETS.shape, seed=s, draws=99) for s in (1, 1, 2))
    assert np.array_equal(first.z, again.z)
    assert not np.array_equal(first.z, other.z)


def test_progress_and_diagnostics_describe_the_run():
    lines: list[str] = []
    drawn = run(gaussian, TARGETS.shape, draws=200, progress=lines.append)
    assert drawn.z.shape == (200, 2, DIMENSIONS)
    assert len(lines) == drawn.rounds + 2  # modes, tempering steps, final MCMC
    for share in (drawn.acceptance, drawn.unique):
        assert share.shape == (2,)
        assert ((share > 0.1) & (share <= 1)).all()


@pytest.mark.parametrize("far", [1e3, 1e6])
def test_a_likelihood_of_any_sharpness_is_tempered_in(far):
    drawn = run(lambda z: -far * (z**2).sum(-1), (1, 2), draws=300)
    np.testing.assert_allclose(drawn.z.std(0), (1 + 2 * far) ** -0.5, rtol=0.35)
