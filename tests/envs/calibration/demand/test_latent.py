"""The banded Laplace approximation against dense linear algebra on all latents in one vector."""

import numpy as np
import pytest
from scipy import optimize

from mediagym.envs.calibration.demand import latent
from mediagym.envs.calibration.demand.design import curve
from mediagym.envs.calibration.demand.latent import fit_demand

DAYS, CAMPAIGNS = 20, 2


class Dense:
    """The log posterior with every latent in one vector: coefficients, then processes."""

    def __init__(self, data, structure, fit):
        self.design, self.reports = data.design(structure, DAYS, 0), data.reports(DAYS)
        self.dispersion, self.size = fit.dispersion, len(fit.coefficients)
        gaps = np.abs(np.subtract.outer(np.arange(DAYS), np.arange(DAYS)))
        pairs = [(structure.demand_sd, structure.demand_kept)]
        pairs += CAMPAIGNS * [(structure.level_sd, structure.level_kept)]
        count = self.size + DAYS * len(pairs)
        self.precision = np.zeros((count, count))
        self.precision[: self.size, : self.size] = np.diag(fit.sd**-2.0)
        for j, (sd, kept) in enumerate(pairs):
            rows = self.size + j * DAYS + np.arange(DAYS)
            self.precision[np.ix_(rows, rows)] = np.linalg.inv(sd**2 * kept**gaps)
        self.mean = np.concatenate([self.design.mean, np.zeros(count - self.size)])

    def split(self, x):
        return x[: self.size], x[self.size :].reshape(1 + CAMPAIGNS, DAYS).T

    def log_means(self, x):
        coefficients, path = self.split(x)
        columns = self.design.columns.copy()
        columns[:, :, self.design.elasticity] = 0
        log = columns @ coefficients + curve(self.design, coefficients[self.design.elasticity])[0]
        return log + self.reports.offset + path[:, :1] + path[:, 1:]

    def minus_log_posterior(self, x):
        log, alpha, counted = self.log_means(x), self.dispersion, self.reports.conversions
        loglik = counted * log - (counted + 1 / alpha) * np.log1p(alpha * np.exp(log))
        change = x - self.mean
        return change @ self.precision @ change / 2 - (self.reports.seen * loglik).sum()

    def covariance(self, x):
        """Inverse of the prior's precision plus the expected information."""
        mean = np.exp(self.log_means(x))
        weight = (self.reports.seen * mean / (1 + self.dispersion * mean)).ravel()
        steps = 1e-6 * np.eye(len(x))
        jacobian = [(self.log_means(x + h) - self.log_means(x - h)).ravel() / 2e-6 for h in steps]
        jacobian = np.array(jacobian)
        return np.linalg.inv(self.precision + jacobian * weight @ jacobian.T)


@pytest.fixture
def exact(monkeypatch):
    """Newton's method until nothing changes."""
    monkeypatch.setattr(latent, "_CONVERGED", 1e-10)
    monkeypatch.setattr(latent, "_STEPS", 60)


@pytest.fixture
def case(simulated, structures):
    """Twenty days of two campaigns, one of them with gaps and with late reports."""
    structure = structures["restless"]
    data = simulated(structure, DAYS, CAMPAIGNS, seed=3)
    seen = data.observed.seen.copy()
    seen[5:9, 1] = False
    complete = data.observed.complete.copy()
    complete[-3:] = [[0.9], [0.7], [0.5]]
    observed = data.observed._replace(seen=seen, complete=complete)
    return data._replace(observed=observed), structure


def fitted(data, structure, seed=0):
    design = data.design(structure, data.days, 0)
    return fit_demand(design, data.reports(data.days), structure, np.random.default_rng(seed))


def flat(fit):
    return np.concatenate([fit.coefficients, fit.path.T.ravel()])


def test_the_mode_is_that_of_a_general_optimiser(exact, case):
    data, structure = case
    fit = fitted(data, structure)
    assert fit.coefficients[data.design(structure, DAYS, 0).follow] > 0  # else it is held at 0
    dense = Dense(data, structure, fit)
    found = optimize.minimize(dense.minus_log_posterior, dense.mean, options={"maxiter": 2000})
    np.testing.assert_allclose(flat(fit), found.x, atol=2e-3)
    assert dense.minus_log_posterior(flat(fit)) <= found.fun + 1e-5


def test_covariances_are_those_of_the_dense_inverse(exact, case):
    data, structure = case
    fit = fitted(data, structure)
    dense = Dense(data, structure, fit)
    whole = dense.covariance(flat(fit))
    own = slice(0, dense.size)
    last = dense.size + DAYS - 1 + DAYS * np.arange(1 + CAMPAIGNS)
    np.testing.assert_allclose(fit.covariance, whole[own, own], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        -fit.gain @ fit.covariance, whole[np.ix_(last, range(dense.size))], rtol=1e-3, atol=1e-6
    )
    np.testing.assert_allclose(
        fit.last_covariance + fit.gain @ fit.covariance @ fit.gain.T,
        whole[np.ix_(last, last)],
        rtol=1e-4,
        atol=1e-6,
    )


