"""`CalendarSettings`: which events count; defaults are in `conf/calendar`."""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import StrictBool, StrictStr

from ..errors import ConfigError, shown
from ..settings import Settings
from .days_off import country_codes, country_names

_NEAR = 3  # countries that a message suggests


class CalendarSettings(Settings):
    """Sources of the calendar; build them with `of`.

    Every field is a key of `conf/calendar/default.yaml`, which documents it and has its default.
    """

    country: StrictStr | None  # ISO 3166 alpha-2; None: unknown
    holidays: StrictBool  # public holidays of the country
    trade_events: StrictBool  # events of conf/data/calendar/trade_events.yaml
    events: Path | None  # the user's file of events, YAML, CSV or xlsx

    @classmethod
    def of(cls, mapping: Mapping[str, Any], where: str = "calibration.calendar") -> Self:
        """Settings from the group `calendar` of the configuration, validated.

        Args:
            mapping: keys and values of the group.
            where: name of the group, for messages.

        Raises:
            ConfigError: a key is unknown or missing, has a value of a wrong type, or the country is
                unknown; the message names it as `calendar.<key>`.
        """
        if isinstance(mapping, Mapping) and mapping.get("country") is False:
            raise ConfigError(
                f"{where}.country: False was given, which is how YAML reads NO. Allowed: a code of "
                'ISO 3166 such as US, or null. To fix: write Norway in quotes, "NO".'
            )
        settings = super().of(mapping, where)
        if settings.country is not None and settings.country not in country_codes():
            raise _unknown_country(settings.country, where)
        return settings

    def own_file(self) -> Path | None:
        """The user's file of events with `~` replaced by the home folder, None if there is none.

        Raises:
            ConfigError: `~name` of an unknown user.
        """
        if self.events is None:
            return None
        try:
            return self.events.expanduser()
        except RuntimeError as error:
            raise ConfigError(
                f"calibration.calendar.events: {shown(self.events)} was given. Allowed: the path "
                "of a file, or null. To fix: write the full path."
            ) from error


def _unknown_country(given: str, where: str) -> ConfigError:
    """Error that lists the countries whose code or name is like the given one."""
    codes = country_codes()
    forms = {form.casefold(): code for form, code in country_names().items()}
    text = " ".join(given.split()).casefold()
    close = [text] if text in forms else difflib.get_close_matches(text, forms, n=8, cutoff=0.6)
    near = list(dict.fromkeys(forms[form] for form in close))[:_NEAR]
    listed = " or ".join(f"{code} ({codes[code]})" for code in near)
    fix = f"did you mean {listed}?" if near else "set the code of your main market, or null."
    return ConfigError(
        f"{where}.country: {shown(given)} was given. Allowed: one of {len(codes)} codes of ISO "
        f"3166 with two capital letters, such as US, GB or DE, or null. To fix: {fix}"
    )
