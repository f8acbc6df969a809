"""What learned policies are called: by the training that their weights have gone through."""

import pytest

from mediagym.agents.networks import origin_of
from mediagym.data.storage import ROOT, read_json


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("no training: actions of 0", "untrained"),
        ("backpropagation, 78 iterations", "apg"),
        ("ppo, 153,600 steps after backpropagation, 120 iterations", "ppo after apg"),
        ("ppo_scratch, 3,000,000 steps after backpropagation, 0 iterations", "ppo_scratch"),
        ("imitation, 3 epochs", "imitation"),
        (
            "finetune, 15,360 steps after backpropagation, 16 iterations from universal",
            "finetune after apg",
        ),
        (
            "universal as it was: backpropagation, 9 iterations; finetune, 11,520 steps in a world",
            "finetune in a world",
        ),
        (
            "universal as it was: backpropagation, 9 iterations; finetune, 0 steps in a world",
            "universal as it was: backpropagation",
        ),
    ],
)
def test_the_origin_of_weights_in_few_words(written: str, origin: str) -> None:
    assert origin_of(written) == origin


def test_every_shipped_policy_has_an_origin_that_tables_know() -> None:
    known = {"untrained", "apg", "ppo after apg"}
    found = [read_json(path) for path in (ROOT / "data" / "policies").glob("*/ppo_*/policy.json")]
    assert found
    assert {origin_of(facts["origin"]) for facts in found} <= known
