"""What an environment refuses, in words: counts, seeds, actions, render modes, foreign states."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.errors import MediaGymError


def require_count(num_envs: Any) -> int:
    """Return how many flights run side by side; a whole number, 1 or more."""
    if isinstance(num_envs, bool) or not isinstance(num_envs, int | np.integer) or num_envs < 1:
        raise MediaGymError(f"num_envs: {num_envs!r} was given; a whole number above 0 is allowed.")
    return int(num_envs)


def require_seed(seed: Any) -> int:
    """Return the seed of a sequence of flights; a whole number, 0 or more."""
    if isinstance(seed, list | tuple):
        raise MediaGymError(
            f"reset(seed={seed}): one integer is allowed; an episode's randomness is made of it "
            "and of the episode's number."
        )
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise MediaGymError(f"reset(seed={seed!r}): a whole number, 0 or more, is allowed.")
    return int(seed)


def require_mode(mode: str | None, allowed: Sequence[str]) -> str | None:
    """Return a render mode that there is."""
    if mode is not None and mode not in allowed:
        raise MediaGymError(
            f"render_mode: {mode!r} was given; allowed: {', '.join(allowed)}, or none."
        )
    return mode


def require_action(action: Any, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an action as an array of real, finite numbers of the shape that is due."""
    try:
        given = np.asarray(action)
    except ValueError:
        raise MediaGymError(f"action: rows of one shape are due, {shape} in all.") from None
    if given.shape != shape:
        raise MediaGymError(f"action: shape {given.shape} was given, {shape} is due.")
    if given.dtype.kind not in "fiub":
        raise MediaGymError(f"action: entries of {given.dtype} were given; real numbers are due.")
    finite = np.isfinite(given)
    if not finite.all():
        raise MediaGymError(
            f"action: {given[~finite][0]} was given; every entry must be a finite number in "
            "[-1, 1]. Look for a diverged policy."
        )
    return given


def require_fitting(
    arrays: Mapping[str, NDArray[Any]], days: int, flights: int, campaigns: int
) -> None:
    """Refuse the state of an environment of another making.

    Args:
        arrays: what ``get_state`` returned, by path.
        days: of a flight here.
        flights: side by side here.
        campaigns: here.
    """
    given, due = arrays.get("draw.noise.level"), (days, flights, campaigns)
    if given is not None and np.shape(given) != due:
        raise MediaGymError(
            "set_state(): a state of {} days, {} flights and {} campaigns was given; here are "
            "{}, {} and {}.".format(*np.shape(given), *due)
        )
