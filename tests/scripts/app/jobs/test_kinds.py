"""Bodies of requests: what is refused before it is queued, and what the schema says."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediagym.data.errors import MediaGymError
from mediagym.data.storage import SAMPLE
from mediagym.scripts.app.jobs import KINDS, Places, claim, finish, jobs, submit
from mediagym.scripts.app.jobs.configuration import composed, configuration_of
from mediagym.scripts.app.storage import Store

ID = "0" * 32
KEYS = st.sampled_from(
    (
        *("agent", "attribution", "baselines", "calibration", "campaigns", "constraints", "data"),
        *("days", "env", "export", "floor", "frontier", "live", "name", "objective", "plan"),
        *("policy", "priors", "ramp", "seed", "target", "total", "columns", "beside", "update"),
    )
)
REFUSED: tuple[tuple[str, Any, str], ...] = (
    ("plan", [], "body: "),
    ("plan", {"constraint": {}}, r"constraint: unknown key.* Did you mean 'constraints'"),
    ("plan", {"constraints": {"totl": 1}}, "constraints.totl: unknown key"),
    ("plan", {"env": {"days": 1}}, "env.days: "),
    *(("plan", {key: 3}, f"{key}: 3 was given") for key in ("env", "data", "agent", "objective")),
    ("plan", {"data": None}, "data: None was given"),
    ("plan", {"agent": "nobody"}, "agent: 'nobody' was given"),
    ("plan", {"agent": "../../etc/passwd"}, "agent: "),
    ("plan", {"agent": {"name": "clairvoyant"}}, "agent.name: "),
    ("plan", {"objective": "fame"}, "objective: "),
    ("plan", {"export": ["docx"]}, "export: 'docx'"),
    ("plan", {"export": "xlsx"}, "export: "),
    ("plan", {"frontier": ["50"]}, "frontier"),
    ("plan", {"export_mapping": "mapping.yaml"}, "export_mapping: "),
    ("plan", {"seed": 2**70}, "seed: "),
    ("plan", {"a": {str(n): n for n in range(200_000)}}, "at most 100000"),
    ("plan", {"agent": "follow", "data": {"weekly": "no"}}, "data.weekly: "),
    ("ingest", {"constraints": {}}, "constraints: unknown key"),
    ("calibrate", {"update": "/etc"}, "update: "),
    ("replan", {}, "plan: no value"),
    ("replan", {"plan": "plan.json"}, "plan: 'plan.json' was given"),
    ("replan", {"plan": ID, "policy": "/root"}, "policy: "),
    ("replan", {"plan": ID, "agent": "follow"}, "agent: replan cannot choose"),
    ("score", {"plan": [ID, 3]}, "plan: 3 was given"),
    ("score", {"plan": [ID], "beside": ["../plan.json"]}, "beside: "),
)
SERVERS = (  # keys that are paths, or the server's own
    ("plan", "data.path"),
    ("plan", "data.groups"),
    ("plan", "data.older_export"),
    ("plan", "cache"),
    ("plan", "output"),
    ("plan", "policy"),
    ("plan", "threads"),
    ("plan", "constraints.file"),
    ("plan", "objective.attribution"),
    ("plan", "calibration.calendar.events"),
    ("plan", "agent.start"),
    ("plan", "priors.journeys.attribution"),
    ("replan", "agent.start"),
    ("insights", "output"),
)


@pytest.mark.parametrize(("kind", "body", "message"), REFUSED)
def test_a_wrong_body_is_refused_with_its_key(kind: str, body: Any, message: str) -> None:
    with pytest.raises(MediaGymError, match=message):
        KINDS[kind].validate(body)


@pytest.mark.parametrize(("kind", "key"), SERVERS)
def test_paths_and_resources_are_not_for_requests(kind: str, key: str) -> None:
    body: Any = "/etc/passwd"
    for word in reversed(key.split(".")):
        body = {word: body}
    with pytest.raises(MediaGymError, match=re.escape(f"{key}: '/etc/passwd' was given")):
        KINDS[kind].validate({"plan": ID, **body} if kind == "replan" else body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *((kind, {}) for kind in ("ingest", "insights", "attribute", "calibrate", "plan")),
        ("plan", {"agent": "follow", "objective": {"name": "profit", "margin": 0.4}}),
        ("plan", {"agent": {"name": "knapsack"}, "constraints": {"campaigns": {"a.b": {}}}}),
        ("replan", {"plan": ID, "policy": "follow", "constraints": {"total": 100}}),
        ("score", {"plan": ID, "beside": ["static", "live", ID]}),
    ],
)
def test_a_right_body_is_taken(kind: str, body: dict[str, Any]) -> None:
    KINDS[kind].validate(body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 400) | st.floats(0, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("kind", KINDS)
@given(body=st.dictionaries(KEYS, JSON, max_size=4))
@hypothesis.settings(max_examples=40)
def test_any_body_is_taken_or_refused_by_a_message(kind: str, body: dict[str, Any]) -> None:
    with suppress(MediaGymError):
        KINDS[kind].validate(body)


def test_no_setting_that_holds_a_path_is_open_to_requests() -> None:
    for kind in KINDS.values():
        assert '"path"' not in json.dumps(kind.schema()), kind.name


def test_requests_compose_their_configurations_at_once() -> None:
    composed.cache_clear()
    kinds = 4 * sorted(KINDS)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda kind: configuration_of(kind, {}), kinds))
    assert made[: len(KINDS)] == made[-len(KINDS) :]


def test_texts_are_never_read_as_references() -> None:
    campaigns = {"${oc.env:HOME}": {"floor": "${oc.env:PATH}"}}
    config = configuration_of("plan", {"constraints": {"campaigns": campaigns}})
    assert config["constraints"]["campaigns"] == campaigns


def test_a_job_of_a_plan_writes_more_files_than_the_command_does() -> None:
    config = configuration_of("plan", {"export": ["csv_wide"]})
    assert set(config["export"]) >= {"xlsx", "pdf", "csv_long", "media_plan", "today_csv"}
    assert config["export"][-1] == "csv_wide"
    assert config["frontier"] == ["50%", "150%"]
    assert configuration_of("plan", {"frontier": None})["frontier"] is None
    assert configuration_of("plan", {}) == configuration_of("plan", {})


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_describes_the_bodies_that_are_taken(kind: str) -> None:
    schema = KINDS[kind].schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert not list(validator.iter_errors({}))
    assert list(validator.iter_errors({"nonsense": 1}))
    assert list(validator.iter_errors({"data": {"path": "/etc"}}))
    assert "$ref" not in json.dumps(schema)

    def defaults(node: Any) -> Any:
        if not isinstance(node, dict) or "properties" not in node:
            return node.get("default") if isinstance(node, dict) else None
        inner = {key: defaults(value) for key, value in node["properties"].items()}
        return {key: value for key, value in inner.items() if value is not None}

    assert not list(validator.iter_errors(defaults(schema)))


def test_ids_stand_for_files_of_results_and_uploads(
    store: Store, files: Callable[..., Path], tmp_path: Path
) -> None:
    store.add_advertiser("a")
    plan = _kept(store, "plan", {"plan.json": "{}"})
    upload = store.add_dataset("a", "mine", files(mine_csv="date"), purpose="plan").id
    places = Places(SAMPLE, tmp_path, tmp_path, tmp_path / "inputs")
    from mediagym.scripts.app.jobs.references import resolved

    body = resolved(store, "score", {"plan": [plan, upload], "beside": ["live"]}, places.inputs)
    options = KINDS["score"].options(body, places)
    assert [path.name for path in options.plan] == [f"plan {plan[:8]}.json", "mine.csv"]
    assert options.beside == ["live"]
    with pytest.raises(MediaGymError, match=f"plan: '{ID}' is not known"):
        KINDS["score"].validate({"plan": ID}, store)
    posterior = _kept(store, "calibrate", {"posterior.npz": "", "posterior.json": "1"})
    body = resolved(store, "calibrate", {"update": posterior}, places.inputs)
    assert Path(body["update"]) == store.folder / "results" / posterior


def _kept(store: Store, kind: str, contents: dict[str, str]) -> str:
    job = submit(store, kind, {}, advertiser="a", dataset=None, requested_by="me", fresh=True)
    claim(store, "w", 60)
    folder = store.folder / "work" / job.id
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_text(content)
    return str(finish(store, job.id, "w", folder).result)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        ("replan", "policy", "/etc"),
        ("score", "beside", ["os:getcwd"]),
        ("calibrate", "update", "."),
    ],
)
def test_no_job_reads_a_path_of_the_server_whoever_asked_for_it(
    store: Store, tmp_path: Path, kind: str, key: str, value: Any
) -> None:
    store.add_advertiser("a")
    plan = _kept(store, "plan", {"plan.json": "{}"})
    body = {key: value} if kind == "calibrate" else {"plan": plan, key: value}
    from mediagym.scripts.app.jobs.references import resolved

    with pytest.raises(MediaGymError, match=f"{key}: .* was given. Allowed: the id"):
        resolved(store, kind, body, tmp_path / "inputs")


def test_plans_keep_apart_whatever_people_call_them(store: Store, tmp_path: Path) -> None:
    store.add_advertiser("a")
    from mediagym.scripts.app.jobs.references import resolved

    plans = []
    for number, name in enumerate(("a/b", "a-b", "計" * 120)):
        plans.append(_kept(store, "plan", {"plan.json": str(number)}))
        (latest, *_) = jobs(store, "a")
        store.save_scenario("a", name, latest.id)
    body = resolved(store, "score", {"plan": plans}, tmp_path / "inputs")
    assert [Path(path).read_text() for path in body["plan"]] == ["0", "1", "2"]
    assert [Path(path).stem for path in body["plan"][:2]] == ["a-b", "a-b (2)"]
