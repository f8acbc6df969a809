"""Ramps that cannot reach a floor: refused with both numbers, or yielding where they may."""

import numpy as np
import pytest

from mediagym.data.errors import ConfigError, ConstraintError
from mediagym.data.storage import shipped_yaml
from mediagym.envs.constraints import constraints_from_json, violations

from .test_ramped_day import LIVE, set_of

LOW = [300.0, 200.0, 10.0, 10.0, 480.0]  # channel m far below its floor of 1,400 over 14 days


def test_a_typed_ramp_that_misses_a_floor_names_the_node_and_both_amounts():
    with pytest.raises(ConstraintError) as caught:
        set_of(LOW, ramp={"up": "5%", "down": "25%", "least": "$1"})
    text = str(caught.value)
    assert text.startswith("m: its floor of $1,400 is out of reach: with a ramp of 5 % from $20")
    assert "at most $" in text
    assert "constraints.ramp.up" in text


def test_the_default_ramp_yields_for_that_node_alone_and_says_so():
    default = dict(shipped_yaml("constraints/default")["ramp"])
    constraints = set_of(LOW, ramp=default, channels={"m": {"floor": "30%"}})
    yielded = constraints.ramp.yielded
    assert yielded.tolist() == [False, False, True, True, False]
    assert (constraints.ramp.up[yielded] > 0.25).all()
    assert (constraints.ramp.up[~yielded] == 0.25).all()
    assert any(note.startswith("m: its floor of $4,200") for note in constraints.notes)


def test_a_ramp_that_cannot_fall_to_a_cap_is_refused():
    with pytest.raises(ConstraintError, match=r"x/a: its cap of \$1,000 .* no less than"):
        set_of(
            [*LIVE[:4], 900.0],
            ramp={"up": "25%", "down": "1%", "least": "$1"},
            channel={"floor": None, "cap": None},
            campaigns={"x/a": {"cap": "$1000"}},
        )


@pytest.mark.parametrize("own", [{}, {"g/a": {"ramp": {"up": "10%", "down": "10%"}}}])
def test_a_campaign_can_be_switched_off_at_once_whatever_ramp_another_has(own):
    default = dict(shipped_yaml("constraints/default")["ramp"])
    bounds = {"channel": {"floor": None, "cap": None}, "campaigns": {"x/a": {"off": True}, **own}}
    constraints = set_of([*LIVE[:4], 900.0], ramp=default, **bounds)
    assert constraints.cap_cents[1][-1] == 0
    assert constraints.ramp.down[-1] == 1.0
    assert (constraints.ramp.down[:-1] < 1).all()


def test_a_set_with_rules_reads_back_from_json():
    constraints = set_of(
        LIVE,
        changes={"every": 7},
        locks=[{"date": "2024-01-03", "campaign": "x/a", "amount": 90}],
        calendar=[{"start": "2024-01-06", "kind": "blackout", "campaigns": ["g/b"]}],
        cpa=50,
        min_run=7,
    )
    again = constraints_from_json(constraints.to_json())
    assert again.to_json() == constraints.to_json()
    plan = np.tile(np.asarray(LIVE), (14, 1))
    assert violations(again, plan) == violations(constraints, plan)
    assert any("g/b" in line and "most of that day" in line for line in violations(again, plan))


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"ramp": {"upp": "25%"}}, "constraints.ramp: unknown key 'upp'"),
        ({"ramp": {"up": 25}}, "constraints.ramp.up: 25 does not fit"),
        ({"ramp": {"up": "20%", "against": "week"}}, "rhythm or yesterday"),
        ({"changes": {"weekdays": ["Mun"]}}, "constraints.changes.weekdays"),
        ({"changes": {"weekdays": ["Mon"], "every": 3}}, "give one of the two"),
        (
            {"locks": [{"date": "2025-01-01", "campaign": "g/a", "amount": 5}]},
            "dates of the flight",
        ),
        ({"calendar": [{"start": "yesterday"}]}, "written YYYY-MM-DD"),
        ({"steadiness": "90%"}, "a share from 0% to 50%"),
        ({"min_run": 0}, "constraints.min_run"),
        ({"cpa": "0%"}, "constraints.cpa"),
        ({"campaign": {"daily_floor": "$900", "daily_cap": "$500"}}, "at most the daily cap"),
    ],
)
def test_wrong_keys_and_values_are_refused_in_one_line(keys, text):
    with pytest.raises((ConfigError, ConstraintError)) as caught:
        set_of(LIVE, **keys)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_default_ramp_yields_freely_to_a_campaign_that_starts_from_nothing():
    default = dict(shipped_yaml("constraints/default")["ramp"])
    limits = {"floor": "$700", "cap": None, "daily_cap": "$50"}  # all of its days are needed
    lows = [300, 200, 200, 300, 0]
    none = {"floor": None, "cap": None}
    constraints = set_of(lows, ramp=default, channel=none, campaigns={"x/a": limits})
    assert constraints.ramp.yielded.tolist() == [False] * 4 + [True]
    assert np.isinf(constraints.ramp.up[4])
    assert any("x/a: its floor of $700" in note and "freely" in note for note in constraints.notes)
