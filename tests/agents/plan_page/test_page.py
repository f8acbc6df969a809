"""The page of a plan: complete, safe, accessible, and with the plan's own numbers."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from helpers.plan_content import NAMES, plan_content

from mediagym.agents.plan_page import plan_page, write_plan_page
from mediagym.data.display import shortened
from mediagym.data.errors import DataError

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "a/b & c",
    "first\nsecond",
    "\x1b[31mred\x07",
    "\u202eesrever",
    "long " * 1000,
    "حملة الصيف",
)
VOID = {"meta", "wbr", "link", "img", "br", "line", "rect", "polyline", "polygon"}


class Page(HTMLParser):
    """Elements with their attributes, the text, and whether every element is closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.open, self.faults = "", [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    @property
    def line(self):
        return " ".join(self.text.split())


def many(number):
    return [(f"channel {k % 6}", f"Type {k}") for k in range(number)]


CONTENTS = {
    "before": plan_content(),
    "under way": plan_content(actual_days=10),
    "over": plan_content(actual_days=30),
    "one campaign, one day": plan_content(NAMES[:1], days=1),
    "sixty campaigns": plan_content(many(60)),
    "a year": plan_content(days=365, actual_days=100),
    "yen": plan_content(currency="JPY", scale=150),
    "no currency": plan_content(currency=None),
    "no money": plan_content(scale=0),
}


@pytest.fixture(params=CONTENTS.values(), ids=CONTENTS.keys())
def content(request):
    return request.param


def test_a_locked_campaign_is_said_to_be_locked():
    content = plan_content()
    row = next(each for each in content["campaigns"] if each["binding"])
    name = "/".join(filter(None, (row["channel"], row["campaign_type"])))
    bounds = content["constraints"]["settings"]["campaigns"]
    bounds[name] = {"floor": "$4500.00", "cap": None}
    assert "Held up by its campaign floor" in plan_page(content)
    bounds[name] = {"floor": "$4500.00", "cap": "$4500.00"}
    assert "Locked at $" in plan_page(content)
    assert "Held up by its campaign floor" not in plan_page(content)


@pytest.mark.parametrize(
    ("bound", "price", "said"),
    [
        ("campaign floor", 2.0, "Held up by its campaign floor: $1,000 less here would bring"),
        ("campaign cap", -2.0, "Held down by its campaign cap: $1,000 more here would bring"),
        ("channel floor", -2.0, "On its channel floor, which is not what holds it: $1,000 more"),
        ("channel cap", 2.0, "On its channel cap, which is not what holds it: $1,000 less"),
    ],
)
def test_a_bound_holds_a_campaign_only_in_its_own_direction(bound, price, said):
    content = plan_content()
    row = next(each for each in content["campaigns"] if each["binding"])
    row["binding"] = {"bound": bound, "shadow_price": price}
    assert said in plan_page(content)


def test_the_page_is_well_formed_and_takes_nothing_from_elsewhere(content):
    html = plan_page(content)
    page = Page(html)
    assert page.faults == page.open == []
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "img", "iframe", "object", "form", "base"}
    for _, attrs in page.elements:
        assert not [name for name in attrs if name.startswith("on") or name == "src"]
        assert (attrs.get("href") or "#").startswith("#")
    assert not re.search(r"https?:|@import|url\((?!#)", html)


def test_the_page_is_accessible(content):
    page = Page(plan_page(content))
    tags = [tag for tag, _ in page.elements]
    for once in ("main", "header", "nav", "h1", "title"):
        assert tags.count(once) - (once == "title") * tags.count("desc") == 1
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in page.elements:
        for name in (attrs.get("aria-labelledby") or "").split():
            assert name in ids
        if (attrs.get("href") or "#") != "#":
            assert attrs["href"].removeprefix("#") in ids
    assert all(attrs.get("scope") in ("col", "row") for attrs in page.all("th"))
    assert tags.count("table") == tags.count("caption")
    assert tags.count("figure") == tags.count("figcaption") >= 2
    assert tags.count("desc") == 2
    headings = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(b - a <= 1 for a, b in pairwise(headings))


def test_the_page_begins_with_what_to_do_first():
    page = Page(plan_page(CONTENTS["before"]))
    steps = page.line.index(
        "What to do first", page.line.index("Media plan, 1 to 30 Jul 2024") + 200
    )
    assert steps < page.line.index("Expected conversions")
    assert "Enter these daily budgets for Mon 1 Jul: $3,898.00 in all" in page.line
    assert "Raise google/Search from $640.00 to $1,600.00 per day (+150%)." in page.line


def test_sixty_campaigns_are_all_in_the_table_and_ten_come_first():
    page = Page(plan_page(CONTENTS["sixty campaigns"]))
    assert "50 more campaigns move less" in page.line
    for channel, kind in many(60):
        assert f"{channel}/{kind}" in page.text


def test_yen_have_no_decimals():
    text = Page(plan_page(CONTENTS["yen"])).text
    assert "¥240,000" in text
    assert not re.search(r"¥[0-9,]+\.[0-9]", text.replace("¥1.", ""))


def test_numbers_with_extrapolated_money_are_marked():
    content = plan_content()
    text = Page(plan_page(content)).line
    budget, conversions = (
        content["campaigns"][0]["budget"],
        content["totals"]["conversions"]["mean"],
    )
    assert f"${budget:,.2f}†" in text
    assert f"{conversions:,.0f}†" in text
    assert f"${content['campaigns'][1]['budget']:,.2f}†" not in text
    assert "$1,600.00†" in text
    assert "$1,000.00†" not in text


