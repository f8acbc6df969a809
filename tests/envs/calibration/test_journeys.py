import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mediagym.data.attribution import AttributionSettings, attribution_study
from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.data.exports import DataSettings
from mediagym.envs.calibration import Priors, apply_journeys, ratio_draws
from mediagym.envs.calibration.journeys import objective_of, priors_of
from mediagym.envs.market import Objective

NAMES = ("google/Search Network", "meta")


@pytest.fixture
def config(
    conf: Callable[..., dict[str, Any]], export_folder: Path
) -> Callable[..., dict[str, Any]]:
    """Makes the groups that credit reads, for journeys."""

    def make(attribution: Path | None) -> dict[str, Any]:
        return {
            "data": conf("data/default.yaml", path=str(export_folder)),
            "attribution": conf("attribution/default.yaml", draws=100),
            "objective": conf("objective/journeys.yaml", attribution=attribution),
        }

    return make


@pytest.fixture
def ratios_in(tmp_path: Path) -> Callable[..., Path]:
    """Writes an attribution document with ratios by campaign."""

    def write(**ratios: tuple[float, float]) -> Path:
        found = {name: {"ratio": r, "log_sd": sd} for name, (r, sd) in ratios.items()}
        path = tmp_path / "attribution.json"
        path.write_text(json.dumps({"ratios": {"campaigns": found}}))
        return path

    return write


def test_ratios_are_taken_by_name_from_an_attribution(
    config: Callable[..., Any], ratios_in: Callable[..., Path]
) -> None:
    path = ratios_in(**{"meta": (0.5, 0.1), "other": (9.0, 9.0), NAMES[0]: (1.5, 0.2)})
    objective = objective_of(config(path), NAMES)
    assert objective.ratios is not None
    assert [(ratio.mean, ratio.log_sd) for ratio in objective.ratios] == [(1.5, 0.2), (0.5, 0.1)]


def test_the_landings_are_attributed_where_no_file_is_named(
    config: Callable[..., Any], export_folder: Path, exports: ModuleType
) -> None:
    exports.write_landings(export_folder)
    given = config(None)
    found = attribution_study(
        DataSettings.of(given["data"]),
        AttributionSettings.of(given["attribution"], "attribution"),
    )
    names = found.history.names
    objective = objective_of(given, names)
    assert objective.ratios is not None
    assert len(objective.ratios) == len(names)
    assert all(ratio.mean > 0 for ratio in objective.ratios)


def test_other_objectives_need_no_attribution(
    conf: Callable[..., dict[str, Any]], config: Callable[..., Any]
) -> None:
    given = config(Path("nowhere")) | {"objective": conf("objective/profit.yaml")}
    assert objective_of(given, NAMES).ratios is None
    assert ratio_draws(objective_of(given, NAMES), 5, 0) is None


def test_an_attribution_of_other_campaigns_is_refused(
    config: Callable[..., Any], ratios_in: Callable[..., Path]
) -> None:
    path = ratios_in(meta=(1, 0.1), other=(1, 0.1))
    with pytest.raises(ConfigError, match=r"google/Search Network.*meta, other") as error:
        objective_of(config(path), NAMES)
    assert str(path) in str(error.value)
    assert "Attribute the same exports" in str(error.value)


@pytest.mark.parametrize("content", ["[]", '{"other": 1}', "{"])
def test_a_file_that_is_no_attribution_is_refused(
    config: Callable[..., Any], tmp_path: Path, content: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"x\.json"):
        objective_of(config(path), NAMES)


def test_an_attribution_without_ratios_is_refused(
    config: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"ratios": null}')
    with pytest.raises(DataError, match=r"objective=journeys: no platform claims"):
        objective_of(config(path), NAMES)


def test_no_landings_are_told(config: Callable[..., Any]) -> None:
    with pytest.raises(MediaGymError, match=r"website-landings\.csv"):
        objective_of(config(None), NAMES)


