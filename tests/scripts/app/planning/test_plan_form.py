"""A form becomes the body of a job and back, and every problem finds its field."""

from datetime import date

import pytest

from mediagym.agents.policies import BASELINES, ORACLES
from mediagym.data.errors import MediaGymError
from mediagym.data.storage import CONF
from mediagym.scripts.app.planning import (
    AGENTS,
    FORM,
    OBJECTIVES,
    body_of,
    check_rules,
    defaults,
    errors_of,
    fields_of,
    nodes_of,
    number_of,
    rows_shown,
)
from mediagym.scripts.app.security import problem_of

NAMES = ("google/Search & co.", "google/YouTube", "meta")
SEARCH, YOUTUBE = (f"campaign.{node.id}." for node in nodes_of(NAMES)[1:3])
LIVE = {"google/Search & co.": 700.0, "google/YouTube": 160.0, "meta": 130.0}
BODY = {
    "agent": "follow",
    "env": {"days": 14},
    "objective": {"name": "profit", "margin": 0.4},
    "constraints": {
        "total": 15000.5,
        "total_type": "at_most",
        "channel": {"floor": None},
        "campaign": {"cap": "60%"},
        "channels": {"google": {"floor": "20%", "cap": 12000}},
        "campaigns": {
            "google/Search & co.": {"fixed": 5000, "ramp": {"up": "10%", "down": None}},
            "google/YouTube": {"off": True},
            "meta": {"floor": None, "daily_cap": 400, "cpa": 80},
        },
        "pacing": [0.5, 1.5],
        "ramp": {"up": "30%", "down": None},
        "changes": {"weekdays": ["Mon", "Thu"]},
        "calendar": [
            {"start": "2024-07-04", "end": "2024-07-05", "campaigns": ["meta"],
             "kind": "promotion", "most": 900, "demand": 1.3, "demand_sd": 0.1},
            {"start": "2024-07-06", "end": "2024-07-06", "campaigns": "all", "kind": "blackout"},
        ],
        "locks": [{"date": "2024-07-03", "campaign": "meta", "amount": 150}],
        "min_run": 3,
        "roas": 2.5,
    },
}  # fmt: skip


def checked(body):
    """What is wrong with a body, by field."""
    try:
        check_rules(body, NAMES, "USD", LIVE, date(2024, 7, 1))
    except MediaGymError as error:
        return errors_of(problem_of(error).document(), fields_of(body, NAMES), NAMES)
    return {}


def test_the_form_of_the_defaults_asks_for_nothing_that_differs():
    assert body_of(fields_of({}, NAMES), NAMES) == ({}, {})


def test_a_body_survives_its_form():
    body, errors = body_of(fields_of(BODY, NAMES), NAMES)
    assert (body, errors) == (BODY, {})


def test_a_form_of_a_replan_holds_only_what_was_typed():
    base = {}
    assert body_of(fields_of({}, NAMES, base), NAMES, base) == ({}, {})
    given = {"constraints": {"total": 200000, "channel": {"floor": "10%"}}}  # as the defaults have
    assert body_of(fields_of(given, NAMES, base), NAMES, base) == (given, {})


def test_amounts_may_be_written_with_separators_and_as_shares():
    typed = {"total": "150,000", "channel.meta.cap": "$5,000", SEARCH + "cap": "12.5%"}
    fields = fields_of({}, NAMES) | typed
    rules = body_of(fields, NAMES)[0]["constraints"]
    assert rules["total"] == 150000
    assert rules["channels"]["meta"] == {"cap": "$5000"}  # the check compares the currency
    assert "convert it" in checked({"constraints": {"total": "€5000"}})["total"]
    assert rules["campaigns"]["google/Search & co."] == {"cap": "12.5%"}
    assert list(checked({"constraints": rules})) == ["channel.meta.cap"]  # it is below 10 %


@pytest.mark.parametrize("text", ["10.000", "$ 10.000", "10.000 €"])
def test_an_amount_that_two_notations_read_differently_is_refused(text):
    _, errors = body_of(fields_of({}, NAMES) | {"total": text}, NAMES)
    assert list(errors) == ["total"]
    assert text.replace(".", ",") in errors["total"]
    shares = {"total": "10.125%", SEARCH + "roas": "2.125"}
    assert body_of(fields_of({}, NAMES) | shares, NAMES)[1] == {}


def test_a_message_beside_a_field_has_the_words_of_the_form():
    keys = {"campaigns": {"meta": {"fixed": 900, "cap": 700}}}
    errors = checked({"constraints": keys})
    assert list(errors) == ["campaign.meta.fixed"]
    assert "“At most” of meta is 700" in errors["campaign.meta.fixed"]
    assert "constraints." not in errors["campaign.meta.fixed"]
    assert checked({"env": {"days": 0}}) == {
        "days": "Got 0; input should be greater than or equal to 2."
    }


def test_a_choice_alone_makes_no_further_row():
    fields = {"locks.0.campaign": "meta", "calendar.0.kind": "holiday"}
    assert (len(rows_shown(fields, "locks")), len(rows_shown(fields, "calendar"))) == (1, 1)
    assert len(rows_shown(fields | {"locks.0.amount": "5"}, "locks")) == 2


