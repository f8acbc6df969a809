"""`Structure`: how fast demand and efficiency move, which no half year of data can tell alone."""

from typing import Annotated

from pydantic import Field

from ....data.settings import Settings
from ...market import carryover_of

Days = Annotated[float, Field(gt=0, le=36_600)]
Sd = Annotated[float, Field(gt=0, le=5)]

SEASON_WEIGHT = 0.75  # prior weight of a season where a year is known
YEAR_KNOWN = 330  # days of history from which a season can be estimated


class Structure(Settings):
    """One set of assumptions about the log level of demand and efficiency."""

    level_half_life: Days  # of a campaign's own level, prior median
    level_sd: Sd  # stationary sd of a campaign's own log level, prior median
    demand_half_life: Days  # of the movements that all campaigns share
    demand_sd: Sd  # their stationary sd
    weight: Annotated[float, Field(gt=0, le=1e6)]  # prior weight, relative to the others

    @property
    def level_kept(self) -> float:
        """Share of the log level kept per day."""
        return float(carryover_of(self.level_half_life))

    @property
    def demand_kept(self) -> float:
        """Share of the shared log demand kept per day."""
        return float(carryover_of(self.demand_half_life))

    @property
    def demand_step(self) -> float:
        """Standard deviation of a day's change of the shared log demand."""
        return float(self.demand_sd * (1 - self.demand_kept**2) ** 0.5)


class SeasonalStructure(Structure):
    """The same, with or without a season."""

    season: bool  # whether demand depends on the time of the year and on events


def with_seasons(structures: dict[str, Structure], days: int) -> dict[str, SeasonalStructure]:
    """Return the structures; with a year of history, each without and with a season.

    Args:
        structures: structures by name.
        days: days of history.
    """
    if days < YEAR_KNOWN:
        return {name: _seasonal(each, False, 1.0) for name, each in structures.items()}
    twins = {}
    for name, each in structures.items():
        twins[name] = _seasonal(each, False, 1 - SEASON_WEIGHT)
        twins[f"{name}, season"] = _seasonal(each, True, SEASON_WEIGHT)
    return twins


def _seasonal(structure: Structure, season: bool, share: float) -> SeasonalStructure:
    """Return the structure with a share of its prior weight."""
    fields = structure.model_dump() | {"weight": structure.weight * share}
    return SeasonalStructure(**fields, season=season)
