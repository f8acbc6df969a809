"""Bounds of a network's sizes, as types of settings; without torch, for whoever reads settings."""

from typing import Annotated

from pydantic import Field

MAX_UNITS = 4096  # units of a layer
MAX_LAYERS = 16
Units = Annotated[int, Field(ge=1, le=MAX_UNITS)]
Layers = Annotated[list[Units], Field(max_length=MAX_LAYERS)]
