import numpy as np
import pytest

from mediagym.envs.suite import posterior_of, task_of


@pytest.mark.parametrize("size", ["S", "M", "L"])
def test_days_of_a_task_override_the_sizes_and_the_budget_goes_with_them(size):
    ours, usual = task_of(f"ColdStart-{size}").size, task_of(f"Uncertain-{size}").size
    assert (ours.days, usual.days) == (90, 30)
    assert ours.total / ours.days == usual.total / usual.days
    assert ours.campaigns == usual.campaigns


def test_new_campaigns_are_less_known_than_others():
    ours, usual = (posterior_of(task_of(key)).market for key in ("ColdStart-M", "Uncertain-M"))
    spread = [np.log(m.reference_conversions).std(0) for m in (ours, usual)]
    np.testing.assert_allclose(spread[0], 2 * spread[1], rtol=0.1)
    assert (ours.elasticity.std(0) > 1.2 * usual.elasticity.std(0)).all()
    assert ((ours.elasticity >= 0.1) & (ours.elasticity <= 0.85)).all()
