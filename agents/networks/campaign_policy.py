"""`CampaignPolicy`: the campaign-wise network as a recurrent policy of Stable-Baselines3.

``RecurrentPPO`` of sb3-contrib keeps one flat recurrent state per environment. Here it is the
memories of all campaigns, one after the other, and what stands for the library's LSTM reads the
rows of the campaigns. Actor and critic have a body each; exploration is the library's Gaussian.
"""

from typing import Any

import torch
from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy
from torch import nn

from .campaign_actor import CampaignActor, CampaignBody
from .campaign_inputs import CampaignInputs

States = tuple[torch.Tensor, torch.Tensor]


class CampaignPolicy(RecurrentActorCriticPolicy):
    """Actor and critic that read campaigns as rows; see ``CampaignActor``."""

    def __init__(
        self, *args: Any, inputs: CampaignInputs, width: int, memory: int, **keys: Any
    ) -> None:
        """Build actor and critic for the campaigns of a problem.

        Args:
            args: observation space, action space and learning rate, by Stable-Baselines3.
            inputs: the campaigns.
            width: units of the layers.
            memory: units of the recurrent cell of each campaign.
            keys: other arguments of the base class.
        """
        super().__init__(*args, net_arch=[], lstm_hidden_size=1, **keys)
        self.actor = CampaignActor(width, memory).bound_to(inputs)
        self.lstm_actor = _BodyOverDays(self.actor.body, inputs)  # type: ignore[assignment]
        self.lstm_critic = _BodyOverDays(  # type: ignore[assignment]
            CampaignBody(width, memory), inputs
        )
        self.lstm_hidden_state_shape = (1, 1, self.lstm_actor.hidden_size)
        self.mlp_extractor = _Identity()  # type: ignore[assignment]
        self.action_net = _ActionHead(self.actor)
        self.value_net = _ValueHead(width)  # type: ignore[assignment]
        schedule = keys.get("lr_schedule") or args[2]
        self.optimizer = self.optimizer_class(
            self.parameters(), lr=schedule(1), **self.optimizer_kwargs
        )

    @staticmethod
    def _process_sequence(  # type: ignore[override]
        features: torch.Tensor, lstm_states: States, episode_starts: torch.Tensor, lstm: Any
    ) -> tuple[torch.Tensor, States]:
        """Return the vectors of all rows, sequence by sequence, and the states after the last."""
        flights = lstm_states[0].shape[1]
        sequence = features.reshape(flights, -1, features.shape[-1]).swapaxes(0, 1)
        starts = episode_starts.reshape(flights, -1).swapaxes(0, 1)
        vectors, states = lstm(sequence, lstm_states, starts)
        return vectors.swapaxes(0, 1).flatten(0, 1), states


class _BodyOverDays(nn.Module):
    """A body in the place of an LSTM: (days, flights, ...) sequences and flat states."""

    num_layers = 1

    def __init__(self, body: CampaignBody, inputs: CampaignInputs) -> None:
        super().__init__()
        self.body, self.inputs = body, inputs
        self.input_size = inputs.size
        self.hidden_size = inputs.campaigns * body.cell.hidden_size

    def forward(
        self, sequence: torch.Tensor, states: States, starts: torch.Tensor
    ) -> tuple[torch.Tensor, States]:
        """Return (days, flights, (1 + campaigns) width) vectors, the mean's first, and the states.

        Only the memories go from day to day; the layers read all days at once.

        Args:
            sequence: (days, flights, size) observations.
            states: (1, flights, campaigns x units) memories; the second is not used.
            starts: (days, flights) 1 where an episode begins, without a memory; else 0.
        """
        days, flights, _ = sequence.shape
        seen = self.body.seen(self.inputs.rows(sequence.flatten(0, 1)))
        memory, memories = states[0][0].reshape(flights, self.inputs.campaigns, -1), []
        for day, start in zip(seen.reshape(days, flights, *seen.shape[1:]), starts, strict=True):
            memory = self.body.remembered(day, (1.0 - start)[:, None, None] * memory)
            memories.append(memory)
        each, mean = self.body.vectors(seen, torch.cat(memories), self.inputs.pools)
        vectors = torch.cat([mean[:, None], each], 1).flatten(1)
        vectors = vectors.reshape(days, flights, -1)
        return vectors, (memory.flatten(1)[None], states[1])


class _Identity(nn.Module):
    """Hands vectors over: there are no layers between the bodies and the heads."""

    def forward_actor(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the vectors."""
        return vectors

    def forward_critic(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the vectors."""
        return vectors


class _ActionHead(nn.Module):
    """Mean actions from the vectors of a day."""

    def __init__(self, actor: CampaignActor) -> None:
        super().__init__()
        self.tilt, self.pace = actor.tilt, actor.pace

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return (flights, 1 + campaigns) from (flights, (1 + campaigns) width)."""
        rows = vectors.unflatten(1, (-1, self.tilt.in_features))
        return torch.cat([self.pace(rows[:, 0]), self.tilt(rows[:, 1:])[..., 0]], 1)


class _ValueHead(nn.Module):
    """Value from the mean vector of a day."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layer = nn.Linear(width, 1)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return (flights, 1)."""
        return self.layer(vectors[:, : self.layer.in_features])
