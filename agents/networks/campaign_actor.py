"""`CampaignActor`: one network for any number of campaigns and channels.

Every campaign is a row. One layer and one recurrent cell, shared by all campaigns, read the row;
means over the campaign's channel and over all campaigns, weighted by the plan, let campaigns know
of each other. Permuting the campaigns permutes the actions. The last layers begin at zero, so that
an untrained network acts 0: the plan, or the belief's allocation where actions follow it.
"""

from copy import copy, deepcopy
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import nn

from ...data.settings import Settings
from ...envs.flight import Problem
from .campaign_inputs import CONTEXT, DAILY, KNOWN, CampaignInputs, Rows
from .sizes import Units


class CampaignShape(Settings):
    """Layer sizes of a campaign-wise network, the same for any advertiser."""

    kind: Literal["campaigns"] = "campaigns"
    row: Annotated[int, Field(ge=1, le=4096)]  # numbers of a row, its context included
    width: Units  # units of the layers before and after the memory
    memory: Units  # units of the recurrent cell of each campaign


class CampaignBody(nn.Module):
    """From rows to one vector per campaign and one for all, with a memory per campaign."""

    def __init__(self, width: int, memory: int) -> None:
        """Args: width: units of the layers; memory: units of the recurrent cell."""
        super().__init__()
        self.read = nn.Linear(DAILY, width)
        self.read_known = nn.Linear(KNOWN, width, bias=False)
        self.read_context = nn.Linear(CONTEXT, width, bias=False)
        self.cell = nn.GRUCell(width, memory)
        self.mix = nn.Linear(2 * (width + memory), width)
        self.all = nn.Linear(width + memory, width, bias=False)

    def forward(
        self, rows: Rows, pools: torch.Tensor, memory: Any
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return vectors per campaign, their mean over all, and the memory.

        Args:
            rows: what is known of each campaign.
            pools: (1 + campaigns, campaigns) weights of the means.
            memory: (flights, campaigns, units); None on the first day.
        """
        seen = self.seen(rows)
        memory = self.remembered(seen, memory)
        return *self.vectors(seen, memory, pools), memory

    def seen(self, rows: Rows) -> torch.Tensor:
        """Return what the first layer reads, (flights, campaigns, width)."""
        context = self.read_context(rows.context)[:, None]
        return nn.functional.silu(self.read(rows.daily) + self.read_known(rows.known) + context)

    def remembered(self, seen: torch.Tensor, memory: Any) -> torch.Tensor:
        """Return the memory after a day, (flights, campaigns, units)."""
        flights, campaigns, _ = seen.shape
        flat = seen.reshape(flights * campaigns, -1)
        before = None if memory is None else memory.reshape(flights * campaigns, -1)
        after: torch.Tensor = self.cell(flat, before)
        return after.reshape(flights, campaigns, -1)

    def vectors(
        self, seen: torch.Tensor, memory: torch.Tensor, pools: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return vectors per campaign and their mean over all, of any number of flights and days.

        Args:
            seen: (rows, campaigns, width).
            memory: (rows, campaigns, units) after the day.
            pools: (1 + campaigns, campaigns) weights of the means.
        """
        both = torch.cat([seen, memory], 2)
        means = pools @ both
        mixed = self.mix(torch.cat([both, means[:, 1:]], 2)) + self.all(means[:, :1])
        vectors = nn.functional.silu(mixed)
        return vectors, (pools[:1] @ vectors)[:, 0]


class CampaignActor(nn.Module):
    """Network from observations to mean actions for the campaigns that it is bound to."""

    def __init__(self, width: int, memory: int) -> None:
        """Args: width: units of the layers; memory: units of the recurrent cell."""
        super().__init__()
        self.body = CampaignBody(width, memory)
        self.tilt, self.pace = nn.Linear(width, 1), nn.Linear(width, 1)
        self.inputs: CampaignInputs | None = None
        self._zero_last_layers()

    @classmethod
    def from_shape(cls, shape: CampaignShape) -> "CampaignActor":
        """Return an untrained actor."""
        return cls(shape.width, shape.memory)

    @property
    def shape(self) -> CampaignShape:
        """Layer sizes."""
        cell = self.body.cell
        return CampaignShape(
            row=DAILY + KNOWN + CONTEXT, width=cell.input_size, memory=cell.hidden_size
        )

    def forward(self, observation: torch.Tensor, memory: Any) -> tuple[torch.Tensor, torch.Tensor]:
        """Return mean actions, (flights, 1 + campaigns), and the memory for the next day.

        Args:
            observation: (flights, size).
            memory: (flights, campaigns, units) of the day before; None on the first day.
        """
        assert self.inputs is not None, "bind the network to a problem first"  # noqa: S101
        rows, pools = self.inputs.rows(observation), self.inputs.pools.to(observation.dtype)
        vectors, mean, memory = self.body(rows, pools, memory)
        return torch.cat([self.pace(mean), self.tilt(vectors)[..., 0]], 1), memory

    def bound_to(self, problem: Problem | CampaignInputs) -> "CampaignActor":
        """Return the actor for a problem's campaigns; the two share their weights."""
        bound = copy(self)
        inputs = problem if isinstance(problem, CampaignInputs) else CampaignInputs(problem)
        bound.inputs = inputs
        return bound

    def acting_in(self, problem: Problem) -> "CampaignActor":
        """Return a copy for a problem's campaigns in double precision.

        The order of the campaigns then changes actions by rounding errors of 1e-15 alone, which no
        cent shows.
        """
        return self.bound_to(problem).copy().double()

    def copy(self) -> "CampaignActor":
        """Return an actor with weights of its own, for the same campaigns."""
        inputs, self.inputs = self.inputs, None
        other = deepcopy(self)
        self.inputs = other.inputs = inputs
        return other

    def zero_action_copy(self) -> "CampaignActor":
        """Return a copy whose every action is 0."""
        actor = self.copy()
        actor._zero_last_layers()
        return actor

    def _zero_last_layers(self) -> None:
        with torch.no_grad():
            for layer in (self.tilt, self.pace):
                layer.weight.zero_()
                layer.bias.zero_()
