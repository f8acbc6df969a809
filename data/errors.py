"""Errors that a user can cause; each says what was given, what is allowed and how to fix it."""


class MediaGymError(Exception):
    """Base of all errors that a user can fix; commands print them without a traceback."""


class DataError(MediaGymError):
    """Invalid input file; the message names file, row and column."""


class ConfigError(MediaGymError):
    """Invalid configuration value; the message names the key."""


class ConstraintError(MediaGymError):
    """Constraint set that no plan can satisfy; the message names the node and the numbers."""


_MAX_QUOTED_LENGTH = 40  # characters; longer user text is truncated in messages


def shown(text: object) -> str:
    """User text for a message: quoted, on one line, truncated when long."""
    text = str(text)
    quoted = repr(text if len(text) <= _MAX_QUOTED_LENGTH else text[:_MAX_QUOTED_LENGTH] + "...")
    return quoted.replace("\\ufeff", "")


def data_error(
    file: str,
    given: str,
    allowed: str,
    fix: str,
    *,
    row: int | None = None,
    column: str | None = None,
) -> DataError:
    """DataError whose message is one paragraph in the wording that the whole package uses.

    Args:
        file: name of the file or folder.
        given: what the file contains, a clause without a full stop.
        allowed: what is allowed instead, a clause without a full stop.
        fix: what the user can do, a clause without a full stop.
        row: line of the file, counted from 1, where the header usually is.
        column: standard name of the column.

    Returns:
        The error, to be raised by the caller.
    """
    place = file
    if row is not None:
        place += f", row {row}"
    if column is not None:
        place += f", column {column}"
    message = f"{place}: {given}. Allowed: {allowed}. To fix: {fix}."
    return DataError("".join(c if c.isprintable() else " " for c in message))
