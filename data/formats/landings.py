"""Kinds of landing logs, read from `conf/data/landings`.

A `LandingFormat` tells what kind of log a file is (`signature`) and what its columns and labels
mean. To read another kind, add a file to `conf/data/landings`; `plain.yaml` is the model.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictStr

from ..errors import ConfigError, shown
from ..settings import Settings
from ..storage import CONF, shipped_yaml
from .headings import canonical_heading
from .vocabulary import formats

LandingColumn = Literal[
    "user", "session", "event", "converted", "source", "medium", "source_medium", "channel_group",
    "campaign", "campaign_type", "referrer", "sessions",
]  # fmt: skip
TrafficChannel = Literal[
    "direct", "organic search", "referral", "email", "display", "social", "paid", "paid search"
]
Notation = Literal[
    "text", "seconds", "milliseconds", "microseconds", "date hour", "date hour minute", "any"
]
Name = Annotated[StrictStr, Field(min_length=1)]
Names = tuple[Name, ...]
_WHERE = "conf/data/landings"


class TimeColumn(Settings):
    """Column of times, or two columns of days and times of day."""

    headings: Annotated[Names, Field(min_length=1, max_length=2)]  # canonical
    notation: Notation
    zone: Literal["account", "utc"]  # of stamps that name none


class LandingFormat(Settings):
    """Kind of landing log; every field is a key that `conf/data/landings/plain.yaml` documents.

    Headings and the keys of labels are canonical, see `canonical_heading`.
    """

    kind: Name
    title: Name
    exports: Annotated[Names, Field(min_length=1)]
    strict: StrictBool
    signature: Annotated[tuple[Annotated[Names, Field(min_length=1)], ...], Field(min_length=1)]
    columns: dict[LandingColumn, Annotated[Names, Field(min_length=1)]]
    time: Annotated[tuple[TimeColumn, ...], Field(min_length=1)]
    blanks: Names
    landing_events: Names
    conversion_events: Names
    media: dict[Name, TrafficChannel]
    channels: dict[Name, TrafficChannel]
    sources: dict[Name, Annotated[Names, Field(min_length=1)]]
    referrers: dict[Name, TrafficChannel]
    click_ids: dict[Name, Name]
    campaign_types: dict[Name, Annotated[Names, Field(min_length=1)]]

    @classmethod
    def of(cls, mapping: Mapping[str, Any], where: str) -> Self:
        """Kind of log from the content of its YAML, validated.

        Args:
            mapping: content of the file.
            where: name of the file, for messages.

        Raises:
            ConfigError: a key is unknown, missing or has a wrong value, a name is not canonical,
                or one heading means two columns; the message names file and key.
        """
        settings = super().of(mapping, where)
        for key, name in _canonical_names(settings):
            text = canonical_heading(name).text
            if text != name:
                raise _error(where, key, name, "canonical names", f"write {shown(text)}")
        _check_columns(settings, where)
        for key, source in settings.click_ids.items():
            if source not in settings.sources:
                raise _error(
                    where, f"click_ids.{key}", source, "keys of sources", "add it to sources"
                )
        return settings

    def tells(self, headings: Collection[str]) -> bool:
        """True if canonical headings are of this kind, complete or not."""
        return any(set(headings).issuperset(names) for names in self.signature)

    def fits(self, headings: Collection[str]) -> bool:
        """True if a file with these canonical headings is a landing log of this kind."""
        has_user = not set(headings).isdisjoint(self.columns["user"])
        return has_user and self.time_column(headings) is not None and self.tells(headings)

    def time_column(self, headings: Collection[str]) -> TimeColumn | None:
        """The preferred column of times among canonical headings, None if there is none."""
        return next((t for t in self.time if set(headings).issuperset(t.headings)), None)

    def headings(self) -> frozenset[str]:
        """All headings that are read."""
        columns = (name for names in self.columns.values() for name in names)
        times = (name for column in self.time for name in column.headings)
        return frozenset((*columns, *times, *self.click_ids))


@cache
def landing_formats() -> tuple[LandingFormat, ...]:
    """All kinds of `conf/data/landings`, by name.

    Raises:
        ConfigError: a file is invalid, or its signature fits another kind or ad exports.
    """
    names = sorted(path.stem for path in (CONF / "data" / "landings").glob("*.yaml"))
    found = [
        LandingFormat.of(shipped_yaml(f"data/landings/{name}"), f"{_WHERE}/{name}.yaml")
        for name in names
    ]
    for name, settings in zip(names, found, strict=True):
        if settings.kind != name:
            raise _error(f"{_WHERE}/{name}.yaml", "kind", settings.kind, name, "rename it")
    check_landing_signatures(found)
    return tuple(found)


def landing_format_of(headings: Collection[str]) -> LandingFormat | None:
    """Kind of the landing log that has these canonical headings, None if it is no landing log.

    Of several kinds, that which reads most of the headings.
    """
    found = [settings for settings in landing_formats() if settings.fits(headings)]
    return max(found, key=lambda f: len(f.headings().intersection(headings)), default=None)


def check_landing_signatures(found: Collection[LandingFormat]) -> None:
    """Raises if a kind fits all headings of another kind or of an ad export.

    Raises:
        ConfigError: names the file, the signature and the other kind.
    """
    others = {settings.title: settings.headings() for settings in found}
    others |= {ads.title: ads.own_headings() for ads in formats()}
    for settings in found:
        for title, headings in others.items():
            if title != settings.title and settings.fits(headings):
                names = next(n for n in settings.signature if headings.issuperset(n))
                raise _error(
                    f"{_WHERE}/{settings.kind}.yaml",
                    "signature",
                    ", ".join(names),
                    f"headings that {title} does not write together",
                    f"add a heading that only {settings.title} has",
                )


def landing_formats_table() -> str:
    """Markdown table of the kinds: files, users, times, conversions, sources."""
    rows = ["| Kind | Files | User | Time | Converted | Source |", "|" + " --- |" * 6]
    for settings in landing_formats():
        times = (" and ".join(column.headings) for column in settings.time)
        converted = settings.columns.get("converted") or settings.conversion_events
        source = settings.columns.get("source") or settings.columns.get("source_medium", ())
        cells = [settings.columns["user"], list(times), converted, source]
        texts = [", ".join(cell[:3]) for cell in cells]
        rows.append(f"| {settings.title} | {', '.join(settings.exports)} | {' | '.join(texts)} |")
    return "\n".join(rows) + "\n"


def _canonical_names(settings: LandingFormat) -> Iterator[tuple[str, str]]:
    """Keys and names that must be canonical."""
    for names in settings.signature:
        yield from (("signature", name) for name in names)
    for column, names in settings.columns.items():
        yield from ((f"columns.{column}", name) for name in names)
    for time in settings.time:
        yield from (("time", name) for name in time.headings)
    for key in ("blanks", "landing_events", "conversion_events", "media", "channels", "sources"):
        yield from ((key, name) for name in getattr(settings, key))
    for key in ("referrers", "click_ids", "campaign_types"):
        yield from ((key, name) for name in getattr(settings, key))
    for name, types in settings.campaign_types.items():
        yield from ((f"campaign_types.{name}", each) for each in types)


def _check_columns(settings: LandingFormat, where: str) -> None:
    """Raises without a user and a mark of conversions, and for a heading of two columns."""
    for column in ("user", "source"):
        if column not in settings.columns:
            given = ", ".join(settings.columns)
            raise _error(where, "columns", given, "user and source at least", f"add {column}")
    if "converted" not in settings.columns and not settings.conversion_events:
        given = ", ".join(settings.columns)
        raise _error(where, "columns", given, "converted or conversion_events", "add one of them")
    meaning: dict[str, str] = {}
    for column, names in settings.columns.items():
        for name in names:
            if meaning.setdefault(name, column) != column or names.count(name) > 1:
                fix = f"remove it here or from columns.{meaning[name]}"
                raise _error(where, f"columns.{column}", name, "each heading once", fix)


def _error(where: str, key: str, given: str, allowed: str, fix: str) -> ConfigError:
    return ConfigError(
        f"{where}.{key}: {shown(given)} does not fit. Allowed: {allowed}. To fix: {fix}."
    )
