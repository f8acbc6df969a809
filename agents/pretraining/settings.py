"""Options of ``scripts/research/pretrain.py``."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ...data.settings import Command, Seed, Settings
from ...envs.environment import EnvSettings
from ..networks import Units

Count = Annotated[int, Field(ge=1, le=1_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]


class PretrainSettings(Settings):
    """The group ``pretraining``; see ``conf/pretrain.yaml``."""

    advertisers: Count
    markets: Count
    iterations: Count
    worlds: Annotated[int, Field(ge=1, le=256)]
    rows: Annotated[int, Field(ge=16, le=10_000_000)]
    flights: tuple[Count, Count]
    learning_rate: Annotated[float, Field(gt=0, le=10)]
    warm_up: Share
    mild: Share
    risk: Annotated[float, Field(gt=0, le=1)]
    width: Units
    memory: Units
    validation_advertisers: Count
    validation_markets: Count
    check_every: Count
    checkpoint: Annotated[float, Field(ge=0)]


class PretrainCommand(Command):
    """Options of ``scripts/research/pretrain.py``."""

    pretraining: PretrainSettings
    env: EnvSettings
    seed: Seed
    threads: Annotated[int, Field(ge=1, le=1024)]
    device: Literal["cpu"]
    cache: Path
    output: Path
