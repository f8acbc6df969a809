"""`ExternalPolicy`: a user's own policy, whose observations and actions are those of Gymnasium."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from traceback import extract_tb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.display import visible
from ...data.errors import ConfigError, MediaGymError, shown
from ...envs.arrays import Array, at_least, at_most
from ...envs.environment import require_action
from ...envs.flight import ActionSettings, Observable, observe, requested_spend
from .description import TaskDescription

_INSTALLED = ("site-packages", "dist-packages", "importlib")  # frames that are not the user's
_EXPECTED = (
    "an object with act(observations), a function of the observations, or a list of them with one "
    "per training seed"
)


class ExternalPolicy:
    """A policy that sees observations and returns actions, as in the vector environment.

    An action means what it means in the environment of the experiment, unless the policy has
    the attribute ``action_settings``: a mapping of the keys of ``env.action`` that differ.
    """

    open_loop = False

    def __init__(self, name: str, policy: Any, task: TaskDescription) -> None:
        """Wrap a user's policy.

        Args:
            name: name of the policy in tables and messages.
            policy: an object with ``act(observations)`` and, if it has a state, ``reset(n)``;
                or a function of the observations. Observations are (n, size) float32, actions
                (n, 1 + campaigns), one row per flight.
            task: description of the experiment.

        Raises:
            ConfigError: if it is neither, or its ``action_settings`` are not allowed.
        """
        act = getattr(policy, "act", policy)
        if not callable(act) or isinstance(policy, type):
            raise ConfigError(
                f"policy {shown(name)}: {_kind(policy)} was given. Allowed: {_EXPECTED}. To fix: "
                "return one of these from the factory."
            )
        self.name, self.task, self._act = name, task, act
        self._reset: Callable[[int], Any] = getattr(policy, "reset", lambda n: None)
        self.action = _action_settings(name, getattr(policy, "action_settings", None), task.action)

    def act(self, observable: Observable, memory: Any) -> tuple[Array, Array, Any]:
        """Return requested dollars per campaign and in total.

        Raises:
            ConfigError: if the user's code fails, or returns no actions of the right shape.
        """
        problem, day = self.task.problem, observable.ledger.day
        observation = np.ascontiguousarray(observe(problem, observable, np.float32))
        rows = observation.reshape(-1, observation.shape[-1])
        if memory is None:  # the first day of these flights
            with blamed(f"policy {shown(self.name)}: reset({len(rows)})"):
                self._reset(len(rows))
        action = self._checked(rows, day).reshape(*observation.shape[:-1], -1)
        clipped = at_most(at_least(np.asarray(action, np.float64, order="F"), -1.0), 1.0)
        return *requested_spend(problem, observable, clipped, self.action), True

    def _checked(self, rows: NDArray[np.float32], day: int) -> NDArray[Any]:
        """Return the user's actions, (n, 1 + campaigns), all of them finite."""
        where = f"policy {shown(self.name)}, day {day + 1}"
        shape = len(rows), *self.task.action_space.shape
        with blamed(f"{where}: act()"):
            given = self._act(rows.copy())
            if isinstance(given, tuple):
                raise ConfigError(
                    f"{where}: a tuple of {len(given)} was returned; expected the actions alone, "
                    f"{shape}. Stable-Baselines3's predict returns (actions, state): return the "
                    "first."
                )
            try:
                return require_action(given, shape)
            except MediaGymError as error:
                raise ConfigError(f"{where}: {error}") from None


def external_policies(name: str, made: Any, task: TaskDescription) -> tuple[ExternalPolicy, ...]:
    """Return the policies of one entry of a comparison, one per training seed.

    Args:
        name: name of the entry.
        made: a policy as in ``ExternalPolicy``, or a list of them.
        task: description of the experiment.

    Raises:
        ConfigError: if it is none.
    """
    several = isinstance(made, list | tuple) and made and not hasattr(made, "act")
    return tuple(ExternalPolicy(name, each, task) for each in (made if several else (made,)))


@contextmanager
def blamed(what: str) -> Iterator[None]:
    """Turn an exception of a user's code into one line that says where it was raised.

    Args:
        what: what was called.

    Raises:
        ConfigError: with the exception's type and message, its file and its line.
    """
    try:
        yield
    except MediaGymError:
        raise
    except (Exception, SystemExit) as error:
        text = visible(str(error)) or "no message"
        frames = [
            frame
            for frame in extract_tb(error.__traceback__)[1:]
            if not any(part in frame.filename for part in _INSTALLED)
        ]
        place = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
        raise ConfigError(
            f"{what} raised {type(error).__name__}: {text[:_MAX_TEXT]}{place}. To fix: correct the "
            "policy and run again."
        ) from error


_MAX_TEXT = 300  # characters of an exception's message


def _action_settings(name: str, given: Any, usual: ActionSettings) -> ActionSettings:
    if given is None or isinstance(given, ActionSettings):
        return given or usual
    where = f"policy {shown(name)}: action_settings"
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"{where}: {_kind(given)} was given. Allowed: a mapping with some of the keys "
            f"{', '.join(ActionSettings.model_fields)}. To fix: change it and run again."
        )
    return ActionSettings.of({**usual.model_dump(), **given}, where)


def _kind(value: Any) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}, not an object of it,"
    return "nothing" if value is None else f"an object of type {type(value).__name__}"
