"""Options of the pilots study that cannot be carried out are refused before it begins."""

import pytest
from hydra import compose, initialize_config_dir

from mediagym.agents.live import MIN_DRAWS
from mediagym.agents.studies import PilotsCommand
from mediagym.data.errors import ConfigError
from mediagym.data.storage import CONF
from mediagym.scripts.cli import to_plain_dict


def command(*overrides: str) -> PilotsCommand:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return PilotsCommand.read(to_plain_dict(compose("pilots", list(overrides))))


def test_the_live_engine_needs_draws_that_were_held_out() -> None:
    """With one draw every probability is 0 or 1, and a hold is the throw of a coin."""
    assert command().calibration.held_out == 1
    with pytest.raises(ConfigError, match=f"got 1 with pilots.live. Allowed: at least {MIN_DRAWS}"):
        command("pilots.live=[ensemble]")
    enough = command("pilots.live=[ensemble]", f"calibration.held_out={MIN_DRAWS}")
    assert enough.pilots.live == ["ensemble"]
