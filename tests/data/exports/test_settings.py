from collections.abc import Callable
from typing import Any

import pytest

from mediagym.data.errors import ConfigError
from mediagym.data.exports import DataSettings

Make = Callable[..., DataSettings]


def test_the_shipped_defaults_are_valid(data_settings: Make) -> None:
    settings = data_settings(None)
    assert settings.channels is None
    assert settings.dead_after_days == 28


def test_a_folder_must_be_given(data_settings: Make) -> None:
    with pytest.raises(ConfigError, match=r"data\.path"):
        data_settings(None).folder()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dead_after_day", 28),
        ("dead_after_days", "28"),
        ("dead_after_days", 0),
        ("dead_after_days", True),
        ("dead_after_days", 2.5),
        ("minimum_days", None),
        ("date_format", "DD/MM/YY"),
        ("channels", []),
        ("channels", "google"),
        ("channels", ["google", "google"]),
        ("channels", [1]),
        ("files", {"google": []}),
        ("campaign_types", {"google": "Search Network"}),
        ("columns", {"costs": "Spend"}),
        ("columns", {"cost": "Spend", "revenue": "spend"}),
        ("unit", "types"),
        ("unit", "group"),
        ("groups", "groups.yaml"),
        ("max_campaigns", 0),
        ("incomplete_days", -1),
        ("decimal_mark", ";"),
        ("timezone", "Berlin"),
        ("weekly", "days"),
        ("overlaps", "keep"),
        ("currency", "Euro"),
        ("exchange_rates", {"USD": 0.9}),
        ("exchange_rates", {"USD": 0}),
        ("campaign_types", None),
        ("cost_in_micros", ["google", "google"]),
        ("ignore_columns", [3]),
        ("landings_file", 7),
        ("landing_sources", {"google": 7}),
        ("path", 7),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(data_settings: Make, key: str, value: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        data_settings(**{"path": "x", key: value})
    message = str(caught.value)
    assert f"data.{key}" in message
    assert "\n" not in message
    assert len(message) < 500


def test_a_heading_cannot_be_read_and_ignored(data_settings: Make) -> None:
    with pytest.raises(ConfigError, match=r"data\.ignore_columns"):
        data_settings(path="x", columns={"conversions": "Leads"}, ignore_columns=["leads"])


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ConfigError, match=r"data\.path: no value"):
        DataSettings.of({})


def test_anything_but_a_mapping_is_refused() -> None:
    with pytest.raises(ConfigError, match="data: 'None'"):
        DataSettings.of(None)  # type: ignore[arg-type]
