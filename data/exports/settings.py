"""`DataSettings`: folder of the exports and reading options; defaults are in `conf/data`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictInt, StrictStr

from ..errors import ConfigError, shown
from ..settings import Settings
from .columns import STANDARD_NAMES, canonical

DateFormat = Literal["YYYY-MM-DD", "DD-MM-YYYY", "MM-DD-YYYY"]
Name = Annotated[StrictStr, Field(min_length=1)]
Names = tuple[Name, ...]
Days = Annotated[StrictInt, Field(ge=1)]


class DataSettings(Settings):
    """Reading options for one advertiser's folder; build them with `of`.

    Every field is a key of `conf/data/default.yaml`, which documents it and has its default.
    """

    path: Path | None  # folder of the exports
    channels: Annotated[Names, Field(min_length=1)]  # ad platforms; campaigns are in their order
    files: dict[Name, Annotated[Names, Field(min_length=1)]]  # accepted names per channel
    campaign_types: dict[Name, Names]  # accepted spellings per channel; empty: no campaign types
    dead_after_days: Days  # days without rows that mark a dead campaign, >= 1
    minimum_days: Days  # minimum days of history, >= 1
    date_format: DateFormat | None  # None: inferred from each whole file
    cost_in_micros: Names  # channels whose cost is in millionths of a dollar
    ignore_columns: Names  # names of columns to ignore
    landings_file: Name  # name of the site log
    landing_sources: dict[Name, Name]  # Source of a paid landing -> channel

    @classmethod
    def of(cls, mapping: Mapping[str, Any], where: str = "data") -> Self:
        """Settings from the group `data` of the configuration, validated.

        Args:
            mapping: keys and values of the group.
            where: name of the group, for messages.

        Raises:
            ConfigError: a key is unknown or missing, has a value of a wrong type or contradicts
                another; the message names it as `data.<key>`.
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
        """Folder of the exports.

        Raises:
            ConfigError: `data.path` is null.
        """
        if self.path is None:
            raise ConfigError(
                "data.path: null was given. Allowed: the folder of the ad exports. "
                "To fix: set it, for example data.path=exports/2024."
            )
        try:
            return self.path.expanduser()
        except RuntimeError as error:  # `~name` of an unknown user
            raise _config_error(
                "path", str(self.path), "a folder", "write the full path"
            ) from error


def _check_channels(settings: DataSettings) -> None:
    """Raises for an unknown channel, a channel listed twice or one without `campaign_types`."""
    channels = ", ".join(settings.files)
    for key in ("channels", "cost_in_micros"):
        names: Names = getattr(settings, key)
        for name in names:
            if name not in settings.files:
                raise _config_error(
                    key, name, f"any of {channels}", "correct it or add it to data.files"
                )
            if names.count(name) > 1:
                raise _config_error(key, name, "each channel once", "remove the duplicate")
    for source, channel in settings.landing_sources.items():
        if channel not in settings.files:
            key = f"landing_sources.{source}"
            raise _config_error(
                key, channel, f"any of {channels}", "correct it or add it to data.files"
            )
    for channel in settings.channels:
        if channel not in settings.campaign_types:
            raise _config_error(
                "campaign_types",
                channel,
                "an entry for every channel",
                f"add data.campaign_types.{channel}, an empty list if it has no types",
            )


def _check_ignored(settings: DataSettings) -> None:
    """Raises if `ignore_columns` lists a column that is read."""
    standard = {canonical(name) for name in STANDARD_NAMES.values()}
    for name in settings.ignore_columns:
        if canonical(name) in standard:
            allowed = f"any column but {', '.join(STANDARD_NAMES.values())}"
            raise _config_error("ignore_columns", name, allowed, "remove it from the list")


def _config_error(key: str, given: str, allowed: str, fix: str) -> ConfigError:
    return ConfigError(
        f"data.{key}: {shown(given)} does not fit. Allowed: {allowed}. To fix: {fix}."
    )
