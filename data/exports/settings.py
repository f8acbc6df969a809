"""`DataSettings`: folder of the exports and reading options; defaults are in `conf/data`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from ..errors import ConfigError, shown
from ..formats import CODES, Column, canonical_heading
from ..parsing import DateFormat, Mark, time_zone
from ..settings import Settings

Name = Annotated[StrictStr, Field(min_length=1)]
Names = tuple[Name, ...]
Days = Annotated[StrictInt, Field(ge=1)]
Unit = Literal["type", "campaign", "group"]
Rate = Annotated[StrictFloat | StrictInt, Field(gt=0, allow_inf_nan=False)]


class DataSettings(Settings):
    """Reading options for one advertiser's folder; build them with `of`.

    Every field is a key of `conf/data/default.yaml`, which documents it and has its default.
    """

    path: Path | None  # folder of the exports, or one file
    channels: Annotated[Names, Field(min_length=1)] | None  # None: all that the exports name
    files: dict[Name, Annotated[Names, Field(min_length=1)]]  # channel -> patterns of file names
    ignore_files: Names  # patterns of file names
    columns: dict[Column, Name]  # column -> heading
    ignore_columns: Names  # headings
    campaign_types: dict[Name, Names]  # channel -> further types
    unit: Unit | None  # None: types where a channel has them, otherwise campaigns
    groups: Path | None  # YAML file: group -> patterns of campaign names
    max_campaigns: Days  # most units per channel where they are campaigns, >= 1
    dead_after_days: Days  # days without rows that mark a dead campaign, >= 1
    minimum_days: Days  # minimum days of history, >= 1
    incomplete_days: Annotated[StrictInt, Field(ge=0)]  # last days to leave out, >= 0
    older_export: Path | None  # folder or file, an earlier export of the same days
    date_format: DateFormat | None  # None: inferred from each whole file
    decimal_mark: Mark | None  # where a column leaves it open
    timezone: Name | None  # IANA name, of the ad accounts
    weekly: Literal["spread"] | None  # None: weekly rows are refused
    overlaps: Literal["refuse", "newest", "sum"]  # numbers of one campaign-day that differ
    currency: Name | None  # ISO code; None: that of the exports
    exchange_rates: dict[Name, Rate]  # ISO code -> units of `currency` per unit
    cost_in_micros: Names  # channels whose cost is in millionths
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
        _check_names(settings)
        _check_columns(settings)
        _check_currency(settings)
        _check_units(settings)
        if settings.timezone is not None:
            time_zone(settings.timezone)
        return settings

    def location(self) -> Path:
        """Folder of the exports, or the one file.

        Raises:
            ConfigError: `data.path` is null.
        """
        if self.path is None:
            raise ConfigError(
                "data.path: null was given. Allowed: the folder of the ad exports. "
                "To fix: set it, for example data.path=exports/2024."
            )
        return expanded(self.path, "path")

    def folder(self) -> Path:
        """Folder of the exports, also where `path` is one file of it.

        Raises:
            ConfigError: `data.path` is null.
        """
        location = self.location()
        return location.parent if location.is_file() else location


def expanded(path: Path, key: str) -> Path:
    """Path with `~` replaced by the home folder.

    Raises:
        ConfigError: `~name` of an unknown user; names the key of the group `data`.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise config_error(key, str(path), "a path", "write the full path") from error


def _check_names(settings: DataSettings) -> None:
    """Raises for a channel that is listed twice."""
    for key in ("channels", "cost_in_micros"):
        names: Names = getattr(settings, key) or ()
        for name in names:
            if names.count(name) > 1:
                raise config_error(key, name, "each channel once", "remove the duplicate")


def _check_columns(settings: DataSettings) -> None:
    """Raises if `ignore_columns` lists a heading that `columns` names, or two are the same."""
    headings = [canonical_heading(name).text for name in settings.columns.values()]
    for column, name in settings.columns.items():
        if headings.count(canonical_heading(name).text) > 1:
            key = f"columns.{column}"
            raise config_error(key, name, "each heading for one column", "correct one of them")
    for name in settings.ignore_columns:
        if canonical_heading(name).text in headings:
            allowed = "any heading but those of data.columns"
            raise config_error("ignore_columns", name, allowed, "remove it from one of the two")


def _check_currency(settings: DataSettings) -> None:
    """Raises for unknown currencies, and for rates without the currency that they lead to."""
    codes = {"currency": settings.currency} if settings.currency else {}
    codes |= {f"exchange_rates.{code}": code for code in settings.exchange_rates}
    for key, code in codes.items():
        if code not in CODES:
            raise config_error(key, code, "a code of ISO 4217 such as EUR", "correct it")
    if settings.exchange_rates and settings.currency is None:
        given = ", ".join(settings.exchange_rates)
        raise config_error(
            "exchange_rates", given, "rates together with data.currency", "set data.currency"
        )


def _check_units(settings: DataSettings) -> None:
    """Raises if groups are asked for without a file, or the file is given without them."""
    if settings.unit == "group" and settings.groups is None:
        raise config_error(
            "unit", "group", "group together with data.groups", "set data.groups=FILE.yaml"
        )
    if settings.unit != "group" and settings.groups is not None:
        given = str(settings.groups)
        raise config_error("groups", given, "a file together with data.unit=group", "set both")


def config_error(key: str, given: str, allowed: str, fix: str) -> ConfigError:
    """Error about a key of the group `data`."""
    return ConfigError(
        f"data.{key}: {shown(given)} does not fit. Allowed: {allowed}. To fix: {fix}."
    )
