"""The errors a user can cause; each says what was given, what is allowed and what to do."""


class MediaGymError(Exception):
    """Root of every error that is a user's to mend; commands print it without a traceback."""


class DataError(MediaGymError):
    """An export that cannot be read as it stands: names file, row and column."""


class ConfigError(MediaGymError):
    """A configuration value that is not allowed: names the key."""


class ConstraintError(MediaGymError):
    """A constraint set that no plan can satisfy: names the node and the numbers."""
