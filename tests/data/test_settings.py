"""Settings records: what a wrong key is answered with."""

import pytest
from pydantic import Field

from mediagym.data.errors import ConfigError
from mediagym.data.settings import RENAMED, Command, Settings


class Inner(Settings):
    depth: int


class Outer(Settings):
    width: int
    inner: Inner
    many: list[Inner]
    by_name: dict[str, Inner]


class Options(Command):
    outer: Outer
    seed: int = Field(ge=0)


GIVEN = {"width": 1, "inner": {"depth": 2}, "many": [{"depth": 3}], "by_name": {"a": {"depth": 4}}}


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"inner": {"depth": 2, "dept": 1}}, "outer.inner.dept"),
        ({"many": [{"depth": 3}, {"depth": 3, "dept": 1}]}, "outer.many.1.dept"),
        ({"by_name": {"a": {"depth": 4, "dept": 1}}}, "outer.by_name.a.dept"),
    ],
)
def test_an_unknown_key_is_answered_with_the_keys_of_its_own_record(change, key):
    with pytest.raises(ConfigError) as error:
        Outer.of(GIVEN | change, "outer")
    assert str(error.value) == (f"{key}: unknown key; allowed here: depth; did you mean 'depth'?")


def test_a_missing_and_a_wrong_value_are_named_by_key():
    with pytest.raises(ConfigError, match=r"outer\.inner\.depth: no value"):
        Outer.of(GIVEN | {"inner": {}}, "outer")
    with pytest.raises(ConfigError, match=r"outer\.width: got 'wide'"):
        Outer.of(GIVEN | {"width": "wide"}, "outer")


@pytest.mark.parametrize(("old", "new"), [pair for pair in RENAMED.items() if "." in pair[0]])
def test_a_renamed_key_is_refused_with_its_new_name(old, new):
    group, _, key = old.rpartition(".")
    with pytest.raises(ConfigError, match=f"{old}: this key is now called {new}"):
        Inner.of({"depth": 1, key: 2}, group)


def test_a_command_reads_its_part_of_a_configuration_and_leaves_the_rest():
    options = Options.read({"outer": GIVEN, "seed": 3, "other": "anything"})
    assert options.seed == 3
    assert options.outer.many == [Inner(depth=3)]
    with pytest.raises(ConfigError, match=r"^seed: got -1"):
        Options.read({"outer": GIVEN, "seed": -1})
    with pytest.raises(ConfigError, match=r"^outer\.width: got 'wide'"):
        Options.read({"outer": GIVEN | {"width": "wide"}, "seed": 1})


@pytest.mark.parametrize("group", [3, None, "wide", [1], True])
def test_a_group_that_is_no_mapping_is_one_message(group):
    with pytest.raises(ConfigError, match=r"outer: .* was given\. Allowed: a mapping with"):
        Options.read({"outer": group, "seed": 3})


def nested(depth):
    value = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (nested(40), "at most 32 levels"),
        (nested(50_000), "at most 32 levels"),
        ([0] * 200_000, "at most 100000 keys and values"),
        ("x" * 5000, "at most 4096 characters"),
        ("a\0b", "without NUL"),
        ({"a\0b": 1}, "the key 'a"),
        ("\ud800", "half characters"),
        (2**63, "whole numbers below"),
        (10**5000, "a value of type int was given"),
        (float("inf"), "valid integer|finite"),
        (["x" * 4000] * 100, "outer.width: got"),
    ],
    ids=range(11),
)
def test_a_value_that_no_setting_takes_is_one_short_message(value, message):
    with pytest.raises(ConfigError, match=message) as error:
        Options.read({"outer": GIVEN | {"width": value}, "seed": 3})
    assert len(str(error.value)) < 1000
    assert str(error.value).isprintable()


def test_numbers_that_are_not_finite_are_refused():
    class Wave(Settings):
        height: float

    for value in (float("nan"), float("inf"), "inf"):
        with pytest.raises(ConfigError, match=r"wave\.height: .* finite"):
            Wave.of({"height": value}, "wave")