def test_drawn_ratios_have_their_mean_and_spread(journeys: Callable[..., Objective]) -> None:
    draws = ratio_draws(journeys([0.5, 2.0], 0.3), 20_000, 1)
    assert draws is not None
    np.testing.assert_allclose(draws.mean(0), [0.5, 2.0], rtol=0.02)
    np.testing.assert_allclose(np.log(draws).std(0), 0.3, rtol=0.03)
    certain = ratio_draws(journeys([0.5, 2.0]), 3, 1)
    np.testing.assert_array_equal(certain, [[0.5, 2.0]] * 3)


ROW = {"label": "google/Search Network", "closer": "meta", "share": 0.5, "lift": 2.0, "low": 1.2}


def _document(path: Path, **keys: Any) -> Path:
    content = {
        "ratios": {"campaigns": {name: {"ratio": 0.5, "log_sd": 0.1} for name in NAMES}},
        "inter_touch_days": {"meta": {"median": 4.0}, NAMES[0]: {"median": None}},
        "influence": [
            ROW,
            ROW | {"closer": NAMES[0]},  # itself
            ROW | {"label": "direct"},  # no campaign
            ROW | {"label": "meta", "closer": NAMES[0], "low": 0.9},  # chance
            ROW | {"label": "meta", "closer": NAMES[0], "low": None},  # too few
        ],
    }
    path.write_text(json.dumps({k: v for k, v in (content | keys).items() if v is not None}))
    return path


@pytest.fixture
def asking(
    conf: Callable[..., dict[str, Any]], config: Callable[..., Any]
) -> Callable[..., dict[str, Any]]:
    """A configuration whose priors ask the journeys."""

    def make(path: Path | None, **asked: bool) -> dict[str, Any]:
        priors = conf("priors/default.yaml")
        priors["journeys"] |= {"attribution": None if path is None else str(path), **asked}
        return {**config(path), "priors": priors}

    return make


def test_priors_hold_what_the_journeys_say_where_they_are_asked(
    asking: Callable[..., Any], tmp_path: Path
) -> None:
    path = _document(tmp_path / "attribution.json")
    assert priors_of(asking(path), NAMES) == asking(path)["priors"]
    both = priors_of(asking(path, carryover=True, halo=True), NAMES)
    assert both["journeys"]["touches"] == {"meta": 4.0}
    assert both["journeys"]["led"] == {"meta": {NAMES[0]: pytest.approx(0.25)}}
    one = priors_of(asking(path, carryover=True), NAMES)
    assert one["journeys"]["led"] == {}
    assert Priors.of(both, "priors").journeys.halo


@pytest.mark.parametrize("missing", ["inter_touch_days", "influence"])
def test_an_attribution_that_lacks_what_priors_ask_is_refused(
    asking: Callable[..., Any], tmp_path: Path, missing: str
) -> None:
    path = _document(tmp_path / "attribution.json", **{missing: None})
    with pytest.raises(DataError, match=f"no key {missing}"):
        priors_of(asking(path, halo=True), NAMES)


def test_landings_that_priors_and_objective_ask_for_are_attributed_once(
    asking: Callable[..., Any], export_folder: Path, exports: ModuleType, monkeypatch: Any
) -> None:
    exports.write_landings(export_folder)
    asked: list[Any] = []

    def counted(*arguments: Any) -> Any:
        asked.append(arguments)
        return attribution_study(*arguments)

    monkeypatch.setattr("mediagym.envs.calibration.journeys.attribution_study", counted)
    given = asking(None, carryover=True)
    names = attribution_study(
        DataSettings.of(given["data"]),
        AttributionSettings.of(given["attribution"], "attribution"),
    ).history.names
    told = apply_journeys(given, names)
    assert len(asked) == 1
    assert len(told["objective"]["ratios"]) == len(names)
    assert set(told["priors"]["journeys"]["touches"]) <= set(names)
