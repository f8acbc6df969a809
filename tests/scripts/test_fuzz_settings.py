"""Settings with hostile values: that the fuzzer finds faults, and a small run of it."""

import time
from types import SimpleNamespace

import pytest

from mediagym.data.errors import ConfigError, MediaGymError
from mediagym.scripts.fuzzing.settings_cases import (
    FAILURES,
    SettingsCommand,
    all_cases,
    answers_table,
    commands,
    composed,
    run_all,
)
from mediagym.scripts.fuzzing.settings_cases.configs import changed

OPTIONS = {"cases": None, "seed": 0, "seconds": 10, "megabytes": 1000}


def verdicts_of(parse, **changes):
    options = SettingsCommand.of(OPTIONS | {"cases": 5} | changes, "fuzz")
    entries = {"made": SimpleNamespace(parse=parse)}
    return {answer.verdict for answer in run_all(options, entries, {"made": {"a": {"b": 1}}})}


def refuse(message):
    def parse(config):
        raise ConfigError(message)

    return parse


def test_what_a_parser_does_is_told():
    assert verdicts_of(lambda config: config) == {"accepted"}
    assert verdicts_of(refuse("a: refused")) == {"message"}
    assert verdicts_of(refuse("x" * 6000)) == {"garbled"}
    assert verdicts_of(refuse("a\0b")) == {"garbled"}
    assert verdicts_of(lambda config: config["c"]) == {"traceback"}
    assert verdicts_of(lambda config: time.sleep(3), cases=1, seconds=0.01) == {"hang"}
    assert verdicts_of(lambda config: bytearray(10**15)) == {"memory"}


def test_the_cases_follow_from_the_seed():
    configs = {"made": {"a": {"b": 1, "c": [2]}}}
    assert all_cases(configs, 20, 0) == all_cases(configs, 20, 0) != all_cases(configs, 20, 1)
    paths = {path for _, path, _ in all_cases(configs, None, 0)}
    assert paths == {("a",), ("a", "b"), ("a", "c"), ("a", "c", 0)}


@pytest.fixture(scope="module")
def entries():
    return commands()


def test_no_hostile_value_of_a_setting_ends_in_a_traceback(entries):
    # the parser of `train` asks for the run folder, which only a started command has
    configs = {name: composed(name) for name in entries if name != "train"}
    answers = run_all(SettingsCommand.of(OPTIONS | {"cases": 250}, "fuzz"), entries, configs)
    failed = [answer for answer in answers if answer.verdict in FAILURES]
    assert not failed, failed[0]
    assert {row[0] for row in answers_table(answers)} >= {"plan", "evaluate", "all"}
    assert sum(answer.verdict == "message" for answer in answers) > 100


def test_every_command_has_its_cases(entries):
    assert {"plan", "synthesize", "fuzz", "fuzz_settings"} <= set(entries)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("continue_days",), "missing"),
        (("priors",), "missing"),
        (("campaigns", "google/Search Network", "cpc"), "subnormal"),
        (("campaigns", "google/Search Network", "ctr"), "tiny"),
    ],
)
def test_cases_of_synthesize_that_once_failed(entries, path, value):
    config = changed(composed("synthesize"), path, value)
    with pytest.raises(MediaGymError, match=path[-1]):
        entries["synthesize"].parse(config)
