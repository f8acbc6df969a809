"""Constraints by campaigns' and channels' names as they are, by short ids, and from a file."""

import json
import os

import numpy as np
import pytest
import yaml

from mediagym.data.errors import ConfigError
from mediagym.data.names import short_ids
from mediagym.envs.constraints import ConstraintSettings, constraints_from_json, parse_constraints

TYPES = (
    "Search & content",
    "Brand, UK/IE",
    "a=b",
    "{x}",
    "Kampagne: Süd",
    "［不動産］強化",
    "'quoted'",
    '"quoted"',
    "50% off",
    "true",
    "1.5",
    "# note",
    "- item",
    "&anchor",
    "*alias",
    "${x}",
    "off",
    "null",
)
NAMES = (*(f"google/{name}" for name in TYPES), "meta", "x: y/z")


@pytest.fixture
def settings(default_constraints):
    return lambda **changes: ConstraintSettings.of(default_constraints | changes, "constraints")


@pytest.fixture
def build(settings, ads):
    return lambda names=NAMES, **changes: parse_constraints(settings(**changes), ads(*names), 30)


@pytest.fixture
def file(tmp_path):
    def write(content, name="my.yaml"):
        path = tmp_path / name
        if isinstance(content, dict):
            content = yaml.safe_dump(content, allow_unicode=True)
        path.write_text(content, encoding="utf-8")
        return path

    return write


def floor_of(constraints, name):
    return constraints.floor_cents[1][constraints.names.index(name)]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_takes_every_name_as_it_is_by_id_and_without_its_channel(build, file, name):
    part = name.partition("/")[2] or name
    for written in (name, part, *short_ids([name, part])):
        path = file({"campaigns": {written: {"floor": "5%"}}})
        constraints = build(file=str(path))
        assert floor_of(constraints, name) == 1_000_000
        assert (constraints.floor_cents[1] == 100_000).sum() == len(NAMES) - 1


@pytest.mark.parametrize("name", ["true", "1.5", "off", "null", "50% off", "a=b", "Brand, UK/IE"])
def test_a_file_takes_names_that_yaml_reads_as_other_values_without_quotes(build, file, name):
    path = file(f"campaigns:\n  {name}: {{floor: 5%}}\n")
    assert floor_of(build(file=path), f"google/{name}") == 1_000_000


@pytest.mark.parametrize("name", NAMES)
def test_a_plan_says_the_full_name_however_it_was_given(build, name):
    (id_,) = short_ids([name])
    document = json.loads(json.dumps(build(campaigns={id_: {"floor": 5000}}).to_json()))
    assert document == build(campaigns={name: {"floor": 5000}}).to_json()
    assert list(document["settings"]["campaigns"]) == list(NAMES)
    assert constraints_from_json(document).to_json() == document


def test_channels_are_given_by_id_too(build):
    ids = short_ids(["x: y", "google"])
    constraints = build(channels={ids[0]: {"floor": "20%"}, ids[1]: {"floor": "30%"}})
    np.testing.assert_array_equal(constraints.floor_cents[0], [6_000_000, 2_000_000, 4_000_000])


def test_an_unknown_name_lists_ids_and_the_override_to_write(build):
    with pytest.raises(ConfigError) as error:
        build(campaigns={"google/Search and content": {"floor": "5%"}})
    (id_,) = short_ids(["google/Search & content"])
    assert f"google/Search & content (id {id_})" in str(error.value)
    assert f"'constraints.campaigns={{{id_}: {{floor: 5%}}}}'" in str(error.value)


def test_one_campaign_under_two_names_is_refused(build):
    (id_,) = short_ids(["google/a=b"])
    with pytest.raises(ConfigError, match=r"constraints\.campaigns: .*google/a=b.* too"):
        build(campaigns={"google/a=b": {"floor": "5%"}, id_: {"cap": "9%"}})


def test_a_files_keys_are_laid_over_the_group(settings, default_constraints, file):
    content = {
        "total": 50_000,
        "channel": {"cap": "60%"},
        "campaigns": {"meta": {"off": True}},
        "pacing": [1, 1],
        "change_limit": "25%",
    }
    merged = settings(file=file(content), campaigns={"google/a=b": {"floor": "2%"}})
    assert merged.model_dump() == default_constraints | content | {
        "channel": {"floor": "10%", "cap": "60%"},
        "campaigns": {"google/a=b": {"floor": "2%"}, "meta": {"off": True}},
        "file": None,
    }


def test_settings_from_a_file_do_not_need_it_again(settings, build, file):
    path = file({"campaigns": {True: {"floor": "5%"}}})
    stored = json.loads(json.dumps(settings(file=path).model_dump(mode="json")))
    path.unlink()
    assert floor_of(build(**stored), "google/true") == 1_000_000


def test_settings_of_earlier_versions_have_no_file(default_constraints, ads):
    earlier = {key: value for key, value in default_constraints.items() if key != "file"}
    parse_constraints(ConstraintSettings.of(earlier, "constraints"), ads(*NAMES), 30)


def test_an_empty_file_changes_nothing(settings, default_constraints, file):
    for text in ("", "# nothing yet\n", "{}", "campaigns: {}"):
        merged = settings(file=file(text)).model_dump()
        assert merged == default_constraints | {"campaigns": merged["campaigns"]}
        assert not merged["campaigns"]


def test_the_path_is_relative_to_the_working_directory(settings, file, monkeypatch):
    path = file({"total": 70_000})
    monkeypatch.chdir(path.parent)
    assert settings(file=path.name).total == 70_000


