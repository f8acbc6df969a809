import numpy as np
import pytest

from mediagym.data.errors import ConfigError
from mediagym.envs.market import require_possible
from mediagym.envs.suite import held_out_markets, posterior_of, sample_markets, source_of, task_of
from mediagym.envs.suite.splits import SPLITS, HeldOut, fingerprint
from mediagym.envs.suite.task import HeldOutSettings, TaskSettings

TASK, AS_TRAINED = task_of("Other-M"), task_of("Uncertain-M")
PUBLISHED = {  # SHA-256 of the held-out markets
    "Other-S": "5969719b5e94dc597b9a22a18bc640a4dd45f5936c03972d15389115cf0b2b82",
    "Other-M": "08f5212857e8f63b37f5b664d1e69ed40f66077bf1c3c3c9a14665ffee935c91",
    "Other-L": "df032562ea5a6bf7eeee21c425edfc9db2a6b44da01c8f634a7b40a1469a5f52",
}


def test_training_markets_and_posterior_are_those_of_uncertain():
    ours, theirs = source_of(TASK, "train"), source_of(AS_TRAINED, "train")
    a, b = ours.draw(4, range(20), 30), theirs.draw(4, range(20), 30)
    for record, other in zip(a, b, strict=True):
        for x, y in zip(record, other, strict=True):
            assert (x is None and y is None) or np.array_equal(x, y)
    assert posterior_of(TASK).fingerprint() == posterior_of(AS_TRAINED).fingerprint()


@pytest.mark.parametrize("split", ["validation", "test"])
def test_held_out_markets_differ_in_curves_and_changes_alone(split):
    market, state, noise = held_out_markets(TASK, split)
    as_trained = held_out_markets(AS_TRAINED, split)
    for record, other in zip((market, state, noise), as_trained, strict=True):
        for name, field in record._asdict().items():
            theirs = getattr(other, name)
            if name not in ("slope", "spike"):
                assert (field is None and theirs is None) or np.array_equal(field, theirs), name
    require_possible(market, list(TASK.size.campaigns))


def test_one_form_is_drawn_for_all_campaigns_of_a_market():
    market, _, _ = held_out_markets(TASK, "test")
    hardly = market.slope <= 1.2 * market.elasticity * (1 + 1e-9)
    forms = np.select([market.slope == 1, hardly], [0, 1], 2)
    assert (forms == forms[:, :1]).all()
    counts = np.bincount(forms[:, 0])
    assert counts.sum() == 200
    assert (np.abs(counts - 200 / 3) < 25).all()
    ratio = (market.slope / market.elasticity)[forms == 1]
    assert 1.02 <= ratio.min() < 1.03
    assert 1.19 < ratio.max() < 1.2 + 1e-12
    curved = market.slope[forms == 2]
    assert 1.5 <= curved.min() < 1.52
    assert 2.98 < curved.max() <= 3.0


def test_efficiencies_change_for_good_with_one_percent_per_day():
    _, _, noise = held_out_markets(TASK, "test")
    assert noise.spike is not None
    changes = np.diff(noise.spike, axis=0, prepend=0)
    assert (changes != 0).mean() == pytest.approx(0.01, abs=0.001)
    assert changes[changes != 0].std() == pytest.approx(0.5, abs=0.03)
    assert abs(changes[changes != 0].mean()) < 0.05


def test_a_market_is_the_same_in_any_batch_and_whatever_the_seed():
    source = HeldOut(TASK, "test")
    many, alone = source.draw(0, range(12), 30), source.draw(1, range(7, 8), 30)
    assert np.array_equal(many.noise.spike[:, 7], alone.noise.spike[:, 0])
    assert np.array_equal(many.market.slope[7], alone.market.slope[0])


@pytest.mark.parametrize("key", sorted(PUBLISHED))
def test_the_markets_are_those_that_were_published(key):
    assert fingerprint(task_of(key), "test") == PUBLISHED[key]


def test_splits_have_curves_of_their_own():
    a, b = (held_out_markets(TASK, split, 20)[0].slope for split in ("validation", "test"))
    assert not np.array_equal(a, b)


def test_held_out_markets_of_other_tasks_are_as_sampled():
    market, _ = sample_markets(AS_TRAINED, SPLITS["test"].seeds(5))
    assert np.array_equal(held_out_markets(AS_TRAINED, "test", 5)[0].slope, market.slope)


def test_frequencies_of_no_form_are_refused():
    keys = TASK.settings.model_dump(mode="json")
    keys["held_out"]["forms"] = {"hill": 0, "unsaturated": 0, "s_curve": 0}
    with pytest.raises(ConfigError, match=r"held_out.*at least one form"):
        TaskSettings.of(keys, "conf/suite/Mine.yaml")
    with pytest.raises(ConfigError, match="regime"):
        HeldOutSettings.of(TASK.settings.held_out.model_dump() | {"regime": 2}, "held_out")
