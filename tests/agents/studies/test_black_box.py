"""The black box study: which tasks there are, what is refused, and what the table says."""

import numpy as np
import pytest

from mediagym.agents.studies import (
    BlackBoxCommand,
    black_box_markdown,
    black_box_summary,
    black_box_text,
    placed,
)
from mediagym.agents.studies.black_box import NAMES, ZERO_SHOT
from mediagym.data.errors import ConfigError

FLIGHTS, TRAININGS = 8, 3


@pytest.fixture
def command(conf, agent):
    """Makes the options of a study of two worlds."""
    groups = ("data", "priors", "calibration", "constraints", "env", "solver", "advertiser")

    def make(warm=0, start="universal", **changes):
        config = {name: conf(f"{name}/default.yaml") for name in groups}
        study = conf("black_box.yaml")["black_box"]
        steps = {"iterations": warm, "flights": 4, "learning_rate": 1e-3}
        own = {
            **study,
            "agent": agent("finetune", start=start, warm=steps),
            "worlds": {name: study["worlds"][name] for name in ("power", "late")},
            "advertisers": 2,
            "trainings": TRAININGS,
            **changes,
        }
        objective = conf("objective/conversions.yaml")
        return BlackBoxCommand.read(
            {**config, "objective": objective, "black_box": own, "output": None}
        )

    return make


def test_each_world_is_flown_without_training_and_once_per_training(command):
    options = command()
    assert [case.form for case in options.cases()] == ["power", "power", "hill", "hill"]
    tasks = options.tasks()
    assert len(tasks) == len(set(tasks)) == 2 * 2 * (1 + 2 * TRAININGS)
    assert {task.case.form for task in tasks if task.world == "late"} == {"hill"}
    assert sum(task.reward is None for task in tasks) == 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"warm": 3}, r"no gradient.*black_box\.agent\.warm\.iterations=0"),
        ({"start": None}, r"black_box\.agent\.start=universal"),
        ({"noise": 2**31}, r"black_box\.noise"),
        ({"rewards": ["profit"]}, r"black_box\.rewards"),
    ],
)
def test_what_cannot_be_flown_is_refused_in_one_line(command, changes, message):
    with pytest.raises(ConfigError, match=message) as error:
        command(**changes)
    assert "\n" not in str(error.value)


def rows_of(gain, noise=0.0, advertisers=(100, 101)):
    """Rows of a world in which training gains a share of each flight's conversions."""
    rng, rows = np.random.default_rng(0), []
    for advertiser in advertisers:
        base = rng.uniform(100, 900, FLIGHTS)
        key = {"world": "power", "form": "power", "advertiser": advertiser}
        rest = {"turnover": [0.1] * FLIGHTS, "broken": 0, "cents_off": 0, "seconds": 5.0}
        start = {"policy": ZERO_SHOT, "seed": 0, "steps": 0, "conversions": base.tolist()}
        rows.append(key | rest | start)
        for seed in range(TRAININGS):
            factor = 1 + gain + noise * rng.standard_normal(FLIGHTS)
            own = {"policy": NAMES["expected"], "seed": seed, "steps": 60 * seed}
            rows.append(key | rest | own | {"conversions": (base * factor).tolist()})
    return rows


def test_a_gain_is_paired_by_flight_and_advertiser():
    start, trained = black_box_summary(rows_of(0.02), 200, 0)
    assert start["gain"] is None
    assert start["trainings"] is None
    assert trained["gain"] == pytest.approx(2.0)
    np.testing.assert_allclose(trained["gain_interval"], 2.0)  # however much flights differ
    assert trained["kept"] == 2 * (TRAININGS - 1)  # seed 0 ended where it began
    assert trained["trainings"] == 2 * TRAININGS
    assert trained["flights"] == 2 * TRAININGS * FLIGHTS
    assert trained["turnover"] == pytest.approx(10.0)


def test_an_interval_holds_its_mean_and_narrows_with_less_noise():
    widths = []
    for noise in (0.01, 0.05):
        trained = black_box_summary(rows_of(0.02, noise), 500, 0)[1]
        low, high = trained["gain_interval"]
        assert low < trained["gain"] < high
        widths.append(high - low)
    assert widths[0] < widths[1]


def test_the_table_stands_between_its_marks_and_is_written_again_in_place():
    summary = black_box_summary(rows_of(0.02), 200, 0)
    table = black_box_markdown(summary, "python scripts/research/black_box.py")
    assert "| power | ppo | 48 | +2.00 (+2.00..+2.00) | 4 of 6 | 10.0 | 0 | 0 |" in table
    assert "2 advertisers per world" in table
    page = placed("# Title\n\nText.\n", table)
    assert placed(page, table) == page
    assert page.startswith("# Title\n\nText.\n")
    assert "+2.00" in black_box_text(summary[1])
