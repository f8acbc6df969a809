"""What the belief starts from: moments of the posterior, on curves of one slope."""

from dataclasses import replace

import numpy as np
import pytest

from mediagym.envs.flight import problem_of
from mediagym.envs.suite import posterior_of, problem_for, task_of


def variance_of_log_odds(elasticity, slope):
    return np.log(elasticity / (slope - elasticity)).var(0)


def test_the_curve_of_a_draw_has_its_elasticity_and_the_slope_of_the_belief(posterior, problem):
    elasticity = np.minimum(posterior.training()[0].elasticity, 0.95)
    np.testing.assert_array_equal(problem.market.slope, 1)
    found = problem.covariance.curve
    np.testing.assert_allclose(found, variance_of_log_odds(elasticity, 1), rtol=1e-9)


def test_draws_that_hardly_saturate_do_not_widen_the_belief(posterior, problem):
    elasticity = posterior.market.elasticity
    few = np.arange(len(elasticity))[:, None] % 4 == 0
    slope = np.where(few, elasticity * 1.0001, np.maximum(posterior.market.slope, 1))
    wide = replace(posterior, market=posterior.market._replace(slope=slope))
    known = problem_of(wide, problem.constraints, problem.objective, problem.static_plan)
    np.testing.assert_allclose(known.covariance.curve, problem.covariance.curve, rtol=0.02)


@pytest.mark.parametrize("name", ["Uncertain-M", "SCurve-S"])
def test_the_belief_about_a_task_has_the_mean_slope_of_its_draws(name):
    market = posterior_of(task_of(name)).training()[0]
    slope = market.slope.mean(0)
    same = market.slope == slope
    elasticity = np.where(same, market.elasticity, np.minimum(market.elasticity, 0.95 * slope))
    found = problem_for(task_of(name))
    np.testing.assert_array_equal(found.market.slope, slope)
    np.testing.assert_allclose(found.covariance.curve, variance_of_log_odds(elasticity, slope))
