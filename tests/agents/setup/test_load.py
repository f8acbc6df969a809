"""What is refused before the calibration, and what repeats it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediagym.agents.setup import ExperimentConfig, load, prepare
from mediagym.data.errors import DataError, MediaGymError

Config = Callable[..., dict[str, Any]]


def calibrates(config: dict[str, Any]) -> bool:
    """Whether the experiment of a configuration is calibrated, not found in the cache."""
    lines: list[str] = []
    prepare(ExperimentConfig.read(config), lines.append)
    return any("saved in" in line for line in lines)


def _without(exports: Any, folder: Path, *columns: str) -> None:
    """Sets columns of all exports to 0."""
    for path in folder.glob("*.csv"):
        rows = exports.read_rows(path)
        exports.write_rows(path, list(rows[0]), [row | dict.fromkeys(columns, "0") for row in rows])


@pytest.mark.parametrize(
    ("objective", "columns", "named"),
    [
        ("conversions", ["Conversions"], r"the conversions of all .* to revenue, or export"),
        ("conversions", ["Conversions", "Revenue"], r"To fix: export the column"),
        ("revenue", ["Revenue"], r"the revenue of all .* to conversions, or export"),
        ("profit", ["Revenue", "Conversions"], r"the objective profit needs some"),
    ],
)
def test_an_objective_of_which_nothing_was_counted_is_refused_before_anything_slow_runs(
    config: Config,
    conf: Config,
    export_folder: Path,
    exports: Any,
    monkeypatch: pytest.MonkeyPatch,
    objective: str,
    columns: list[str],
    named: str,
) -> None:
    def slow(*_: Any) -> None:
        raise AssertionError("calibrated without anything to learn from")

    monkeypatch.setattr(sys.modules[prepare.__module__], "calibrate", slow)
    _without(exports, export_folder, *columns)
    changed = ExperimentConfig.read(config(objective=conf(f"objective/{objective}.yaml")))
    for command in (prepare, load):  # of plan and train, and of calibrate
        with pytest.raises(DataError, match=named) as caught:
            command(changed, lambda _: None)
        assert "\n" not in str(caught.value)


def test_a_changed_file_of_events_is_calibrated_anew(config: Config, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("name,date\nSale,2024-01-20\n")
    made = config()
    made["calibration"]["calendar"] = made["calibration"]["calendar"] | {"events": str(file)}
    assert calibrates(made)
    assert not calibrates(made)
    file.write_text("name,date\nSale,2024-01-21\n")
    assert calibrates(made)


@pytest.mark.parametrize(
    ("calendar", "named"),
    [
        ({"country": "XX"}, r"calibration\.calendar\.country: 'XX' was given"),
        ({"country": False}, r'"NO"'),
        ({"hollidays": True}, r"did you mean 'holidays'"),
        ({"events": "nowhere.csv"}, r"nowhere\.csv: the file cannot be read"),
    ],
)
def test_a_wrong_calendar_is_refused_before_anything_slow_runs(
    config: Config, monkeypatch: pytest.MonkeyPatch, calendar: dict[str, Any], named: str
) -> None:
    def slow(*_: Any) -> None:
        raise AssertionError("calibrated before the calendar was checked")

    monkeypatch.setattr(sys.modules[prepare.__module__], "calibrate", slow)
    made = config()
    made["calibration"]["calendar"] = made["calibration"]["calendar"] | calendar
    with pytest.raises(MediaGymError, match=named):
        prepare(ExperimentConfig.read(made), lambda _: None)
