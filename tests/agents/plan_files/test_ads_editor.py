"""Google Ads Editor: exact splits, and mappings that do not fit are refused by name."""

import csv
import io
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.agents.plan_files import export_plan
from mediagym.agents.plan_files.shares import split
from mediagym.data.errors import ConfigError

GOOD = """
Search:
  Brand: 0.333
  Generic: 0.333
  =Rest, Europe: 0.334
google/YouTube: {Video: 100%}
"""


def rows_of(content, folder, text):
    mapping = folder / "mapping.yaml"
    mapping.write_text(text, encoding="utf-8")
    (path,) = export_plan(content, ["google_ads_editor"], folder / "out", mapping=mapping)
    return list(csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_one_row_per_campaign_and_budgets_that_sum_to_the_cent(plan, tmp_path):
    content = plan()
    head, *rows = rows_of(content, tmp_path, GOOD)
    assert head == ["Campaign", "Campaign Status", "Budget", "Budget type"]
    assert [row[0] for row in rows] == ["Brand", "Generic", "=Rest, Europe", "Video"]
    cents = [round(100 * float(row[2])) for row in rows]
    today = [round(100 * campaign["today"]) for campaign in content["campaigns"]]
    assert (sum(cents[:3]), cents[3]) == (today[0], today[1])
    assert max(cents[:3]) - min(cents[:3]) <= 0.002 * today[0] + 1
    assert {row[3] for row in rows} == {"Daily"}
    assert [row[1] for row in rows] == ["", "", "", "Enabled"]  # YouTube starts from 0


def test_a_budget_of_nothing_pauses(plan, tmp_path):
    content = plan()
    content["campaigns"][0]["today"] = 0.01
    rows = rows_of(content, tmp_path, GOOD)[1:]
    assert rows[0] == ["Brand", "Paused", "", ""]
    assert rows[2] == ["=Rest, Europe", "", "0.01", "Daily"]


def test_a_currency_without_decimals_is_split_in_whole_units(plan, tmp_path):
    content = plan(currency="JPY")
    rows = rows_of(content, tmp_path, GOOD)[1:]
    assert all(row[2].isdigit() for row in rows)
    assert sum(int(row[2]) for row in rows[:3]) == content["campaigns"][0]["today"]


@given(
    st.integers(0, 10**10),
    st.lists(st.integers(0, 1000), min_size=1, max_size=30).filter(any),
    st.sampled_from([1, 100]),
)
def test_parts_are_within_a_unit_of_their_shares_and_sum_exactly(cents, weights, unit):
    shares = {str(k): Fraction(weight, sum(weights)) for k, weight in enumerate(weights)}
    parts = split(cents, shares, unit)
    unit = unit if cents % unit == 0 else 1
    assert sum(parts.values()) == cents
    for name, share in shares.items():
        assert parts[name] % unit == 0
        assert abs(parts[name] - cents * share) < unit


def test_without_a_mapping_it_is_refused_with_the_types(plan, tmp_path):
    with pytest.raises(ConfigError, match=r"export_mapping: null .* google/Search, google/YouTube"):
        export_plan(plan(), ["google_ads_editor"], tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Search: {A: 1}", "no campaigns for 'google/YouTube'"),
        ("Search: {A: 0.5}\nYouTube: {B: 1}", r"Search: the shares sum to 0\.5"),
        ("Search: {A: 0.5, B: 0.6}\nYouTube: {C: 1}", r"the shares sum to 1\.1"),
        ("Search: {A: 1}\nYouTube: {A: 1}", "'A' stands under 'google/Search' and under"),
        ("Search: {A: 1}\nYouTub: {B: 1}", "'YouTub' is not a campaign type"),
        ("meta: {A: 1}\nSearch: {B: 1}\nYouTube: {C: 1}", "'meta' is not a campaign type"),
        ("Search: {A: 1}\ngoogle/Search: {B: 1}\nYouTube: {C: 1}", "given as"),
        ("Search: {A: 1}\nSearch: {B: 1}\nYouTube: {C: 1}", "'Search' stands twice"),
        ("Search: {A: 1, A: 1}\nYouTube: {C: 1}", "'A' stands twice"),
        ("Search: {2024_01: 1}\nYouTube: {C: 1}", "'202401' is read as no text"),
        ("Search: {A: -1, B: 2}\nYouTube: {C: 1}", r"Search\.A: '-1' was given"),
        ("Search: {A: true}\nYouTube: {C: 1}", r"Search\.A: 'True' was given"),
        ("Search: {A: .nan}\nYouTube: {C: 1}", r"Search\.A: 'nan' was given"),
        ("Search: {A: 1/1}\nYouTube: {C: 1}", r"Search\.A: '1/1' was given"),
        ("Search: A\nYouTube: {C: 1}", "Search: 'A' was given"),
        ("Search: {}\nYouTube: {C: 1}", "Search: '{}' was given"),
        ("- Search", "holds no mapping"),
        ("", "holds no mapping"),
        ("Search: {A: 1", "cannot be read"),
        ("!!python/object/apply:os.system [ls]", "cannot be read"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(plan, tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        rows_of(plan(), tmp_path, text)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["absent.yaml", "."])
def test_a_mapping_that_is_no_file_is_refused(plan, tmp_path, name):
    with pytest.raises(ConfigError, match=r"export_mapping: .* cannot be read"):
        export_plan(plan(), ["google_ads_editor"], tmp_path / "out", mapping=tmp_path / name)


def test_a_plan_without_google_is_refused(plan, tmp_path):
    with pytest.raises(ConfigError, match="no campaigns on Google"):
        export_plan(plan((("meta", None),)), ["google_ads_editor"], tmp_path)
