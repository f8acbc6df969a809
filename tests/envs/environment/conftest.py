"""Environments over the training draws."""

import pytest
from helpers.subjects.flights import ENVS

from mediagym.envs.environment import BudgetEnv, BudgetVectorEnv


@pytest.fixture
def single(problem, posterior, env_settings):
    """Makes environments of one flight over the training draws."""

    def make(render_mode=None, **changes):
        settings = env_settings.model_copy(update=changes)
        return BudgetEnv(problem, posterior.training(), settings, render_mode)

    return make


@pytest.fixture
def vector(problem, posterior, env_settings):
    """Makes environments of flights in lockstep over the training draws."""

    def make(num_envs=ENVS, render_mode=None, **changes):
        settings = env_settings.model_copy(update=changes)
        return BudgetVectorEnv(problem, posterior.training(), settings, num_envs, render_mode)

    return make
