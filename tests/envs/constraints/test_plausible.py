"""Settings that no data can make right are refused from the settings alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mediagym.data.errors import ConfigError
from mediagym.envs.constraints import ConstraintSettings, require_plausible

Defaults = dict[str, Any]


def _checked(defaults: Defaults, changes: Mapping[str, Any]) -> ConstraintSettings:
    return require_plausible(ConstraintSettings.of(defaults | changes, "constraints"))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a negative total": ({"total": -1}, "total"),
    "a total of nothing": ({"total": 0}, "total"),
    "a total type": ({"total_type": "exact"}, "total_type"),
    "an unknown key": ({"channel": {"flor": "5%"}}, "channel"),
    "an unknown key of a channel": ({"channels": {"google": {"daily_cap": 5}}}, "channels.google"),
    "an unknown key of a campaign": ({"campaigns": {"a/b": {"flor": 5}}}, "campaigns.a/b"),
    "names in a list": ({"campaigns": ["a/b"]}, "campaigns"),
    "a share above 1": ({"channel": {"floor": "101%"}}, "channel.floor"),
    "a share of a campaign above 1": ({"campaigns": {"a": {"cap": "120%"}}}, "campaigns.a.cap"),
    "a negative cap": ({"campaign": {"cap": -5}}, "campaign.cap"),
    "a floor above its cap": ({"channel": {"floor": "20%", "cap": "10%"}}, "channel.floor"),
    "a cap below the default floor": ({"channels": {"google": {"cap": "5%"}}}, "channel.floor"),
    "a floor above the total": ({"campaign": {"floor": 200_001}}, "campaign.floor"),
    "off and fixed": ({"campaigns": {"a": {"off": True, "fixed": 5}}}, "campaigns.a.off"),
    "floors above the total": (
        {"channels": {"google": {"floor": "60%"}, "meta": {"floor": "50%"}}},
        "total",
    ),
    "pacing": ({"pacing": [1.5, 2]}, "pacing"),
    "a change limit without pacing": ({"change_limit": "25%", "ramp": None}, "pacing"),
    "two limits": ({"change_limit": "25%", "pacing": [1, 1]}, "change_limit"),
    "a multiple below 1": ({"most_times_recent": 0.5}, "most_times_recent"),
    "a key of the ramp": ({"ramp": {"upp": "5%"}}, "ramp"),
    "a fall by more than all": ({"ramp": {"down": "120%"}}, "ramp.down"),
    "a ramp of a campaign": ({"campaigns": {"a": {"ramp": {"up": 5}}}}, "campaigns.a.ramp.up"),
    "what ramps are against": ({"ramp": {"against": "week"}}, "ramp.against"),
    "live budgets in a list": ({"ramp": {"live": [5]}}, "ramp.live"),
    "a negative live budget": ({"ramp": {"live": {"a": -5}}}, "ramp.live.a"),
    "change days": ({"changes": {"weekdays": ["Someday"]}}, "changes.weekdays"),
    "a row of the calendar": ({"calendar": [{"start": "soon"}]}, "calendar.0"),
    "dates in the wrong order": (
        {"calendar": [{"start": "2024-07-05", "end": "2024-07-04"}]},
        "calendar.0",
    ),
    "a key of the calendar": ({"calendar": [{"start": "2024-07-05", "max": 5}]}, "calendar.0"),
    "demand of nothing": (
        {"calendar": [{"start": "2024-07-05", "demand": 0}]},
        "calendar.0.demand",
    ),
    "a lock without a campaign": ({"locks": [{"date": "2024-07-05", "amount": 5}]}, "locks.0"),
    "a daily floor": ({"campaigns": {"a": {"daily_floor": "150%"}}}, "campaigns.a.daily_floor"),
    "a run of no days": ({"min_run": 0}, "min_run"),
    "steadiness": ({"steadiness": "80%"}, "steadiness"),
    "a cost per conversion of nothing": ({"cpa": 0}, "cpa"),
    "a return in words": ({"channels": {"google": {"roas": "high"}}}, "channels.google.roas"),
}


@pytest.mark.parametrize(("changes", "key"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_with_its_key(
    default_constraints: Defaults, changes: dict[str, Any], key: str
) -> None:
    with pytest.raises(ConfigError, match=f"^constraints.{key}: ") as caught:
        _checked(default_constraints, changes)
    assert "To fix: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"total": "€150000", "campaigns": {"Suche": {"cap": "€900"}}},
        {"channels": {"google": {"off": True}}, "campaigns": {"google/Search": {"floor": "2%"}}},
        {"channels": {"google": {"floor": "60%"}, "meta": {"floor": "40%"}}},
        {"change_limit": "25%", "pacing": [1, 1], "ramp": None},
        {"changes": {"every": 7}, "min_run": 3, "cpa": 40, "roas": 2},
        {"locks": [{"date": "2024-07-05", "campaign": "x", "amount": 5}]},
        {"calendar": [{"start": "2024-07-05", "campaigns": ["x"], "demand": 1.3}]},
        {"ramp": {"up": None, "live": {"any name": 20}}},
    ],
)
def test_what_some_campaigns_could_make_right_is_not_refused(
    default_constraints: Defaults, changes: dict[str, Any]
) -> None:
    _checked(default_constraints, changes)


def test_a_key_of_a_file_is_refused_with_the_file(
    default_constraints: Defaults, tmp_path: Path
) -> None:
    (tmp_path / "my.yaml").write_text("total: -5\n")
    with pytest.raises(ConfigError, match=r"my.yaml: constraints.total: -5"):
        _checked(default_constraints, {"file": str(tmp_path / "my.yaml")})
