"""Exports of a synthetic advertiser with any number of campaigns, for the benchmarks."""

from pathlib import Path

from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser

_CHANNELS = ("google", "microsoft")


def write_exports(folder: Path, campaigns: int, days: int, landings: int) -> None:
    """Write exports, and the truth behind them; campaigns have the settings of the shipped ones.

    Args:
        folder: a new one, or an empty one.
        campaigns: how many, an even number, half of them in each of two channels.
        days: of the history.
        landings: of the site log; 0: no log.
    """
    given = shipped_yaml("advertiser/default")
    table = list(given["campaigns"].values())
    kinds = range(campaigns // len(_CHANNELS))
    names = [f"{channel}/Type {k:02d}" for k in kinds for channel in _CHANNELS]
    given |= {"path": folder, "days": days, "landings": landings}
    given["campaigns"] = {name: table[k % len(table)] for k, name in enumerate(names)}
    settings = SyntheticSettings.of(given, "synthesize")
    priors = Priors.of(shipped_yaml("priors/default"), "priors")
    write_advertiser(synthesize(settings, priors), settings)
