"""`CalibrationSettings`: the sampler, the structures of demand, and the calendar."""

from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from ...data.calendar import CalendarSettings
from ...data.errors import ConfigError
from ...data.settings import Seed, Settings
from .demand import Structure

MAX_PARTICLES = 100_000  # particles or draws, each with parameters of every campaign
MAX_STEPS = 10_000  # steps of Markov chains


class CalibrationSettings(Settings):
    """The group ``calibration`` of the configuration; see ``conf/calibration/default.yaml``."""

    seed: Seed
    particles: Annotated[int, Field(ge=64, le=MAX_PARTICLES)]
    ess_target: Annotated[float, Field(gt=0, lt=1)]
    mcmc_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]
    final_mcmc_steps: Annotated[int, Field(ge=1, le=MAX_STEPS)]
    draws: Annotated[int, Field(ge=2, le=MAX_PARTICLES)]
    held_out: Annotated[int, Field(ge=1, le=MAX_PARTICLES)]
    structures: dict[str, Structure]  # by name; none: the priors alone, without a model of demand
    calendar: CalendarSettings

    @field_validator("calendar", mode="before")
    @classmethod
    def _known_country(cls, given: Any) -> CalendarSettings:
        is_parsed = isinstance(given, CalendarSettings)
        return given if is_parsed else CalendarSettings.of(given, "calibration.calendar")

    @model_validator(mode="after")
    def _leave_training_draws(self) -> Self:
        if self.held_out >= self.draws:
            raise ConfigError(
                f"calibration.held_out: {self.held_out} of {self.draws} draws were given; allowed: "
                "fewer than calibration.draws, as policies train on the rest. Lower held_out or "
                "raise draws."
            )
        return self
