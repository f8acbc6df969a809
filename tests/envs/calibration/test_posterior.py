import dataclasses

import numpy as np
import pytest

from mediagym.data.errors import DataError
from mediagym.data.storage import read_arrays, read_json, write_arrays, write_json
from mediagym.envs.calibration import Posterior, load_posterior, save_posterior
from mediagym.envs.market import step


@pytest.fixture
def folder(posterior, tmp_path):
    save_posterior(posterior, tmp_path)
    return tmp_path


def assert_same(ours: Posterior, theirs: Posterior):
    for record, other in ((ours.market, theirs.market), (ours.state, theirs.state)):
        for name, mine, their in zip(record._fields, record, other, strict=True):
            assert (mine is None) == (their is None), name
            assert np.array_equal(mine, their), name
            assert np.asarray(mine).dtype == np.asarray(their).dtype
    for name in ("spend", "spend_max", "recent"):
        assert np.array_equal(getattr(ours, name), getattr(theirs, name))
    for name in ("campaigns", "held_out", "report"):
        assert getattr(ours, name) == getattr(theirs, name)
    for name in ("update_state", "follow", "spending"):
        mine, their = getattr(ours, name), getattr(theirs, name)
        assert type(mine) is type(their)
        for one, other in zip(mine or (), their or (), strict=True):
            assert np.array_equal(one, other, equal_nan=True)


def test_a_saved_posterior_is_loaded_bit_by_bit(posterior, folder):
    again = load_posterior(folder)
    assert_same(posterior, again)
    assert again.fingerprint() == posterior.fingerprint()
    assert {path.name for path in folder.iterdir()} == {"posterior.npz", "posterior.json"}


def test_a_calendar_is_saved_once_for_all_campaigns(posterior, tmp_path):
    rng = np.random.default_rng(0)
    calendar = rng.standard_normal((posterior.draws, 400, 1)).astype(np.float32)
    seasonal = dataclasses.replace(posterior, market=posterior.market._replace(calendar=calendar))
    save_posterior(seasonal, tmp_path)
    again = load_posterior(tmp_path)
    assert_same(seasonal, again)
    assert again.market.calendar.shape == (posterior.draws, 400, 1)
    assert again.fingerprint() != posterior.fingerprint()


def test_shared_demand_and_spend_following_are_saved(posterior, folder):
    again = load_posterior(folder)
    assert again.state.demand.shape == posterior.market.elasticity.shape
    assert again.follow.strength.shape == posterior.market.elasticity.shape
    np.testing.assert_array_equal(
        again.follow.spend_index.latest, posterior.follow.spend_index.latest
    )


def test_a_posterior_without_shared_demand_and_following_is_saved_without(posterior, tmp_path):
    state = posterior.state._replace(demand=None)
    market = posterior.market._replace(demand_kept=None)
    plain = dataclasses.replace(posterior, market=market, state=state, follow=None)
    save_posterior(plain, tmp_path)
    again = load_posterior(tmp_path)
    assert_same(plain, again)
    assert (again.follow, again.state.demand, again.market.demand_kept) == (None, None, None)


def test_a_posterior_without_an_update_state_is_saved_without_one(posterior, tmp_path):
    save_posterior(dataclasses.replace(posterior, update_state=None), tmp_path)
    assert load_posterior(tmp_path).update_state is None
    assert posterior.update_state.z.shape[:2] == posterior.market.elasticity.shape


def test_saved_arrays_need_no_pickle(folder):
    for array in read_arrays(folder / "posterior.npz").values():
        assert array.dtype.kind in "fi"


def test_an_array_of_objects_is_refused(folder):
    arrays = read_arrays(folder / "posterior.npz")
    arrays["spend"] = np.array([{"a": 1}], dtype=object)
    write_arrays(folder / "posterior.npz", arrays)
    with pytest.raises(DataError, match=r"posterior\.npz"):
        load_posterior(folder)


