"""Short ids of names, and what users may write for a name."""

import datetime
import json
import re
import shlex
import string

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.errors import ConfigError
from mediagym.data.names import by_full_name, full_name, resolve, short_ids

CAMPAIGNS = (
    "google/Search & content",
    "google/Brand, UK/IE",
    "google/a=b",
    "google/{x}",
    "google/Kampagne: Süd",
    "google/［不動産］強化",
    "google/'quoted'",
    "google/50% off",
    "google/true",
    "google/1.5",
    "google/null",
    "google/2024-01-31",
    "google/off",
    "google/-",
    'google/"x"',
    "google/${x}",
    "google/a\\b",
    "google/# !@`~",
    "google/" + 60 * "long ",
    "meta",
    "microsoft/Shopping",
)
PARSER = OverridesParser.create()
ID_LIKE = st.from_regex(r"[a-z0-9]{0,3}[-_][0-9a-f]{10}", fullmatch=True)
WORDS = st.sampled_from(
    ["true", "Null", "off", "nan", "inf", "1e5", "0x1f", "1_000", "2024-01-31", "~", "y", "-5"]
)
SIMILAR = st.text("aAb1-_/ ü", max_size=6)
NAMES = st.text() | SIMILAR | WORDS | ID_LIKE | ID_LIKE.map(lambda name: short_ids([name])[0])


@given(st.lists(NAMES, unique=True, max_size=20))
def test_no_two_names_share_an_id(names):
    # a name that is another's id is the worst case
    names = list(dict.fromkeys([*names, *short_ids(names)]))
    assert len(set(short_ids(names))) == len(names)


@given(st.lists(NAMES, unique=True, min_size=1, max_size=8), st.randoms())
def test_an_id_depends_on_its_name_alone(names, random):
    ids = dict(zip(names, short_ids(names), strict=True))
    random.shuffle(names)
    some = names[: len(names) // 2 + 1]
    assert short_ids(some) == tuple(ids[name] for name in some)


@given(NAMES)
def test_hydra_yaml_and_shells_take_an_id_bare(name):
    (id_,) = short_ids([name])
    assert 1 <= len(id_) <= 32
    assert set(id_) <= {*string.ascii_lowercase, *string.digits, "-", "_"}
    assert shlex.quote(id_) == id_
    assert not id_.startswith("-")
    assert PARSER.parse_override(f"k={{{id_}: {{floor: 5%}}}}").value() == {id_: {"floor": "5%"}}
    assert PARSER.parse_override(f"k={id_}").value() == id_
    assert yaml.safe_load(f"{id_}: {id_}") == {id_: id_}


@given(NAMES)
def test_the_id_of_an_id_is_itself_only_if_no_hash_was_needed(name):
    (id_,) = short_ids([name])
    assert (short_ids([id_]) == (id_,)) == (id_ == name)


def test_ids_are_those_that_are_documented():
    names = [
        "meta",
        "google/Search Network",
        "brand_uk-2",
        "Meta",
        "a--b",
        "x" * 33,
        "50",
        "不動産",
    ]
    assert short_ids(names) == (
        "meta",
        "google-search-network_2a758935b2",
        "brand_uk-2",
        "meta_" + short_ids(["Meta"])[0][-10:],
        "a-b_" + short_ids(["a--b"])[0][-10:],
        "x" * 21 + "_" + short_ids(["x" * 33])[0][-10:],
        "c-50_" + short_ids(["50"])[0][-10:],
        "c_" + short_ids(["不動産"])[0][-10:],
    )
    assert "`google-search-network_2a758935b2`" in str(short_ids.__doc__)
    assert all(re.fullmatch(r".*_[0-9a-f]{10}", id_) for id_ in short_ids(names[3:]))


@pytest.mark.parametrize("name", CAMPAIGNS)
def test_a_name_is_accepted_in_full_by_its_id_and_without_its_channel(name):
    assert resolve(name, CAMPAIGNS) == name
    assert resolve(*short_ids([name]), CAMPAIGNS) == name
    part = name.partition("/")[2]
    if part:
        assert resolve(part, CAMPAIGNS) == name
        assert resolve(*short_ids([part]), CAMPAIGNS) == name


@given(st.lists(NAMES, unique=True, min_size=1, max_size=12))
def test_a_full_name_and_its_id_always_mean_that_name(names):
    for name, id_ in zip(names, short_ids(names), strict=True):
        assert resolve(name, names) == name
        assert resolve(id_, names) == (id_ if id_ in names else name)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (True, "google/true"),
        (1.5, "google/1.5"),
        (None, "google/null"),
        (False, "google/off"),
        (datetime.date(2024, 1, 31), "google/2024-01-31"),
        (1, None),
        (2.5, None),
    ],
)
def test_what_yaml_makes_of_a_bare_name_stands_for_the_name(value, name):
    assert resolve(value, CAMPAIGNS) == name


