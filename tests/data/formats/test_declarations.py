"""Declarations of formats: contradictory ones are refused, all are in the tables of the docs."""

import copy
import runpy

import pytest

from mediagym.data.errors import ConfigError
from mediagym.data.formats.vocabulary import (
    COLUMNS,
    GENERIC,
    Format,
    check_signatures,
    formats,
    formats_table,
)
from mediagym.data.storage import CONF, shipped_yaml


def broken(change):
    mapping = copy.deepcopy(shipped_yaml("data/format/google"))
    change(mapping)
    return mapping


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m["columns"]["clicks"]["en"].append("cost"), r"columns\.\w+\.en: 'cost'"),
        (lambda m: m["columns"]["clicks"]["en"].append("clicks"), "'clicks'.*duplicate"),
        (
            lambda m: m["columns"]["clicks"]["en"].append("Clicks"),
            "clicks.en.*write 'clicks'",
        ),
        (lambda m: m["columns"]["clicks"].update(xx=["taps"]), "columns.clicks.xx"),
        (lambda m: m["columns"].update(tips={"en": ["tips"]}), "columns.tips"),
        (lambda m: m["columns"].pop("cost"), "google.yaml.(columns|micros)"),
        (lambda m: m["columns"]["date"].update(nl=["datum", "tag"]), "columns.date: 'tag, datum'"),
        (lambda m: m["micros"].append("clicks"), "micros: 'clicks'"),
        (lambda m: m["types"].update({"search network": "Suche"}), "types: 'Search Network'"),
        (lambda m: m.update(blank="nan"), "google.yaml.blank"),
        (lambda m: m.update(lag_days=-1), "google.yaml.lag_days"),
        (lambda m: m.pop("totals"), "google.yaml.totals: no value"),
        (lambda m: m.update(lags=1), "google.yaml.lags: unknown key.*did you mean"),
    ],
)
def test_a_contradictory_declaration_is_refused_with_file_and_key(change, message):
    with pytest.raises(ConfigError, match=message):
        Format.of(broken(change), "google.yaml")


def test_a_signature_that_fits_another_platform_is_refused():
    loose = Format.of(broken(lambda m: m["signature"].append(["day", "impressions"])), "google")
    others = [settings for settings in formats() if settings.platform != "google"]
    with pytest.raises(ConfigError, match=r"google\.yaml\.signature: 'day, impressions'"):
        check_signatures([loose, *others])


def test_the_table_has_one_row_per_format():
    rows = formats_table().splitlines()
    assert len(rows) == 2 + len(formats())
    assert len({row.count(" | ") for row in rows}) == 1
    assert all(settings.title in row for settings, row in zip(formats(), rows[2:], strict=True))


def test_the_generic_format_comes_last_and_every_column_has_a_heading_somewhere():
    assert formats()[-1].platform == GENERIC
    assert {column for settings in formats() for column in settings.columns} == set(COLUMNS)


def test_the_tables_in_the_docs_are_those_of_the_declarations() -> None:
    module = runpy.run_path(str(CONF.parent / "docs" / "formats.py"))
    page = module["PAGE"].read_text(encoding="utf-8")
    assert module["with_tables"](page) == page
    assert all(settings.title in page for settings in formats())
