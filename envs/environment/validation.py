"""Validation of counts, seeds, actions, render modes and states, with errors for users."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import MediaGymError


def require_count(num_envs: Any) -> int:
    """Return the number of parallel flights; MediaGymError unless it is whole and >= 1."""
    if isinstance(num_envs, bool) or not isinstance(num_envs, int | np.integer) or num_envs < 1:
        raise MediaGymError(f"num_envs: {num_envs!r} was given; expected a whole number above 0.")
    return int(num_envs)


def require_seed(seed: Any) -> int:
    """Return a seed; MediaGymError unless it is whole and >= 0."""
    if isinstance(seed, list | tuple):
        raise MediaGymError(
            f"reset(seed={seed}): expected one integer; an episode's noise follows from it and "
            "the number of the episode."
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise MediaGymError(f"reset(seed={seed!r}): expected a whole number, 0 or more.")
    return int(seed)


def require_mode(mode: str | None, allowed: Sequence[str]) -> str | None:
    """Return the render mode; MediaGymError unless it is allowed or None."""
    if mode is not None and mode not in allowed:
        raise MediaGymError(
            f"render_mode: {mode!r} was given; allowed: {', '.join(allowed)}, or None."
        )
    return mode


def require_action(action: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an action as an array; MediaGymError unless real, finite and of the given shape."""
    try:
        array = np.asarray(action)
    except ValueError:
        raise MediaGymError(
            f"action: rows of different lengths were given; expected shape {shape}."
        ) from None
    if array.shape != shape:
        raise MediaGymError(f"action: shape {array.shape} was given; expected {shape}.")
    if array.dtype.kind not in "fiub":
        raise MediaGymError(f"action: entries of {array.dtype} were given; expected real numbers.")
    finite = np.isfinite(array)
    if not finite.all():
        raise MediaGymError(
            f"action: {array[~finite][0]} was given; every entry must be a finite number in "
            "[-1, 1]. Check whether the policy diverged."
        )
    return array


def require_fitting(
    arrays: Mapping[str, NDArray[Any]], days: int, flights: int, campaigns: int
) -> None:
    """Raise an error for the state of a differently configured environment.

    Args:
        arrays: returned by ``get_state``, by path.
        days: length of this environment's flights.
        flights: number of flights in parallel.
        campaigns: number of campaigns.
    """
    level, expected = arrays.get("draw.noise.level"), (days, flights, campaigns)
    if level is not None and np.shape(level) != expected:
        raise MediaGymError(
            "set_state(): a state of {} days, {} flights and {} campaigns was given; this "
            "environment has {}, {} and {}.".format(*np.shape(level), *expected)
        )