def test_nothing_is_marked_where_nothing_is_extrapolated():
    content = plan_content()
    content["totals"]["extrapolated_share"] = 0.0
    content["channels"][0]["extrapolated_share"] = 0.0
    content["baselines"] = []
    content["campaigns"][0] |= {
        "extrapolated": False,
        "extrapolated_share": 0.0,
        "recent_max_daily": 9e9,
    }
    for day in content["days"]:
        for row in day["campaigns"]:
            row["extrapolated"] = False
    page = Page(plan_page(content))
    assert "†" not in page.text
    assert not [attrs for attrs in page.all("rect") if attrs.get("class") == "beyond"]


def test_a_flight_under_way_shows_pace_changes_and_notices():
    content = plan_content(actual_days=10)
    content["flags"].append(
        {"kind": "break", "node": None, "date": "2024-07-08", "text": "fell by 40%"}
    )
    text = Page(plan_page(content)).line
    assert "As of 10 Jul 2024." in text
    assert "By Wed 10 Jul, $36,848 was spent, 97% of the $37,810 that was planned by then." in text
    assert "behind" in text
    assert "Adoptedconversions per dollar 10% under what was expected" in text
    assert "Heldconversions per dollar 11% under what was expected" in text
    assert "Mon 8 Jul fell by 40%" in text
    assert "3 of 7 days spent" in text


def test_a_flight_that_is_over_has_nothing_to_set():
    text = Page(plan_page(CONTENTS["over"])).line
    assert "The flight is over: there is nothing left to set." in text
    assert "Reported conversions" in text
    assert "Raise" not in text
    assert "9 chances in 10" not in text


def test_weeks_add_up_to_the_flight_and_a_long_one_is_told_by_months():
    assert "Week by week" in Page(plan_page(CONTENTS["before"])).line
    text = Page(plan_page(CONTENTS["a year"])).line
    assert "Month by month" in text
    for month in ("Jul 2024", "Jan 2025", "Jun 2025"):
        assert month in text


def test_unknown_numbers_are_dashes():
    content = plan_content(actual_days=1)
    content["totals"] |= {"revenue": None, "roas": None, "cpa": None, "bae": None}
    content["forecast_verdict"] = content["extrapolation_basis"] = None
    content["pace"] |= {"ratio": None, "band": None, "status": "unknown"}
    for row in content["campaigns"]:
        row["live"] = None
    for day in content["days"]:
        day["revenue"] = day["cumulative"]["revenue"] = None
        for row in day["campaigns"]:
            row["planned"] = None
    text = Page(plan_page(content)).line
    assert "revenue is not known" in text
    assert "What the campaigns spend today is not known." in text
    assert "None" not in text
    assert "nan" not in text.split()


def test_every_text_is_shown_as_it_is_and_never_read_as_markup():
    names = [("google", name) for name in HOSTILE]
    tame = [("google", f"Campaign {k}") for k in range(len(HOSTILE))]
    pages = []
    for given, texts in ((names, HOSTILE), (tame, ("tame",) * len(HOSTILE))):
        content = plan_content(given, actual_days=10)
        content["made"]["markets"] = content["forecast_verdict"] = texts[1]
        content["policy"] = content["baselines"][0]["policy"] = texts[0]
        content["flags"] = [
            {"kind": texts[k], "node": texts[k], "date": None, "text": f"x{texts[k]}"}
            for k in (0, 1, 2)
        ]
        content["constraint_costs"][0] |= {"name": texts[0], "text": texts[1]}
        content["warnings"] = [f"y{text}" for text in texts]
        content["changes"][0]["reason"] = texts[2]
        if texts[0] == "tame":
            for flag, kind in zip(content["flags"], "abc", strict=True):
                flag["kind"] = kind
        pages.append(plan_page(content))
    hostile, plain = map(Page, pages)
    assert [tag for tag, _ in hostile.elements if tag != "wbr"] == [
        tag for tag, _ in plain.elements if tag != "wbr"
    ]
    assert not {"\x1b", "\u202e", "\x07"} & set(pages[0])
    for name in HOSTILE:
        assert shortened(f"google/{name}", 160).strip() in hostile.text


def test_another_version_is_refused_and_nothing_is_written(tmp_path: Path):
    path = tmp_path / "plan.html"
    with pytest.raises(DataError, match="schema_version '1' was given"):
        write_plan_page({**plan_content(), "schema_version": 1}, path)
    assert not path.exists()
    write_plan_page(plan_content(), path)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_same_plan_makes_the_same_page():
    assert plan_page(plan_content()) == plan_page(plan_content())


def test_what_rules_cost_is_said_or_why_it_is_not_known():
    content = plan_content(actual_days=10)
    assert "What each rule costs over the days left" in plan_page(content)
    content["constraint_costs"], content["constraint_costs_note"] = None, "because of <b>."
    page = plan_page(content)
    assert "What each rule costs is not known: <bdi>because of &lt;b&gt;.</bdi>" in page
    assert "What each rule costs over" not in page


def test_a_flight_that_is_over_compares_and_expects_nothing():
    page = plan_page(plan_content(actual_days=30))
    assert "What happened" in page
    assert "What to expect" not in page
    assert "other ways to spend" not in page
