"""The values of an informed policy beside the clairvoyant's."""

import json

import numpy as np

from mediagym.envs.suite import every_task, reference, reference_of, task_of
from mediagym.envs.suite.reference import reference_path


def test_values_of_an_informed_policy_join_a_task_s_file_and_nothing_else_changes(
    tmp_path, monkeypatch
):
    task = task_of("Full-S")
    before = reference_path(task).read_text()
    monkeypatch.setattr(reference, "REFERENCE", tmp_path)
    (tmp_path / "Full-S.json").write_text(before)
    reference.write_informed(task, "test", np.array([1.23456, 2.0]))
    after = json.loads((tmp_path / "Full-S.json").read_text())
    assert after.pop("informed") == {"test": [1.2346, 2.0]}
    assert after == json.loads(before)


def test_shipped_informed_values_lie_between_the_static_plan_and_the_clairvoyant():
    keys = [key for key, _ in every_task() if key.endswith("-M")]
    assert all("test" in reference_of(key).informed for key in keys)
    for key in keys:
        daily, informed = reference_of(key).daily["test"], reference_of(key).informed["test"]
        assert len(informed) == len(daily)
        assert (informed <= daily * (1 + 1e-3)).all()
        assert informed.mean() > 0.95 * daily.mean()