WRONG = {  # content of the file, fragments of the message
    "unknown key": ("totl: 5", ["unknown key 'totl'", "did you mean 'total'", "channels"]),
    "the group's own name": ("constraints: {total: 5}", ["'constraints'", "left margin"]),
    "a file in a file": ("file: other.yaml", ["unknown key 'file'"]),
    "a list": ("[1, 2]", ["holds no keys"]),
    "a text": ("total", ["holds no keys"]),
    "not YAML": ("total: 5\ncampaigns: {a: b: c}", ["row 2", "not valid YAML", "double quotes"]),
    "an anchor": ("channel: &a {floor: 5%}\ncampaign: *a", ["aliases", "row 2"]),
    "a tag": ("total: !!python/object/apply:os.getcwd []", ["not valid YAML"]),
    "a key twice": ("total: 5000\ntotal: 6000", ["'total' is given twice", "row 2"]),
    "a campaign twice": ("campaigns: {meta: {}, 'meta': {}}", ["'meta' is given twice"]),
    "two documents": ("total: 5000\n---\ntotal: 6000", ["not valid YAML"]),
    "deep": ("total: " + "[" * 5000, ["not valid YAML"]),
    "a null character": ("total: \0", ["not valid YAML"]),
    "a list as key": ("? [1]\n: 2", ["not valid YAML"]),
    "a wrong amount": ("campaigns: {meta: {floor: lots}}", ["constraints.campaigns.meta.floor"]),
    "a wrong total": ("total: 10%", ["constraints.total: '10%'"]),
    "a wrong default": ("channel: {floor: 0.1}", ["constraints.channel.floor: 0.1"]),
    "a wrong node key": ("campaigns: {meta: {flor: 5%}}", ["campaigns.meta: unknown key 'flor'"]),
    "no mapping": ("campaigns: [meta]", ["constraints.campaigns: ['meta']"]),
    "an unknown name": ("campaigns: {mta: {floor: 5%}}", ["'mta' is not a campaign", "meta"]),
    "an unknown channel": ("channels: {mta: {floor: 5%}}", ["'mta' is not a channel", "meta"]),
    "one campaign twice": (
        f"campaigns: {{google/a=b: {{}}, {short_ids(['google/a=b'])[0]}: {{}}}}",
        ["google/a=b", "too"],
    ),
}


@pytest.mark.parametrize(("content", "fragments"), WRONG.values(), ids=WRONG.keys())
def test_a_mistake_in_a_file_names_the_file_and_the_key(build, file, content, fragments):
    path = file(content)
    with pytest.raises(ConfigError) as error:
        build(file=str(path))
    for fragment in (str(path), *fragments):
        assert fragment in str(error.value)
    assert "\n" not in str(error.value)


def test_a_mistake_outside_of_the_file_does_not_name_it(build, file):
    path = file({"campaigns": {"meta": {"floor": "5%"}}})
    for changes in ({"campaigns": {"mta": {}}}, {"total": "lots"}, {"channel": {"floor": -1}}):
        with pytest.raises(ConfigError) as error:
            build(file=str(path), **changes)
        assert str(path) not in str(error.value)


@pytest.mark.parametrize(
    ("changes", "content", "key"),
    [
        ({"total": 90_000}, {"total": 80_000}, "total"),
        ({"channel": {"floor": "1%", "cap": None}}, {"channel": {"floor": "2%"}}, "channel.floor"),
        (
            {"campaigns": {"meta": {"cap": 5}}},
            {"campaigns": {"meta": {"cap": 6}}},
            "campaigns.meta.cap",
        ),
        ({"campaigns": {"meta": {"off": True}}}, "campaigns: {meta: {off: false}}", "meta.off"),
        ({"pacing": [0, 2]}, {"pacing": [1, 1]}, "pacing"),
    ],
)
def test_two_values_of_a_key_are_refused(settings, file, changes, content, key):
    path = file(content)
    with pytest.raises(ConfigError) as error:
        settings(file=path, **changes)
    assert str(path) in str(error.value)
    assert f"{key}: " in str(error.value)
    assert "leave one of them out" in str(error.value)


def test_a_key_that_is_given_with_the_same_value_twice_is_fine(settings, file):
    assert settings(file=file({"total": 80_000}), total=80_000).total == 80_000


def _too_large(path):
    path.write_text("# " + "x" * (1 << 20))


@pytest.mark.parametrize(
    ("make", "fragment"),
    [
        (lambda path: None, "cannot be read"),
        (lambda path: path.mkdir(), "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (_too_large, "bytes"),
        (lambda path: path.write_bytes(b"total: \xff\xfe"), "UTF-8"),
    ],
    ids=["absent", "folder", "pipe", "large", "encoding"],
)
def test_only_a_regular_file_of_text_within_the_limit_is_read(settings, tmp_path, make, fragment):
    path = tmp_path / "my.yaml"
    make(path)
    with pytest.raises(ConfigError) as error:
        settings(file=str(path))
    assert fragment in str(error.value)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("given", [5, True, "", ["a.yaml"], {"a": 1}, "a\0b"])
def test_what_is_no_path_is_refused(settings, given):
    with pytest.raises(ConfigError, match=r"constraints\.file"):
        settings(file=given)


def test_a_byte_order_mark_is_no_part_of_a_key(settings, file):
    assert settings(file=file("\ufefftotal: 80000")).total == 80_000
