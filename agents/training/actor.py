"""The network that acts: what is left of a Stable-Baselines3 policy when nothing more is learnt."""

from copy import deepcopy
from typing import Annotated, Any

import torch
from pydantic import Field
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from torch import nn

from ...data.settings import Settings

Size = Annotated[int, Field(ge=1)]


class Shape(Settings):
    """What an actor is built of."""

    observation: Size  # numbers seen a day
    actions: Size
    hidden: list[Size]  # sizes of the hidden layers
    lstm: Size | None  # units of the recurrent layer before them
    squash: bool  # tanh of the mean, as SAC has it; otherwise it is clipped to [-1, 1]


class Actor(nn.Module):
    """Turns observations into mean actions, without exploration."""

    def __init__(
        self, body: nn.Sequential, head: nn.Linear, lstm: nn.LSTM | None, squash: bool
    ) -> None:
        """Args: hidden layers, the layer of means, a recurrent layer before them, and the end."""
        super().__init__()
        self.body, self.head, self.lstm, self.squash = body, head, lstm, squash

    @classmethod
    def of(cls, policy: BasePolicy) -> "Actor":
        """Return the actor of a Stable-Baselines3 policy; they share their weights."""
        if isinstance(policy, ActorCriticPolicy):
            lstm: Any = getattr(policy, "lstm_actor", None)
            body: Any = policy.mlp_extractor.policy_net
            head: Any = policy.action_net
            return cls(body, head, lstm, squash=False)
        inner: Any = policy.actor
        return cls(inner.latent_pi, inner.mu, None, squash=True)

    @classmethod
    def built(cls, shape: Shape) -> "Actor":
        """Return an untrained actor."""
        lstm = None if shape.lstm is None else nn.LSTM(shape.observation, shape.lstm)
        size, layers = shape.lstm or shape.observation, []
        for width in shape.hidden:
            layers += [nn.Linear(size, width), nn.ReLU() if shape.squash else nn.Tanh()]
            size = width
        return cls(nn.Sequential(*layers), nn.Linear(size, shape.actions), lstm, shape.squash)

    @property
    def shape(self) -> Shape:
        """What it is built of."""
        linear = [layer for layer in self.body if isinstance(layer, nn.Linear)]
        first: Any = self.lstm.input_size if self.lstm else (*linear, self.head)[0].in_features
        return Shape(
            observation=first,
            actions=self.head.out_features,
            hidden=[layer.out_features for layer in linear],
            lstm=self.lstm.hidden_size if self.lstm else None,
            squash=self.squash,
        )

    def forward(self, seen: torch.Tensor, memory: Any) -> tuple[torch.Tensor, Any]:
        """Return mean actions, (flights, actions), and the memory for tomorrow.

        Args:
            seen: observations, (flights, size).
            memory: what this returned yesterday; None on the first day.
        """
        if self.lstm is not None:
            out, memory = self.lstm(seen[None], memory)
            seen = out[0]
        mean = self.head(self.body(seen))
        return torch.tanh(mean) if self.squash else mean, memory

    def copied(self) -> "Actor":
        """Return an actor with weights of its own."""
        return deepcopy(self)

    def idle(self) -> "Actor":
        """Return a copy whose every action is 0."""
        still = self.copied()
        with torch.no_grad():
            still.head.weight.zero_()
            still.head.bias.zero_()
        return still
