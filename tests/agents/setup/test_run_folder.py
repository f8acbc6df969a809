"""The configuration of a resumed run."""

import pytest

from mediagym.agents.setup.run_folder import configured
from mediagym.data.errors import ConfigError


@pytest.mark.parametrize("given", [3, True, ["run"], {"a": 1}])
def test_a_resumed_run_is_named_by_a_folder(given: object) -> None:
    with pytest.raises(ConfigError, match=r"resume: a \w+ was given"):
        configured({"resume": given}, [])


def test_deep_nesting_is_refused_in_one_message() -> None:
    nested: object = "run"
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ConfigError, match="resume: a list was given"):
        configured({"resume": nested}, [])
