"""`DataSettings`: where the exports are and how to read them. Defaults live in `conf/data`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictInt, StrictStr

from ..errors import ConfigError, shown
from ..settings import Settings
from .columns import NAMES, canonical

DateFormat = Literal["YYYY-MM-DD", "DD-MM-YYYY", "MM-DD-YYYY"]
Name = Annotated[StrictStr, Field(min_length=1)]
Names = tuple[Name, ...]
Days = Annotated[StrictInt, Field(ge=1)]


class DataSettings(Settings):
    """How to read one advertiser's folder; built from a plain mapping, never by hand.

    Every field is a key of `conf/data/default.yaml`, where its meaning and its default are.
    """

    path: Path | None  # folder of the exports
    channels: Annotated[Names, Field(min_length=1)]  # in the order of the campaigns
    files: dict[Name, Annotated[Names, Field(min_length=1)]]  # accepted names per channel
    campaign_types: dict[Name, Names]  # canonical spellings per channel; empty: no types
    dead_after_days: Days  # days, >= 1
    minimum_days: Days  # days, >= 1
    date_format: DateFormat | None  # None: decided from each whole file
    cost_in_micros: Names  # channels
    ignore_columns: Names  # column names
    landings_file: Name  # file name
    landing_sources: dict[Name, Name]  # Source of a paid landing -> channel

    @classmethod
    def of(cls, mapping: Mapping[str, Any], where: str = "data") -> Self:
        """Builds settings from what the configuration holds under `data`.

        Args:
            mapping: plain keys and values, as YAML gives them.
            where: name of the group, for messages.

        Returns:
            The settings, checked.

        Raises:
            ConfigError: a key is unknown, absent or ill-typed, or two keys contradict each other;
                the message names the key as `data.<key>`.
        """
        if not isinstance(mapping, Mapping):
            keys = ", ".join(cls.model_fields)
            raise ConfigError(
                f"data: {shown(mapping)} was given. Allowed: a mapping with the keys {keys}. "
                "To fix: start from conf/data/default.yaml."
            )
        settings = super().of(mapping, where)
        _check_channels(settings)
        _check_ignored(settings)
        return settings

    def folder(self) -> Path:
        """The exports' folder.

        Raises:
            ConfigError: `data.path` was left null.
        """
        if self.path is None:
            raise ConfigError(
                "data.path: null was given. Allowed: the folder that holds the ad exports. "
                "To fix: set it, for example data.path=exports/2024."
            )
        try:
            return self.path.expanduser()
        except RuntimeError as error:  # ~name of nobody
            raise _config_error("path", str(self.path), "a folder", "write it in full") from error


def _check_channels(settings: DataSettings) -> None:
    """Names that point at channels point at channels that exist, each once."""
    known = ", ".join(settings.files)
    for key in ("channels", "cost_in_micros"):
        names: Names = getattr(settings, key)
        for name in names:
            if name not in settings.files:
                raise _config_error(key, name, f"any of {known}", "mend it or add it to data.files")
            if names.count(name) > 1:
                raise _config_error(key, name, "each channel once", "remove the second")
    for source, channel in settings.landing_sources.items():
        if channel not in settings.files:
            key = f"landing_sources.{source}"
            raise _config_error(key, channel, f"any of {known}", "mend it or add it to data.files")
    for channel in settings.channels:
        if channel not in settings.campaign_types:
            raise _config_error(
                "campaign_types",
                channel,
                "an entry for every channel",
                f"add data.campaign_types.{channel}, an empty list when it has no types",
            )


def _check_ignored(settings: DataSettings) -> None:
    """Nothing that is needed is left out."""
    for name in settings.ignore_columns:
        if canonical(name) in NAMES:
            allowed = f"any column but {', '.join(NAMES.values())}"
            raise _config_error("ignore_columns", name, allowed, "remove it from the list")


def _config_error(key: str, given: str, allowed: str, remedy: str) -> ConfigError:
    return ConfigError(
        f"data.{key}: {shown(given)} does not fit. Allowed: {allowed}. To fix: {remedy}."
    )
