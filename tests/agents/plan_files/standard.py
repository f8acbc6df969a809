"""Fields of the Media Plan standard 3.0, as its documentation names them, as a JSON schema.

The standard is open to further fields; this schema is closed, so that a misspelt field fails.
"""

from typing import Any

TEXT, NUMBER, DATE = {"type": "string"}, {"type": "number"}, {"type": "string", "format": "date"}
FLAG, OBJECT = {"type": "boolean"}, {"type": "object"}


def numbered(stem: str, count: int, kind: dict[str, Any]) -> dict[str, Any]:
    return {f"{stem}{number}": kind for number in range(1, count + 1)}


def fields(kind: dict[str, Any], names: str) -> dict[str, Any]:
    return dict.fromkeys(names.split(), kind)


def record(required: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": required.split(),
        "properties": properties,
        "additionalProperties": False,
    }


META = record(
    "id schema_version created_by_name created_at",
    fields(
        TEXT,
        "id schema_version name created_by_id created_by_name comments parent_id",
    )
    | {"created_at": {"type": "string", "format": "date-time"}}
    | {"is_current": FLAG, "is_archived": FLAG, "custom_properties": OBJECT}
    | numbered("dim_custom", 5, TEXT),
)
CAMPAIGN = record(
    "id name start_date end_date budget_total",
    fields(
        TEXT,
        "id name objective budget_currency agency_id agency_name advertiser_id advertiser_name "
        "product_id product_name product_description campaign_type_id campaign_type_name "
        "workflow_status_id workflow_status_name",
    )
    | {"start_date": DATE, "end_date": DATE, "budget_total": NUMBER, "custom_properties": OBJECT}
    | numbered("kpi_name", 5, TEXT)
    | numbered("kpi_value", 5, NUMBER)
    | numbered("dim_custom", 5, TEXT),
)
LINE_ITEM = record(
    "id name start_date end_date cost_total",
    fields(
        TEXT,
        "id name channel channel_custom vehicle vehicle_custom partner partner_custom "
        "media_product media_product_custom adformat adformat_custom kpi kpi_custom "
        "location_name target_audience buy_type buy_commitment cost_currency",
    )
    | fields(
        NUMBER,
        "cost_total cost_media cost_minimum cost_maximum kpi_value metric_impressions "
        "metric_clicks metric_conversions metric_sales metric_max_daily_spend",
    )
    | {"start_date": DATE, "end_date": DATE, "custom_properties": OBJECT}
    | numbered("dim_custom", 10, TEXT)
    | numbered("cost_custom", 10, NUMBER)
    | numbered("metric_custom", 10, NUMBER),
)
FIELD = record(
    "status caption",
    {
        "status": {"enum": ["enabled", "disabled"]},
        "caption": {"type": "string", "minLength": 1, "maxLength": 100},
    },
)
METRICS = record("", numbered("metric_custom", 10, FIELD))
SCHEMA = record(
    "meta campaign lineitems",
    {
        "meta": META,
        "campaign": CAMPAIGN,
        "lineitems": {"type": "array", "items": LINE_ITEM},
        "dictionary": record("", {"custom_metrics": METRICS}),
    },
)
