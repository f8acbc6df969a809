"""`Actor`: the deterministic actor of a flat policy of Stable-Baselines3."""

from copy import deepcopy
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from stable_baselines3.common.policies import ActorCriticPolicy, BasePolicy
from torch import nn

from ...data.settings import Settings
from ...envs.flight import Problem
from .sizes import Layers, Units

MAX_NUMBERS = 65_536  # numbers observed, and numbers of an action
Size = Annotated[int, Field(ge=1, le=MAX_NUMBERS)]


class FlatShape(Settings):
    """Layer sizes of a flat network, for one number of campaigns."""

    kind: Literal["flat"] = "flat"
    observation: Size  # numbers observed per day
    actions: Size
    hidden: Layers  # sizes of the hidden layers
    lstm: Units | None  # units of the recurrent layer in front of them
    squash: bool  # True: tanh of the mean, as in SAC; False: the mean is clipped to [-1, 1]


class Actor(nn.Module):
    """Network from observations to mean actions, without exploration."""

    def __init__(
        self, body: nn.Sequential, head: nn.Linear, lstm: nn.LSTM | None, squash: bool
    ) -> None:
        """Assemble the layers.

        Args:
            body: hidden layers.
            head: layer of the mean actions.
            lstm: recurrent layer in front of the hidden ones.
            squash: whether the mean goes through tanh.
        """
        super().__init__()
        self.body, self.head, self.lstm, self.squash = body, head, lstm, squash

    @classmethod
    def of(cls, policy: BasePolicy) -> "Actor":
        """Return the actor of a Stable-Baselines3 policy; the two share their weights."""
        if isinstance(policy, ActorCriticPolicy):
            lstm: Any = getattr(policy, "lstm_actor", None)
            body: Any = policy.mlp_extractor.policy_net
            head: Any = policy.action_net
            return cls(body, head, lstm, squash=False)
        inner: Any = policy.actor
        return cls(inner.latent_pi, inner.mu, None, squash=True)

    @classmethod
    def from_shape(cls, shape: FlatShape) -> "Actor":
        """Return an untrained actor."""
        lstm = None if shape.lstm is None else nn.LSTM(shape.observation, shape.lstm)
        size, layers = shape.lstm or shape.observation, []
        for width in shape.hidden:
            layers += [nn.Linear(size, width), nn.ReLU() if shape.squash else nn.Tanh()]
            size = width
        return cls(nn.Sequential(*layers), nn.Linear(size, shape.actions), lstm, shape.squash)

    @property
    def shape(self) -> FlatShape:
        """Layer sizes."""
        linear = [layer for layer in self.body if isinstance(layer, nn.Linear)]
        first: Any = self.lstm.input_size if self.lstm else (*linear, self.head)[0].in_features
        return FlatShape(
            observation=first,
            actions=self.head.out_features,
            hidden=[layer.out_features for layer in linear],
            lstm=self.lstm.hidden_size if self.lstm else None,
            squash=self.squash,
        )

    def forward(self, observation: torch.Tensor, memory: Any) -> tuple[torch.Tensor, Any]:
        """Return mean actions, (flights, actions), and the recurrent state for the next day.

        Args:
            observation: (flights, size).
            memory: recurrent state of the day before; None on the first day.
        """
        if self.lstm is not None:
            out, memory = self.lstm(observation[None], memory)
            observation = out[0]
        mean = self.head(self.body(observation))
        return torch.tanh(mean) if self.squash else mean, memory

    def acting_in(self, problem: Problem) -> "Actor":
        """Return the actor itself: its campaigns are part of its shape."""
        return self

    def copy(self) -> "Actor":
        """Return an actor with weights of its own."""
        return deepcopy(self)

    def zero_action_copy(self) -> "Actor":
        """Return a copy whose every action is 0."""
        actor = self.copy()
        with torch.no_grad():
            actor.head.weight.zero_()
            actor.head.bias.zero_()
        return actor
