"""Errors that a user can cause; each says what was given, what is allowed and how to fix it."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_SETTING = " Setting: "  # begins the last part of a message's line
_SETTINGS = re.compile(_SETTING + r"[^\n]*")


def with_setting(text: str, setting: str) -> str:
    """Sentence, and after it what a setting could do about it; `without_settings` takes that off.

    Args:
        text: what was found and what can be done with the files, with its full stop.
        setting: a clause with the key, without a full stop.
    """
    return f"{text}{_SETTING}{setting}."


def without_settings(text: str) -> str:
    """Messages as they stand on pages, whose readers have files and forms, but no settings.

    Args:
        text: one message per line.
    """
    return _SETTINGS.sub("", text)


class MediaGymError(Exception):
    """Base of all errors that a user can fix; commands print them without a traceback."""


class DataError(MediaGymError):
    """Invalid input file; the message names file, row and column."""

    def __init__(self, message: str, details: dict[str, str | int | None] | None = None) -> None:
        super().__init__(message)
        # file, row, column, given, allowed, fix and setting, as in `data_error`
        self.details = details or {"given": message}

    @property
    def problems(self) -> tuple["DataError", ...]:
        """All problems that this error reports."""
        return (self,)


class DataProblemsError(DataError):
    """Several problems of input files, reported together."""

    def __init__(self, problems: Sequence[DataError]) -> None:
        self._problems = tuple(problem for each in problems for problem in each.problems)
        lines = [f"{number}. {problem}" for number, problem in enumerate(self._problems, 1)]
        super().__init__("\n".join([f"{len(lines)} problems were found.", *lines]))

    @property
    def problems(self) -> tuple[DataError, ...]:
        """All problems, in the order of the files."""
        return self._problems


class ConfigError(MediaGymError):
    """Invalid configuration value; the message names the key."""


class ConstraintError(MediaGymError):
    """Constraint set that no plan can satisfy; the message names the node and the numbers."""

    def __init__(self, message: str, details: dict[str, str | float] | None = None) -> None:
        super().__init__(message)
        # node, bound, amount and available where a single bound is at fault, as in `bound_error`
        self.details = details or {}


def bound_error(
    message: str, node: str, bound: str, amount: float, available: float
) -> ConstraintError:
    """ConstraintError about one bound, with its numbers.

    Args:
        message: the whole message.
        node: campaign or channel, or `total`.
        bound: `floor`, `cap`, `total`, `cpa` or `roas`.
        amount: what the bound asks for, in the plan's currency (for `roas`, without a unit).
        available: the closest to it that the other constraints leave.
    """
    details: dict[str, str | float] = {
        "node": node,
        "bound": bound,
        "amount": amount,
        "available": available,
    }
    return ConstraintError(message, details)


_MAX_QUOTED_LENGTH = 40  # characters; longer user text is truncated in messages


def shown(text: object) -> str:
    """User text for a message: quoted, on one line, truncated when long."""
    text = str(text)
    quoted = repr(text if len(text) <= _MAX_QUOTED_LENGTH else text[:_MAX_QUOTED_LENGTH] + "...")
    return quoted.replace("\\ufeff", "")


def quoted_names(names: Sequence[str]) -> str:
    """Comma-separated list of user-defined names for a message."""
    return ", ".join(shown(name) for name in names)


def data_error(
    file: str,
    given: str,
    allowed: str,
    fix: str,
    *,
    row: int | None = None,
    column: str | None = None,
    setting: str | None = None,
) -> DataError:
    """DataError whose message is one paragraph in the wording that the whole package uses.

    Args:
        file: name of the file or folder.
        given: what the file contains, a clause without a full stop.
        allowed: what is allowed instead, a clause without a full stop.
        fix: what the user can do with the files, a clause without a full stop.
        row: line of the file, counted from 1, where the header usually is.
        column: standard name of the column.
        setting: what a setting could do instead, a clause with the key, without a full stop.

    Returns:
        The error, to be raised by the caller.
    """
    place = file
    if row is not None:
        place += f", row {row}"
    if column is not None:
        place += f", column {column}"
    message = f"{place}: {given}. Allowed: {allowed}. To fix: {fix}."
    if setting is not None:
        message = with_setting(message, setting)
    details = {
        "file": file,
        "row": row,
        "column": column,
        "given": given,
        "allowed": allowed,
        "fix": fix,
        "setting": setting,
    }
    return DataError("".join(c if c.isprintable() else " " for c in message), details)


class Problems:
    """Collects problems, so that a user hears of all of them at once."""

    def __init__(self) -> None:
        self.found: list[DataError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Context in which a DataError is kept instead of raised."""
        try:
            yield
        except DataError as error:
            self.found.append(error)

    def raise_if_any(self) -> None:
        """Raises what was collected.

        Raises:
            DataError: the only problem, or `DataProblemsError` of all.
        """
        if len(self.found) == 1:
            raise self.found[0]
        if self.found:
            raise DataProblemsError(self.found)
