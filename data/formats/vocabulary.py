"""Headings of each platform's exports, read from `conf/data/format`.

A `Format` tells which platform a file comes from (`signature`) and what its columns mean
(`columns`). To read another export, add a file to `conf/data/format`; `google.yaml` is the model.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cache, cached_property
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from ..errors import ConfigError, shown
from ..settings import Settings
from ..storage import CONF, shipped_yaml
from .headings import canonical_heading

Column = Literal[
    "date", "date_end", "week", "month", "quarter", "platform", "account", "campaign",
    "campaign_id", "campaign_type", "group", "currency", "cost", "impressions", "clicks",
    "conversions", "revenue",
]  # fmt: skip
COLUMNS: tuple[Column, ...] = get_args(Column)
Name = Annotated[StrictStr, Field(min_length=1)]
Names = tuple[Name, ...]
Share = Annotated[StrictFloat | StrictInt, Field(gt=0, le=1)]
GENERIC = "generic"  # the format of no platform: one row per day, platform and campaign
API, PLAIN = "api", "plain"  # in place of a language: names in an API; names that people give
_WHERE = "conf/data/format"
_MONEY: tuple[Column, ...] = ("cost", "revenue")
LANGUAGES = {  # by code in the files
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "pt": "Portuguese",
}


class Format(Settings):
    """Exports of one platform; every field is a key that `conf/data/format/google.yaml` documents.

    Headings, types, totals and micros are canonical, see `canonical_heading`.
    """

    platform: Name
    title: Name
    exports: Annotated[Names, Field(min_length=1)]
    file_words: Names
    signature: tuple[Annotated[Names, Field(min_length=1)], ...]
    columns: dict[Column, dict[Name, Annotated[Names, Field(min_length=1)]]]
    micros: Names
    types: dict[Name, Name]
    totals: Names
    blank: Literal["zero", "error"]
    days: Literal["account", "utc"]
    lag_days: Annotated[StrictInt, Field(ge=0, le=90)]
    lag_same_day: Share
    lag_landing: Share

    @classmethod
    def of(cls, mapping: Mapping[str, Any], where: str) -> Self:
        """Format from the content of its YAML, validated.

        Args:
            mapping: content of the file.
            where: name of the file, for messages.

        Raises:
            ConfigError: a key is unknown, missing or has a wrong value; a name is not canonical;
                one heading means two columns; the message names file and key.
        """
        settings = super().of(mapping, where)
        for key, name in _canonical_names(settings):
            text = canonical_heading(name).text
            if text != name:
                raise _error(where, key, name, "canonical headings", f"write {shown(text)}")
        _check_columns(settings, where)
        _check_types(settings, where)
        return settings

    def headings(self, column: Column) -> tuple[str, ...]:
        """Headings of a column, the preferred one first, in an order that fits every language."""
        return _merged(tuple(self.columns.get(column, {}).values()))[0]

    @cached_property
    def meanings(self) -> Mapping[str, Column]:
        """Column that each canonical heading means."""
        return {name: column for column in self.columns for name in self.headings(column)}

    def column_of(self, heading: str) -> Column | None:
        """Column that a canonical heading means, None if it means none."""
        return self.meanings.get(heading)

    def fits(self, headings: Collection[str]) -> bool:
        """True if a file with these canonical headings is an export of this platform."""
        return any(set(headings).issuperset(names) for names in self.signature)

    def campaign_type(self, cell: str) -> str | None:
        """Campaign type as in plans, None if the cell is none that the platform has."""
        key = canonical_heading(cell).text
        spelling = {canonical_heading(name).text: name for name in self.types.values()}
        return self.types.get(key, spelling.get(key))

    def own_headings(self) -> frozenset[str]:
        """Headings that the platform itself writes, so without `plain` ones; all if generic."""
        return frozenset(
            heading
            for languages in self.columns.values()
            for language, names in languages.items()
            if language != PLAIN or self.platform == GENERIC
            for heading in names
        )


@cache
def formats() -> tuple[Format, ...]:
    """All formats of `conf/data/format`, by platform, the generic one last.

    Raises:
        ConfigError: a file is invalid, or its signature fits the exports of another platform.
    """
    files = sorted(path.stem for path in (CONF / "data" / "format").glob("*.yaml"))
    found = [
        Format.of(shipped_yaml(f"data/format/{name}"), f"{_WHERE}/{name}.yaml") for name in files
    ]
    for name, settings in zip(files, found, strict=True):
        if settings.platform != name:
            raise _error(f"{_WHERE}/{name}.yaml", "platform", settings.platform, name, "rename it")
    check_signatures(found)
    return tuple(sorted(found, key=lambda f: (f.platform == GENERIC, f.platform)))


@cache
def shared_headings() -> dict[str, Column]:
    """Column of every heading that means the same wherever a platform writes it."""
    meaning: dict[str, Column] = {}
    disputed: set[str] = set()
    for form in reversed(formats()):  # the generic format first
        for column in form.columns:
            for heading in form.headings(column):
                if meaning.setdefault(heading, column) != column:
                    disputed.add(heading)
    return {heading: column for heading, column in meaning.items() if heading not in disputed}


def check_signatures(found: Collection[Format]) -> None:
    """Raises if a signature fits a file that another platform could have written.

    Raises:
        ConfigError: names the file, the signature and the other platform.
    """
    for settings in found:
        for names in settings.signature:
            for other in found:
                if other is not settings and other.own_headings().issuperset(names):
                    raise _error(
                        f"{_WHERE}/{settings.platform}.yaml",
                        "signature",
                        ", ".join(names),
                        f"headings that {other.title} does not write together",
                        f"add a heading that only {settings.title} has",
                    )


def formats_table() -> str:
    """Markdown table of the formats: kinds of export, languages, main headings in English."""
    columns: tuple[Column, ...] = ("date", "cost", "conversions")
    rows = ["| Platform | Exports | Languages | Date | Cost | Conversions |", "|" + " --- |" * 6]
    for settings in formats():
        spoken = {language for names in settings.columns.values() for language in names}
        languages = ", ".join(sorted(LANGUAGES[code] for code in spoken - {API, PLAIN})) or "-"
        headings = [_code(_english(settings, column)) for column in columns]
        exports = ", ".join(settings.exports)
        rows.append("| " + " | ".join([settings.title, exports, languages, *headings]) + " |")
    return "\n".join(rows) + "\n"


def _english(settings: Format, column: Column) -> Names:
    """Headings of a column in English, in the API and as people name them."""
    languages = settings.columns.get(column, {})
    found = [name for key in ("en", API, PLAIN) for name in languages.get(key, ())]
    return tuple(dict.fromkeys(found)) or settings.headings(column)


def _code(headings: tuple[str, ...], most: int = 4) -> str:
    names = ", ".join(f"`{heading}`" for heading in headings[:most])
    return f"{names}, ..." if len(headings) > most else names


def _canonical_names(settings: Format) -> Iterator[tuple[str, str]]:
    """Key and name of everything that must be canonical."""
    for column, languages in settings.columns.items():
        for language, names in languages.items():
            yield from ((f"columns.{column}.{language}", name) for name in names)
    yield from (("signature", name) for names in settings.signature for name in names)
    yield from (("micros", name) for name in settings.micros)
    yield from (("types", name) for name in settings.types)
    yield from (("totals", name) for name in settings.totals)


def _check_columns(settings: Format, where: str) -> None:
    """Raises for a heading with two meanings, unknown languages, micros of no money column."""
    meaning: dict[str, Column] = {}
    for column, languages in settings.columns.items():
        for language, names in languages.items():
            key = f"columns.{column}.{language}"
            if language not in {*LANGUAGES, API, PLAIN}:
                allowed = ", ".join([*LANGUAGES, API, PLAIN])
                raise _error(where, key, language, allowed, "correct the language")
            for name in names:
                if meaning.setdefault(name, column) != column:
                    fix = f"remove it here or from columns.{meaning[name]}"
                    raise _error(where, key, name, "each heading in one column only", fix)
                if names.count(name) > 1:
                    raise _error(where, key, name, "each heading once", "remove the duplicate")
        _check_order(settings, column, where)
    for name in settings.micros:
        if meaning.get(name) not in _MONEY:
            allowed = "headings of columns.cost or columns.revenue"
            raise _error(where, "micros", name, allowed, "add it to the column that it heads")
    for column in ("date", "cost"):
        if column not in settings.columns:
            raise _error(where, "columns", ", ".join(settings.columns), "date and cost", "add both")


def _check_order(settings: Format, column: Column, where: str) -> None:
    """Raises if two languages disagree about which of two headings is preferred."""
    disputed = _merged(tuple(settings.columns[column].values()))[1]
    if disputed:
        raise _error(
            where,
            f"columns.{column}",
            ", ".join(disputed),
            "one order of two headings in all languages",
            "write them in the same order everywhere",
        )


@cache
def _merged(lists: tuple[Names, ...]) -> tuple[Names, Names]:
    """One list that keeps the order of all lists, and the names for which there is none.

    The first list goes first as far as the others allow: Leads, last in English, follows Käufe if
    a German list has Leads after Käufe.
    """
    order: list[str] = []
    rest = list(lists)
    while rest := [names for names in rest if names]:
        behind = {name for names in rest for name in names[1:]}
        head = next((names[0] for names in rest if names[0] not in behind), None)
        if head is None:
            return tuple(order), tuple(dict.fromkeys(names[0] for names in rest))
        order.append(head)
        rest = [names[1:] if names[0] == head else names for names in rest]
    return tuple(order), ()


def _check_types(settings: Format, where: str) -> None:
    """Raises if the name of a type in plans is written for another type in exports."""
    for name in settings.types.values():
        other = settings.types.get(canonical_heading(name).text, name)
        if other != name:
            fix = f"write {shown(other)} or remove the key {shown(canonical_heading(name).text)}"
            raise _error(where, "types", name, "one name per campaign type", fix)


def _error(where: str, key: str, given: str, allowed: str, fix: str) -> ConfigError:
    return ConfigError(
        f"{where}.{key}: {shown(given)} does not fit. Allowed: {allowed}. To fix: {fix}."
    )
