"""Options of the supply commands, `key=value` as everywhere, and how they report errors.

They do without Hydra: what is checked is the environment, so they import as little of it as
possible.
"""

import sys
from collections.abc import Callable, Mapping, Sequence

from mediagym.data.errors import ConfigError, MediaGymError, shown


def read_arguments(words: Sequence[str], allowed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Options of a command line.

    Args:
        words: words of the command line, `key=value`.
        allowed: allowed values by key; a key without values takes any text.

    Returns:
        Values by key, of those keys that were given.

    Raises:
        ConfigError: a word is not an option, or its value is not allowed.
    """
    given: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        if key not in allowed or not value:
            options = ", ".join(f"{name}=VALUE" for name in allowed) or "no options"
            raise ConfigError(
                f"{shown(word)} was given. Allowed: {options}. To fix: correct or omit it."
            )
        if allowed[key] and value not in allowed[key]:
            raise ConfigError(
                f"{key}: {shown(value)} was given. Allowed: {', '.join(allowed[key])}. "
                "To fix: give one of them."
            )
        given[key] = value
    return given


def run_command(main: Callable[[Sequence[str]], int]) -> None:
    """Runs a command and exits with its status, or with 2 after one line about a user's mistake.

    Args:
        main: maps the words of the command line to the exit status.
    """
    try:
        status = main(sys.argv[1:])
    except MediaGymError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 2
    sys.exit(status)
