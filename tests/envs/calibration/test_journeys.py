import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from mediagym.data.attribution import AttributionSettings, attribution_reader, attribution_study
from mediagym.data.errors import ConfigError, DataError, MediaGymError
from mediagym.data.exports import DataSettings
from mediagym.envs.calibration import JourneyFindings, journey_findings, ratio_draws
from mediagym.envs.calibration.priors import JourneyPriors
from mediagym.envs.market import Objective, ObjectiveSettings

NAMES = ("google/Search Network", "meta")


@pytest.fixture
def settings(
    conf: Callable[..., dict[str, Any]], export_folder: Path
) -> tuple[DataSettings, AttributionSettings]:
    """Settings of the exports and of their attribution."""
    attribution = conf("attribution/default.yaml", draws=100)
    return (
        DataSettings.of(conf("data/default.yaml", path=str(export_folder))),
        AttributionSettings.of(attribution, "attribution"),
    )


@pytest.fixture
def find(
    conf: Callable[..., dict[str, Any]], settings: tuple[DataSettings, AttributionSettings]
) -> Callable[..., JourneyFindings]:
    """Finds what is asked of an attribution document; by default the ratios of the objective."""

    def make(
        path: Path | None, names: Sequence[str] = NAMES, objective: str = "journeys", **priors: bool
    ) -> JourneyFindings:
        asked = conf(f"objective/{objective}.yaml", attribution=path)
        journeys = conf("priors/default.yaml")["journeys"] | {"attribution": path, **priors}
        return journey_findings(
            ObjectiveSettings.of(asked, "objective"),
            JourneyPriors.of(journeys, "priors.journeys"),
            names,
            attribution_reader(*settings),
        )

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
    find: Callable[..., JourneyFindings], ratios_in: Callable[..., Path]
) -> None:
    path = ratios_in(**{"meta": (0.5, 0.1), "other": (9.0, 9.0), NAMES[0]: (1.5, 0.2)})
    ratios = find(path).ratios
    assert ratios is not None
    assert [(ratio.mean, ratio.log_sd) for ratio in ratios] == [(1.5, 0.2), (0.5, 0.1)]


def test_the_landings_are_attributed_where_no_file_is_named(
    find: Callable[..., JourneyFindings],
    settings: tuple[DataSettings, AttributionSettings],
    export_folder: Path,
    exports: ModuleType,
) -> None:
    exports.write_landings(export_folder)
    names = attribution_study(*settings).history.names
    ratios = find(None, names).ratios
    assert ratios is not None
    assert len(ratios) == len(names)
    assert all(ratio.mean > 0 for ratio in ratios)


def test_other_objectives_need_no_attribution(find: Callable[..., JourneyFindings]) -> None:
    assert find(Path("nowhere"), objective="profit") == JourneyFindings()
    assert ratio_draws(Objective("profit", 0.5), 5, 0) is None


def test_an_attribution_of_other_campaigns_is_refused(
    find: Callable[..., JourneyFindings], ratios_in: Callable[..., Path]
) -> None:
    path = ratios_in(meta=(1, 0.1), other=(1, 0.1))
    with pytest.raises(ConfigError, match=r"google/Search Network.*meta, other") as error:
        find(path)
    assert str(path) in str(error.value)
    assert "Attribute the same exports" in str(error.value)


@pytest.mark.parametrize("content", ["[]", '{"other": 1}', "{"])
def test_a_file_that_is_no_attribution_is_refused(
    find: Callable[..., JourneyFindings], tmp_path: Path, content: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(DataError, match=r"x\.json"):
        find(path)


def test_an_attribution_without_ratios_is_refused(
    find: Callable[..., JourneyFindings], tmp_path: Path
) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"ratios": null}')
    with pytest.raises(DataError, match=r"objective=journeys: no platform claims"):
        find(path)


def test_missing_landings_are_an_error(find: Callable[..., JourneyFindings]) -> None:
    with pytest.raises(MediaGymError, match=r"website-landings\.csv"):
        find(None)


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


def test_findings_hold_what_the_priors_ask_for(
    find: Callable[..., JourneyFindings], tmp_path: Path
) -> None:
    path = _document(tmp_path / "attribution.json")
    assert find(path, objective="conversions") == JourneyFindings()
    both = find(path, objective="conversions", carryover=True, halo=True)
    assert both.days_between_visits == {"meta": 4.0}
    assert both.led_share == {"meta": {NAMES[0]: pytest.approx(0.25)}}
    one = find(path, objective="conversions", carryover=True)
    assert one.led_share == {}
    assert json.loads(json.dumps(both.to_json())) == both.to_json() != one.to_json()


@pytest.mark.parametrize("missing", ["inter_touch_days", "influence"])
def test_an_attribution_that_lacks_what_priors_ask_for_is_refused(
    find: Callable[..., JourneyFindings], tmp_path: Path, missing: str
) -> None:
    path = _document(tmp_path / "attribution.json", **{missing: None})
    with pytest.raises(DataError, match=f"no key {missing}"):
        find(path, halo=True)


def test_landings_that_priors_and_objective_ask_for_are_attributed_once(
    find: Callable[..., JourneyFindings],
    settings: tuple[DataSettings, AttributionSettings],
    export_folder: Path,
    exports: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    exports.write_landings(export_folder)
    names = attribution_study(*settings).history.names
    calls: list[Any] = []

    def counted(*arguments: Any) -> Any:
        calls.append(arguments)
        return attribution_study(*arguments)

    monkeypatch.setattr("mediagym.data.attribution.document.attribution_study", counted)
    findings = find(None, names, carryover=True)
    assert len(calls) == 1
    assert findings.ratios is not None
    assert len(findings.ratios) == len(names)
    assert set(findings.days_between_visits) <= set(names)
