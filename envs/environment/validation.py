"""Validation of counts, seeds, actions, render modes and states, with errors for users."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from ...data.errors import MediaGymError, shown

MAX_ENVS = 65_536  # flights in lockstep
MAX_SEED = 2**63 - 1  # of a flight, and the largest number of an episode
OPTIONS = ("episode", "reset_mask")  # of a vector environment


def require_count(num_envs: Any) -> int:
    """Return the number of parallel flights; MediaGymError unless whole, 1 to ``MAX_ENVS``."""
    if not _is_whole(num_envs) or not 1 <= num_envs <= MAX_ENVS:
        raise MediaGymError(
            f"num_envs: {shown_value(num_envs)} was given; expected a whole number above 0, up to "
            f"{MAX_ENVS}."
        )
    return int(num_envs)


def require_seed(seed: Any, argument: str = "seed") -> int:
    """Return a seed; MediaGymError unless it is whole and 0 to ``MAX_SEED``."""
    if not _is_whole(seed) or not 0 <= seed <= MAX_SEED:
        raise MediaGymError(
            f"reset({argument}={shown_value(seed)}): expected a whole number, 0 or more and below "
            "2**63."
        )
    return int(seed)


def require_seeds(seed: Any, num_envs: int) -> int | list[int | None] | None:
    """Return one seed of all flights, one per flight, or None.

    Args:
        seed: a whole number, None, or a list of one of both per flight.
        num_envs: number of flights.

    Raises:
        MediaGymError: a seed is not allowed, or the list has another length.
    """
    if seed is None:
        return None
    if not isinstance(seed, list | tuple | np.ndarray):
        return require_seed(seed)
    seeds = np.atleast_1d(seed).tolist() if isinstance(seed, np.ndarray) else list(seed)
    if len(seeds) != num_envs:
        raise MediaGymError(
            f"reset(seed=[...]): {len(seeds) or 'no'} seeds were given; expected one for each of "
            f"the {num_envs} environments, where None continues."
        )
    return [None if each is None else require_seed(each, "seed=[...]") for each in seeds]


def require_options(
    options: Any, num_envs: int | None = None
) -> tuple[int | None, NDArray[np.bool_]]:
    """Return the number of the first episode, if given, and the flights to reset, (num_envs,).

    Args:
        options: of ``reset``; None and {} are the same.
        num_envs: number of flights; None: a single environment, which has no ``reset_mask``.

    Raises:
        MediaGymError: an option is not known, or its value is not allowed.
    """
    allowed = OPTIONS if num_envs is not None else OPTIONS[:1]
    if options is not None and not isinstance(options, Mapping):
        raise MediaGymError(
            f"reset(options={shown_value(options)}): expected a mapping with the keys "
            f"{', '.join(allowed)}, or None."
        )
    for key in options or {}:
        if key not in allowed:
            raise MediaGymError(
                f"reset(options=...): unknown option {shown_value(key)}; allowed: "
                f"{', '.join(allowed)}."
            )
    episode = (options or {}).get("episode")
    if episode is not None:
        episode = require_seed(episode, "options={'episode': ...}: episode")
    return episode, _mask((options or {}).get("reset_mask"), num_envs or 1)


def _mask(mask: Any, num_envs: int) -> NDArray[np.bool_]:
    """Return the flights to reset; all if there is no mask."""
    if mask is None:
        return np.ones(num_envs, bool)
    is_array = isinstance(mask, np.ndarray)
    if not is_array or mask.shape != (num_envs,) or mask.dtype != bool or not mask.any():
        given = f"{mask.dtype} {mask.shape}" if is_array else type(mask).__name__
        if is_array and mask.dtype == bool and mask.shape == (num_envs,):
            given = "all False"
        raise MediaGymError(
            f"reset(options=...): reset_mask: {given} was given; expected a numpy array of "
            f"({num_envs},) truth values, at least one of them True."
        )
    return np.array(mask)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def shown_value(value: Any) -> str:
    """Return a value for a message: short, and on one line."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return f"a {type(value).__name__} of too many digits"
    return text if len(text) <= 80 and text.isprintable() else shown(text)


def require_mode(mode: str | None, allowed: Sequence[str]) -> str | None:
    """Return the render mode; MediaGymError unless it is allowed or None."""
    if mode is not None and mode not in allowed:
        raise MediaGymError(
            f"render_mode: {mode!r} was given; allowed: {', '.join(allowed)}, or None."
        )
    return mode


def require_autoreset(mode: Any) -> AutoresetMode:
    """Return the mode of a value such as ``NextStep``; MediaGymError unless it is known."""
    try:
        return AutoresetMode(mode)
    except ValueError:
        allowed = ", ".join(each.value for each in AutoresetMode)
        raise MediaGymError(
            f"autoreset_mode: {shown_value(mode)} was given; allowed: {allowed}, or a member of "
            "gymnasium.vector.AutoresetMode."
        ) from None


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
