"""Draw a synthetic advertiser whose truth is known and write its exports."""

from collections.abc import Mapping
from typing import Any

from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser
from mediagym.scripts.cli import command, print_line


def parse(config: Mapping[str, Any]) -> tuple[SyntheticSettings, Priors]:
    """Return the settings of the advertiser (all keys except ``priors``) and the priors."""
    mapping = {key: value for key, value in config.items() if key != "priors"}
    return SyntheticSettings.of(mapping, "synthesize"), Priors.of(config["priors"], "priors")


@command("synthesize", parse)
def run(options: tuple[SyntheticSettings, Priors]) -> None:
    """Draw the advertiser and write its files."""
    settings, priors = options
    for path in write_advertiser(synthesize(settings, priors), settings):
        print_line(str(path))


if __name__ == "__main__":
    run()
