"""The Media Plan standard: valid by its documented fields, and its sums are the plan's."""

import importlib.util
import json
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry, Resource

from mediagym.agents.plan_files import export_plan

from .standard import SCHEMA


def made(content, folder):
    (path,) = export_plan(content, ["media_plan"], folder)
    return json.loads(path.read_text("utf-8"))


PLANS = [
    {},
    {"actual": 5, "revenue": False, "currency": None},
    {"names": (("meta", None),), "days": 1, "currency": "JPY"},
    {"currency": "kr"},
]


@pytest.mark.parametrize("options", PLANS)
def test_it_is_valid(plan, tmp_path, options):
    content = made(plan(**options), tmp_path)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(SCHEMA, format_checker=checker).validate(content)
    assert content["meta"]["schema_version"] == "3.0"


@pytest.mark.parametrize("options", PLANS)
def test_it_is_valid_by_the_schema_of_the_sdk_where_that_is_installed(plan, tmp_path, options):
    found = importlib.util.find_spec("mediaplanpy")
    if found is None or found.origin is None:
        pytest.skip("mediaplanpy is not installed")
    folder = Path(found.origin).parent / "schema" / "definitions" / "3.0"
    schemas = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    registry = Registry().with_resources(
        [(name, Resource.from_contents(schema)) for name, schema in schemas.items()]
    )
    schema = schemas["mediaplan.schema.json"]
    jsonschema.Draft202012Validator(schema, registry=registry).validate(
        made(plan(**options), tmp_path)
    )


def test_a_schema_that_knows_no_such_field_refuses_it(plan, tmp_path):
    content = made(plan(), tmp_path)
    content["lineitems"][0]["cost_totl"] = 1
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, SCHEMA)


def test_costs_and_days_sum_to_the_budget(plan, tmp_path):
    content = plan(actual=3)
    made_plan = made(content, tmp_path)
    items = made_plan["lineitems"]
    cents = [round(100 * item["cost_total"]) for item in items]
    assert sum(cents) == round(100 * made_plan["campaign"]["budget_total"])
    assert made_plan["campaign"]["budget_total"] == content["flight"]["budget"]
    for item, whole in zip(items, cents, strict=True):
        days = item["custom_properties"]["days"]
        assert sum(round(100 * day["cost_total"]) for day in days) == whole
        assert item["metric_max_daily_spend"] == max(day["cost_total"] for day in days)


def test_estimates_of_a_line_item_stand_in_named_metrics(plan, tmp_path):
    content = plan()
    made_plan = made(content, tmp_path)
    captions = made_plan["dictionary"]["custom_metrics"]
    item, row = made_plan["lineitems"][0], content["campaigns"][0]
    by_caption = {captions[key]["caption"]: value for key, value in item.items() if key in captions}
    assert item["metric_conversions"] == row["conversions"]["mean"]
    assert by_caption["Conversions, 5 % quantile"] == row["conversions"]["p05"]
    assert by_caption["Conversions, 95 % quantile"] == row["conversions"]["p95"]


def test_a_currency_is_named_only_by_its_code(plan, tmp_path):
    assert made(plan(currency="EUR"), tmp_path)["campaign"]["budget_currency"] == "EUR"
    shared = made(plan(currency="kr"), tmp_path)
    assert "budget_currency" not in shared["campaign"]
    assert "not known" in shared["meta"]["comments"]


def test_equal_plans_have_equal_ids_and_others_have_others(plan, tmp_path):
    one, same, other = (
        made(content, tmp_path)["meta"]["id"] for content in (plan(), plan(), plan(days=29))
    )
    assert one == same != other