def test_the_full_name_goes_before_a_part_of_another():
    assert resolve("meta", ["google/meta", "meta"]) == "meta"
    assert resolve("meta", ["google/meta", "x"]) == "google/meta"
    assert resolve(True, ["google/true", "true"]) == "true"


def test_a_part_that_two_campaigns_have_means_neither():
    names = ["google/Shopping", "microsoft/Shopping"]
    assert resolve("Shopping", names) is None
    assert resolve(*short_ids(["Shopping"]), names) is None
    assert resolve(1.5, ["google/1.5", "meta/1.50"]) is None
    with pytest.raises(
        ConfigError, match=r"'Shopping' may be google/Shopping or microsoft/Shopping\..*id"
    ):
        full_name("Shopping", names, "key", "campaign", "key={ID: 1}")


@pytest.mark.parametrize("unknown", ["", "Search", "META", 7, "google/", None])
def test_anything_else_means_nothing(unknown):
    assert resolve(unknown, ["google/Search & content", "meta"]) is None


def error_of(given, names=CAMPAIGNS):
    with pytest.raises(ConfigError) as error:
        full_name(given, names, "some.key", "campaign of this flight", "'some.key={ID: 1}'")
    return str(error.value)


def test_the_error_lists_names_with_ids_and_shows_how_to_write_the_closest():
    message = error_of("google/search and content")
    (id_,) = short_ids(["google/Search & content"])
    assert message.startswith("some.key: 'google/search and content' is not a campaign of this fl")
    assert f"google/Search & content (id {id_})" in message
    assert f"did you mean google/Search & content? By its id: 'some.key={{{id_}: 1}}'" in message


def test_the_error_of_many_campaigns_lists_the_closest_on_one_line():
    many = [f"google/Campaign {i}\n" for i in range(2000)]
    message = error_of("Campaign 77", many)
    assert "and 1988 more" in message
    assert "google/Campaign 77 " in message
    assert len(message) < 1500
    assert "\n" not in message


def test_values_by_any_name_are_returned_by_full_name():
    (id_,) = short_ids([CAMPAIGNS[0]])
    given_ = {id_: 1, "Shopping": 2, True: 3, "meta": 4}
    named = by_full_name(given_, CAMPAIGNS, "some.key", "campaign", "ID")
    assert named == {
        CAMPAIGNS[0]: (1, id_),
        "microsoft/Shopping": (2, "Shopping"),
        "google/true": (3, "True"),
        "meta": (4, "meta"),
    }


def test_a_campaign_under_two_names_is_refused():
    (id_,) = short_ids([CAMPAIGNS[0]])
    with pytest.raises(ConfigError, match=rf"'{id_}' is the campaign .*given as 'google/Search"):
        by_full_name({CAMPAIGNS[0]: 1, id_: 2}, CAMPAIGNS, "some.key", "campaign", "ID")


def test_a_name_survives_json_as_a_key():
    assert [resolve(key, CAMPAIGNS) for key in json.loads(json.dumps({True: 1, 1.5: 2}))] == [
        "google/true",
        "google/1.5",
    ]