@pytest.mark.parametrize("name", ["posterior.npz", "posterior.json"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(DataError, match=name):
        load_posterior(folder)


def test_another_version_is_refused(folder):
    write_json(folder / "posterior.json", read_json(folder / "posterior.json") | {"version": 99})
    with pytest.raises(DataError, match="version 99"):
        load_posterior(folder)


def test_a_missing_array_is_named(folder):
    arrays = read_arrays(folder / "posterior.npz")
    del arrays["market.slope"]
    write_arrays(folder / "posterior.npz", arrays)
    with pytest.raises(DataError, match=r"market\.slope"):
        load_posterior(folder)


def test_training_and_held_out_draws_are_disjoint(posterior):
    training, _ = posterior.training()
    held, _ = posterior.held(posterior.held_out)
    assert len(training.elasticity) == posterior.draws - posterior.held_out
    assert len(held.elasticity) == posterior.held_out
    together = np.concatenate([training.reference_conversions, held.reference_conversions])
    assert np.array_equal(together, posterior.market.reference_conversions)


def test_sampled_draws_are_training_draws(posterior):
    training, _ = posterior.training()
    for count, size in ((5, 5), (64, 64), (1000, 64)):
        market, state = posterior.sample_training(count)
        assert len(market.elasticity) == len(state.level) == size
        assert set(market.elasticity[:, 0]) <= set(training.elasticity[:, 0])


def test_held_out_draws_can_be_taken_in_parts(posterior):
    whole, _ = posterior.held(32)
    first, second = posterior.held(10)[0], posterior.held(22, skip=10)[0]
    joined = np.concatenate([first.order_value, second.order_value])
    assert np.array_equal(joined, whole.order_value)


@pytest.mark.parametrize(("count", "skip"), [(33, 0), (30, 3), (1, 32)])
def test_more_held_out_markets_than_there_are_is_an_error(posterior, count, skip):
    with pytest.raises(DataError, match=f"{count + skip} held-out .* at most the 32"):
        posterior.held(count, skip=skip)


def test_the_mean_market_has_the_mean_conversions(posterior):
    market, state = posterior.mean()
    training = posterior.training()
    assert market.elasticity.shape == (len(posterior.campaigns),)
    mean = (training[0].reference_conversions * np.exp(training[1].level)).mean(0)
    np.testing.assert_allclose(market.reference_conversions * np.exp(state.level), mean)
    np.testing.assert_allclose(state.stock, training[1].stock.mean(0))
    _, outcome = step(market, state, posterior.spend, None)
    assert np.isfinite(outcome.expected).all()


def test_the_fingerprint_changes_with_any_bit(posterior):
    assert dataclasses.replace(posterior).fingerprint() == posterior.fingerprint()
    for record, name in (("market", "slope"), ("market", "demand_kept"), ("state", "demand")):
        old = getattr(posterior, record)
        field = getattr(old, name).copy()
        field[0, 0] = np.nextafter(field[0, 0], 9.0)
        changed = dataclasses.replace(posterior, **{record: old._replace(**{name: field})})
        assert changed.fingerprint() != posterior.fingerprint()


def test_campaigns_keep_their_names(posterior, history):
    assert posterior.names == history.names


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"campaigns": [["a\0b", None]]}, "campaigns"),
        ({"campaigns": "meta"}, "campaigns"),
        ({"campaigns": []}, "campaigns"),
        ({"day": "first"}, "day"),
        ({"held_out": 10**6}, "held_out"),
        ({"held_out": -1}, "held_out"),
        ({"report": []}, "report"),
        ({"currency": 3}, "currency"),
    ],
)
def test_a_document_with_a_wrong_key_is_refused_by_it(folder, change, key):
    write_json(folder / "posterior.json", read_json(folder / "posterior.json") | change)
    with pytest.raises(DataError, match=f"no valid {key}"):
        load_posterior(folder)


@pytest.mark.parametrize("key", ["campaigns", "day", "held_out", "report"])
def test_a_document_that_lacks_a_key_is_refused_by_it(folder, key):
    document = read_json(folder / "posterior.json")
    del document[key]
    write_json(folder / "posterior.json", document)
    with pytest.raises(DataError, match=f"no valid {key}"):
        load_posterior(folder)


def test_a_list_is_no_posterior(folder):
    write_json(folder / "posterior.json", [1])
    with pytest.raises(DataError, match=r"posterior\.json: its content is a list"):
        load_posterior(folder)


@pytest.mark.parametrize("array", [np.zeros(2), np.zeros((3, 2)), np.array("text"), np.zeros(())])
@pytest.mark.parametrize("name", ["market.slope", "state.stock", "spend"])
def test_arrays_of_other_campaigns_are_refused_by_name(folder, name, array):
    arrays = read_arrays(folder / "posterior.npz")
    write_arrays(folder / "posterior.npz", arrays | {name: array})
    with pytest.raises(DataError, match=name):
        load_posterior(folder)