@pytest.mark.parametrize(
    ("field", "text"),
    [("days", "soon"), ("days", "7.5"), ("cpa", "cheap"), ("min_run", "2.5"),
     (SEARCH + "roas", "much")],
)  # fmt: skip
def test_a_text_in_the_place_of_a_number_is_said_beside_its_field(field, text):
    _, errors = body_of(fields_of({}, NAMES) | {field: text}, NAMES)
    assert list(errors) == [field]
    assert text in errors[field]


def test_weekdays_and_a_rhythm_are_not_taken_together():
    fields = fields_of({}, NAMES) | {"change_Mon": "on", "change_every": "7"}
    assert list(body_of(fields, NAMES)[1]) == ["change_every"]


@pytest.mark.parametrize(
    ("changes", "field", "numbers"),
    [
        ({"channels": {"google": {"floor": "70%"}, "meta": {"floor": "50%"}}}, "total", "$240,000"),
        ({"campaigns": {"google/YouTube": {"floor": "60%", "daily_cap": 100}}},
         YOUTUBE + "floor", "$3,000"),
        ({"campaigns": {"meta": {"fixed": 90000}}, "channels": {"meta": {"cap": "20%"}}},
         "channel.meta.cap", "$40,000"),
        ({"campaigns": {"google/Search & co.": {"cap": "lots"}}}, SEARCH + "cap", "lots"),
        ({"total": 0}, "total", "0"),
        ({"ramp": {"up": "fast"}}, "ramp_up", "fast"),
        ({"locks": [{"date": "2025-01-01", "campaign": "meta", "amount": 5}]},
         "locks.0.date", "2024-07-30"),
        ({"calendar": [{"start": "2024-07-02", "kind": "blackout", "demand": 500}]},
         "calendar.0.demand", "500"),
        ({"steadiness": "80%"}, "steadiness", "80%"),
        ({"changes": {"every": 0}}, "change_every", "0"),
        ({"roas": -1}, "roas", "-1"),
    ],
)  # fmt: skip
def test_a_refusal_stands_beside_its_field_with_its_numbers(changes, field, numbers):
    errors = checked({"constraints": changes})
    assert list(errors) == [field]
    assert numbers in errors[field]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"channels": {"meta": {"cap": 10000}}}, "channel.meta.cap",
         "10000 is below “At least” of every channel, 10%"),
        ({"campaigns": {"google/YouTube": {"cap": "0.1%"}}}, YOUTUBE + "cap",
         "enter a lower “At least” for google/YouTube"),
        ({"channel": {"cap": "5%"}}, "channel_cap", "lower “Every channel, at least”"),
        ({"campaigns": {"meta": {"cap": 10000}}}, "campaign.meta.cap", "Its floor $20,000"),
        ({"campaigns": {name: {"cap": 5000} for name in NAMES if name.startswith("google/")}},
         SEARCH + "cap", "google: Its floor $20,000"),
    ],
)  # fmt: skip
def test_a_cap_below_a_floor_for_all_is_said_at_the_cap(changes, field, words):
    errors = checked({"constraints": changes})
    assert list(errors) == [field]
    assert words in errors[field]


def test_a_floor_that_was_entered_is_said_at_the_floor():
    errors = checked({"constraints": {"channels": {"meta": {"floor": "30%", "cap": "20%"}}}})
    assert list(errors) == ["channel.meta.floor"]


def test_days_outside_of_what_is_allowed_stand_beside_the_days():
    assert list(checked({"env": {"days": 1}})) == ["days"]


def test_a_job_that_found_a_ramp_too_slow_marks_the_node():
    problem = {"detail": "meta: its floor of $20,000 is out of reach", "node": "meta",
               "bound": "floor", "amount": 20000.0, "available": 9700.0}  # fmt: skip
    assert list(errors_of(problem, {}, NAMES)) == ["campaign.meta.floor"]
    assert list(errors_of(problem, {"campaign.meta.fixed": "20000"}, NAMES)) == [
        "campaign.meta.fixed"
    ]
    assert list(errors_of({"detail": "no memory"}, {}, NAMES)) == [FORM]


def test_every_choice_of_the_form_exists():
    files = {path.stem for path in (CONF / "agent").glob("*.yaml")}
    assert set(AGENTS) <= files & (set(BASELINES) - set(ORACLES))
    assert defaults()["agent"] in AGENTS
    assert set(OBJECTIVES) == {path.stem for path in (CONF / "objective").glob("*.yaml")}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *((" 1,250.5 ", 1250.5), ("12 000", 12_000.0), ("7", 7.0)),
        *(
            ("12,50", None),
            ("10.000", None),
            ("1e9", None),
            ("nan", None),
            ("-3", None),
            ("10%", None),
            ("", None),
        ),
    ],
)
def test_a_number_is_read_or_refused_and_never_guessed(text, number):
    assert number_of(text) == number