def test_draws_have_the_mode_and_the_covariance(case):
    data, structure = case
    fit = fitted(data, structure)
    coefficients, last = fit.draw(200_000, np.random.default_rng(1))
    np.testing.assert_allclose(coefficients.mean(0), fit.coefficients, atol=0.01)
    np.testing.assert_allclose(last.mean(0), fit.path[-1], atol=0.01)
    np.testing.assert_allclose(np.cov(coefficients.T), fit.covariance, atol=0.02)
    joint = np.cov(last.T, coefficients.T)[:3, 3:]
    np.testing.assert_allclose(joint, -fit.gain @ fit.covariance, atol=0.02)


def test_a_fit_that_starts_from_fewer_days_is_the_same(exact, case, monkeypatch):
    monkeypatch.setattr(latent, "_dispersion", lambda design, *_: np.full(CAMPAIGNS, 0.05))
    data, structure = case
    first = fit_demand(
        data.design(structure, 14, 6).window(slice(0, 14)),
        data.reports(14),
        structure,
        np.random.default_rng(0),
    )
    design, reports = data.design(structure, DAYS, 0), data.reports(DAYS)
    warm = fit_demand(design, reports, structure, np.random.default_rng(0), first)
    cold = fitted(data, structure)
    np.testing.assert_allclose(flat(warm), flat(cold), atol=1e-6)


def test_a_permutation_of_campaigns_permutes_the_fit(exact, simulated, structures, monkeypatch):
    monkeypatch.setattr(latent, "_dispersion", lambda design, *_: np.full(3, 0.05))
    structure, order = structures["restless"], [2, 0, 1]
    data = simulated(structure, 40, 3)
    fields = (field[:, order] for field in data.observed[1:])
    permuted = data._replace(
        observed=data.observed._replace(**dict(zip(data.observed._fields[1:], fields, strict=True)))
    )
    ours, theirs = fitted(data, structure), fitted(permuted, structure)
    np.testing.assert_allclose(theirs.path[:, 0], ours.path[:, 0], atol=1e-7)
    np.testing.assert_allclose(theirs.path[:, 1:], ours.path[:, 1:][:, order], atol=1e-7)
    moved = np.r_[order, 3 + np.array(order), np.arange(6, len(ours.coefficients))]
    np.testing.assert_allclose(theirs.coefficients, ours.coefficients[moved], atol=1e-7)
    np.testing.assert_allclose(theirs.covariance, ours.covariance[np.ix_(moved, moved)], atol=1e-7)


def test_a_seed_determines_a_fit(case):
    one, two = fitted(*case, seed=1), fitted(*case, seed=1)
    for ours, theirs in zip(one, two, strict=True):
        assert np.array_equal(ours, theirs)


def test_the_truth_of_a_long_history_is_found(simulated, structures):
    structure = structures["steady"]
    data = simulated(structure, 300, 4, seed=1, rate=60.0)
    fit = fitted(data, structure)
    design = data.design(structure, 300, 0)
    elasticity = fit.coefficients[design.elasticity]
    sd = np.sqrt(np.diag(fit.covariance))[design.elasticity]
    assert (sd < 0.1).all()
    assert (np.abs(elasticity - 0.5) < 3 * sd).all()
    assert fit.coefficients[design.follow] < 0.15  # spend was drawn without a look at demand
    assert (np.abs(np.log(fit.dispersion / 0.05)) < np.log(2)).all()


def test_a_share_of_the_index_below_zero_is_held_at_zero(simulated, structures):
    structure = structures["steady"]
    data = simulated(structure, 80, 3, seed=2)
    design = data.design(structure, 80, 0)
    conversions = np.round(data.observed.conversions * np.exp(-1.5 * design.columns[..., 6]))
    data = data._replace(observed=data.observed._replace(conversions=conversions))
    fit = fitted(data, structure)
    assert abs(fit.coefficients[design.follow]) < 0.01
    assert fit.covariance[design.follow, design.follow] < 1e-5


def test_the_precision_of_the_processes_is_that_of_ornstein_uhlenbeck(structures):
    structure = structures["restless"]
    band = latent._precision(structure, 5, 2)
    dense = np.zeros((15, 15))
    for i, row in enumerate(band):
        dense += np.diag(row[: 15 - i], -i) + (np.diag(row[: 15 - i], i) if i else 0)
    gaps = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    shared = structure.demand_sd**2 * structure.demand_kept**gaps
    own = structure.level_sd**2 * structure.level_kept**gaps
    covariance = np.linalg.inv(dense)
    for j, expected in enumerate((shared, own, own)):
        np.testing.assert_allclose(covariance[j::3, j::3], expected, atol=1e-9)
        assert np.abs(covariance[j::3, (j + 1) % 3 :: 3]).max() < 1e-9


def test_the_triangular_solver_is_numpys():
    rng = np.random.default_rng(0)
    factor = rng.random((3, 7)) + 1
    lower = sum(np.diag(factor[i, : 7 - i], -i) for i in range(3))
    right = rng.standard_normal((7, 4))
    expected, solved = np.linalg.solve(lower, right), right.copy()
    latent._solve_lower(factor, solved)
    np.testing.assert_allclose(solved, expected)
    np.testing.assert_allclose(latent._solve_upper(factor, right), np.linalg.solve(lower.T, right))
