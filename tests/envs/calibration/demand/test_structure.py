import numpy as np
import pytest

from mediagym.data.errors import ConfigError
from mediagym.envs.calibration.demand import Structure, with_seasons
from mediagym.envs.calibration.demand.structure import YEAR_KNOWN


def _plain(structure):
    return Structure.of(structure.model_dump(exclude={"season"}), "calibration.structures")


def test_shares_kept_per_day_are_those_of_the_half_lives(structures):
    for each in structures.values():
        assert each.level_kept**each.level_half_life == pytest.approx(0.5)
        assert each.demand_kept**each.demand_half_life == pytest.approx(0.5)


def test_the_step_keeps_the_stationary_sd(structures):
    for each in structures.values():
        variance = each.demand_step**2 / (1 - each.demand_kept**2)
        assert np.sqrt(variance) == pytest.approx(each.demand_sd)


def test_before_a_year_structures_have_no_season(structures):
    plain = {name: _plain(each) for name, each in structures.items()}
    assert with_seasons(plain, YEAR_KNOWN - 1) == structures


def test_with_a_year_each_structure_is_there_without_and_with_a_season(structures):
    plain = {name: _plain(each) for name, each in structures.items()}
    twins = with_seasons(plain, YEAR_KNOWN)
    assert set(twins) == {*structures, *(f"{name}, season" for name in structures)}
    for name, each in structures.items():
        plain, seasonal = twins[name], twins[f"{name}, season"]
        assert (plain.season, seasonal.season) == (False, True)
        assert plain.weight + seasonal.weight == pytest.approx(each.weight)
        same = plain.model_dump(exclude={"season", "weight"})
        assert same == seasonal.model_dump(exclude={"season", "weight"})
        assert same == each.model_dump(exclude={"season", "weight"})


@pytest.mark.parametrize(
    ("key", "value"),
    [("level_half_life", 0), ("level_sd", -1), ("demand_sd", 0), ("weight", 0), ("levle_sd", 1)],
)
def test_impossible_structures_are_refused_by_key(structures, key, value):
    given = _plain(structures["steady"]).model_dump() | {key: value}
    with pytest.raises(ConfigError, match=key):
        Structure.of(given, "calibration.structures.steady")
