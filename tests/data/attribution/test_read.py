import json
from pathlib import Path
from typing import Any

import pytest

from mediagym.data.attribution.read import read_attribution
from mediagym.data.errors import DataError

PAIR = {"label": "a", "closer": "b", "share": 0.5, "lift": 2.0, "low": 1.5}
SOUND: dict[str, Any] = {
    "inter_touch_days": {"a": {"median": 2.5}, "b": {"median": None}},
    "influence": [PAIR, {**PAIR, "lift": None, "low": None}],
    "ratios": {"campaigns": {"a": {"ratio": 0.5, "log_sd": 0.1}}},
}


def read(folder: Path, content: Any) -> Any:
    path = folder / "attribution.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return read_attribution(path)


def test_a_sound_document_is_read_and_parts_may_be_absent(tmp_path: Path) -> None:
    assert read(tmp_path, SOUND) == SOUND
    assert read(tmp_path, SOUND | {"ratios": None})["ratios"] is None
    assert read(tmp_path, {}) == {}
    assert read(tmp_path, []) == {}


@pytest.mark.parametrize(
    ("part", "content", "message"),
    [
        ("inter_touch_days", [], "inter_touch_days is '\\[\\]'; expected an object"),
        ("inter_touch_days", {"a": 2.5}, "inter_touch_days of 'a' is '2.5'; expected an object"),
        ("inter_touch_days", {"a": {"median": "2"}}, "of 'a', median is '2'"),
        ("inter_touch_days", {"a": {"median": -1}}, "of 'a', median is '-1'"),
        ("influence", {}, "influence is '{}'; expected a list"),
        ("influence", ["a"], "influence\\[0\\] is 'a'; expected an object"),
        ("influence", [{**PAIR, "label": 1}], "influence\\[0\\].label is '1'; expected a text"),
        ("influence", [{**PAIR, "share": 2}], "share is '2'; expected a number from 0 to 1"),
        ("influence", [{**PAIR, "lift": None}], "lift is 'None'; expected a number that is not"),
        ("ratios", [], "ratios.campaigns is 'None'; expected an object"),
        ("ratios", {"campaigns": {"a": {"ratio": 1.0}}}, "of 'a', log_sd is 'None'"),
        ("ratios", {"campaigns": {"a": {"ratio": True, "log_sd": 0.1}}}, "ratio is 'True'"),
        ("ratios", {"campaigns": {"a": {"ratio": 1e308, "log_sd": 0.1}}}, "ratio is '1e\\+308'"),
        ("ratios", {"campaigns": {"a": {"ratio": 10**400, "log_sd": 0.1}}}, "ratio is '1000"),
        ("ratios", {"campaigns": {"a": {"ratio": float("nan"), "log_sd": 1}}}, "ratio is 'nan'"),
        ("influence", [{"label": "a", "closer": "b", "share": 0.1, "lift": 1.5}], "low"),
    ],
)
def test_a_part_of_another_form_is_refused(
    part: str, content: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=message) as caught:
        read(tmp_path, SOUND | {part: content})
    assert str(caught.value).startswith(str(tmp_path / "attribution.json"))
    assert "\n" not in str(caught.value)
