"""Draw a synthetic advertiser whose truth is known and write its exports, or continue them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import ContinuationSettings, SyntheticSettings
from mediagym.scripts.cli import command, print_line

_MORE = ("continue_days", "plan", "break", "delivery")  # the keys of ContinuationSettings


class SynthesizeOptions(NamedTuple):
    """Options of the command."""

    settings: SyntheticSettings
    priors: Priors
    more: ContinuationSettings


def parse(config: Mapping[str, Any]) -> SynthesizeOptions:
    """Return the settings of the advertiser, the priors, and the days to append."""
    more = {key: config[key] for key in _MORE if key in config}
    mapping = {key: value for key, value in config.items() if key not in (*_MORE, "priors")}
    return SynthesizeOptions(
        SyntheticSettings.of(mapping, "synthesize"),
        Priors.of(config.get("priors", {}), "priors"),
        ContinuationSettings.of(more, "synthesize"),
    )


@command("synthesize", parse)
def run(options: SynthesizeOptions) -> None:
    """Draw the advertiser and write its files, or append days to the files of a folder."""
    from mediagym.envs.synthetic import continue_advertiser, synthesize, write_advertiser

    settings, priors, more = options
    if more.continue_days:
        paths = continue_advertiser(settings, more)
    else:
        paths = write_advertiser(synthesize(settings, priors), settings)
    for path in paths:
        print_line(str(path))


if __name__ == "__main__":
    run()
