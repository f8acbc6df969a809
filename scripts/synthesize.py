"""Write a synthetic advertiser: ad exports, site landings and the truth behind them."""

from omegaconf import DictConfig

from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser
from mediagym.scripts.cli import launch, to_plain_dict


def main(config: DictConfig) -> None:
    """Draw the advertiser and write its files."""
    mapping = to_plain_dict(config)
    priors = Priors.of(mapping.pop("priors"), "priors")
    settings = SyntheticSettings.of(mapping, "synthesize")
    for path in write_advertiser(synthesize(settings, priors), settings):
        print(path)


def run() -> None:
    """Console entry."""
    launch(main, "synthesize")


if __name__ == "__main__":
    run()
