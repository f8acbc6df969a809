"""Errors of the store."""

from mediagym.data.errors import MediaGymError


class StoreError(MediaGymError):
    """The store refuses: a name is taken, a value is not allowed, the database is out of reach."""


class UnknownError(StoreError):
    """There is nothing of that id or name."""

    def __init__(self, concept: str, name: str) -> None:
        super().__init__(
            f"{concept}: {name[:64]!r} is not known. Allowed: the id of one that is kept here. "
            "To fix: list them and use an id of the list."
        )


class ConflictError(StoreError):
    """An idempotency key was used before, for another request."""


class QueueFullError(StoreError):
    """Too many jobs wait."""


class UsedError(StoreError):
    """Something else needs what was to be deleted."""


class TakenError(StoreError):
    """Something else has the name already."""
