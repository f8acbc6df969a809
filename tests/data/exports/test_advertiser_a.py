"""Exports of a real advertiser; skipped where they are not available."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mediagym.data.exports import DataSettings
from mediagym.data.units import load_history


def test_advertiser_a_is_read_to_the_dollar(
    advertiser_a: Path, data_settings: Callable[..., DataSettings]
) -> None:
    history = load_history(data_settings(advertiser_a))
    summary = {line.name: line for line in history.summary()}
    assert len(history.dates) == 182
    assert len(summary) == 9
    assert history.totals.spend.sum() / 182 == pytest.approx(5826, abs=1)
    assert history.totals.conversions.sum() / 182 == pytest.approx(109.7, abs=0.05)
    missing = {name: line.missing_days for name, line in summary.items() if line.missing_days}
    assert missing == {"google/Display Network": 14, "microsoft/Performance max": 7}
    assert not any(line.dead_days for line in summary.values())
    assert summary["google/Cross-network"].spend_per_day == pytest.approx(3172, abs=0.5)
    assert summary["google/Cross-network"].share == pytest.approx(0.544, abs=0.0005)
    assert summary["google/Search Network"].cpc == pytest.approx(2.85, abs=0.005)
    assert summary["google/Search Network"].cvr == pytest.approx(0.063, abs=0.0005)
    assert summary["google/Search Network"].aov == pytest.approx(236, abs=0.5)
    assert summary["meta"].roas == pytest.approx(25.3, abs=0.05)
