"""Canonical headings: spelling, currencies in brackets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.formats.headings import CURRENCIES, Heading, canonical_heading


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Amount spent (USD)", Heading("amount spent", "USD")),
        ("Cost (EUR)", Heading("cost", "EUR")),
        ("Spend(US$)", Heading("spend", "us$")),
        ("消化金額（JPY）", Heading("消化金額", "JPY")),
        ("cost_usd", Heading("cost", "USD")),
        ("Amount spent (TRY)", Heading("amount spent", "TRY")),
        ("Ads to try", Heading("ads to try", None)),
        ("Clicks (all)", Heading("clicks all", None)),
        ("EUR", Heading("eur", None)),
        ("Cost (USD) (EUR)", Heading("cost", "USD EUR")),
        ("CampaignId", Heading("campaign id", None)),
        ("AverageCPC", Heading("average cpc", None)),
        ("Cost / conv.", Heading("cost conv", None)),
        ("", Heading("", None)),
    ],
)
def test_canonical_headings(text, expected):
    assert canonical_heading(text) == expected


@given(st.text(max_size=40))
def test_a_canonical_heading_is_its_own_canonical_form(text):
    heading = canonical_heading(text).text
    assert canonical_heading(heading).text == heading
    assert heading == " ".join(heading.split())


WORDS = st.lists(
    st.sampled_from(["campaign", "id", "amount", "spent", "clicks", "impr", "cost", "day"]),
    min_size=1,
)


@given(WORDS, st.sampled_from(sorted(CURRENCIES)), st.sampled_from(["({})", "[{}]", " ( {} )"]))
def test_the_currency_in_brackets_is_taken_apart(words, code, brackets):
    heading = canonical_heading(" ".join(words) + brackets.format(code))
    assert heading == (" ".join(words), code)


@given(WORDS)
def test_the_spelling_of_a_heading_does_not_matter(words):
    spellings = ["_".join(words), ".".join(words), "".join(word.title() for word in words)]
    spellings += [" ".join(words).upper(), "-".join(words), f" {'  '.join(words)}:"]
    assert {canonical_heading(text).text for text in spellings} == {" ".join(words)}
