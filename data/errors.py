"""The errors a user can cause; each says what was given, what is allowed and what to do."""


class MediaGymError(Exception):
    """Root of every error that is a user's to mend; commands print it without a traceback."""


class DataError(MediaGymError):
    """An export that cannot be read as it stands: names file, row and column."""


class ConfigError(MediaGymError):
    """A configuration value that is not allowed: names the key."""


class ConstraintError(MediaGymError):
    """A constraint set that no plan can satisfy: names the node and the numbers."""


_LONGEST = 40  # characters of a user's own text that a message repeats


def shown(text: object) -> str:
    """A user's own text as a message repeats it: quoted, on one line, cut when long."""
    text = str(text)
    quoted = repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")
    return quoted.replace("\\ufeff", "")


def data_error(
    file: str,
    given: str,
    allowed: str,
    remedy: str,
    *,
    row: int | None = None,
    column: str | None = None,
) -> DataError:
    """Words a DataError the one way the whole package does: one paragraph.

    Args:
        file: name of the file or folder.
        given: what is there, a clause without a full stop.
        allowed: what may be there, a clause without a full stop.
        remedy: what to do about it, a clause without a full stop.
        row: line of the file as a person counts them; the header is line 1.
        column: name of the column as the format spells it.

    Returns:
        The error, to be raised by the caller.
    """
    place = file
    if row is not None:
        place += f", row {row}"
    if column is not None:
        place += f", column {column}"
    message = f"{place}: {given}. Allowed: {allowed}. To fix: {remedy}."
    return DataError("".join(c if c.isprintable() else " " for c in message))
