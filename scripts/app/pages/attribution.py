"""The page of the journeys: who starts and who closes them, and how methods credit them."""

from collections.abc import Mapping
from math import exp
from typing import Any, NamedTuple

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from mediagym.data.display import label

from ..planning import SERIES, specification
from .charts import Spec, layer, named, number, rows
from .results import Findings, findings
from .visit import Reader

router = APIRouter()
METHODS: Mapping[str, str] = {
    "first": "first landing",
    "last": "last landing",
    "last_non_direct": "last that is not direct",
    "linear": "equal shares",
    "position": "first and last most",
    "decay": "later more",
    "shapley_set": "Shapley value",
    "markov_1": "Markov chain",
}
"""Methods that the page shows, where the document has them, and their names."""
_DRAWN = ("first", "last", "shapley_set", "markov_1")
_DOT = {"filled": True, "size": 55, "opacity": 1}
_CREDIT = "conversions credited"
_INDEX = "closes  ←  index  →  starts"
_LABELS = 12  # labels in a chart, those with most credit
_NORMAL_90 = 1.645  # standard deviations of a 90 % interval of a normal
_ROW = 46  # pixels of a label


class Role(NamedTuple):
    """A label's place in converting journeys."""

    name: str
    place: Mapping[str, float | None]  # index: value, low, high; -1 always closes, +1 always starts
    word: str
    counts: Mapping[str, Mapping[str, float | None]]  # initiator, assist, closer, solo


class Claim(NamedTuple):
    """Conversions of a campaign: credited by journeys, and claimed by its platform."""

    name: str
    journeys: float
    platform: float
    ratio: float  # with its 90 % interval
    low: float
    high: float


@router.get("/a/{advertiser}/attribution", response_class=HTMLResponse)
def show_attribution(visit: Reader, dataset: str | None = None) -> Response:
    """Page of the credits by method, the roles, and the platforms' claims beside them."""
    found = findings(visit.store, visit.advertiser.id, dataset)
    has_insights = found.document("insights", "insights.json") is not None
    content = _content(found)
    if content is None:
        return visit.page(
            "attribution.html.j2",
            page="attribution",
            found=found,
            content=None,
            without_log=has_insights,
        )
    methods = {key: name for key, name in METHODS.items() if key in content["methods"]}
    return visit.page(
        "attribution.html.j2",
        page="attribution",
        found=found,
        content=content,
        methods=methods,
        drawn=[methods[key] for key in _DRAWN if key in methods],
        labels=_ordered(content),
        roles=_roles(content),
        claims=_claims(content),
        level=round(100 * content["level"]),
    )


@router.get("/a/{advertiser}/charts/credits.json")
def credits_chart(visit: Reader, dataset: str | None = None) -> JSONResponse:
    """Specification of the chart of credits."""
    content = _content(findings(visit.store, visit.advertiser.id, dataset))
    return _missing() if content is None else JSONResponse(_credits(content))


@router.get("/a/{advertiser}/charts/roles.json")
def roles_chart(visit: Reader, dataset: str | None = None) -> JSONResponse:
    """Specification of the chart of roles."""
    content = _content(findings(visit.store, visit.advertiser.id, dataset))
    return _missing() if content is None else JSONResponse(_role_chart(content))


def _missing() -> JSONResponse:
    return JSONResponse({"detail": "no journeys have been credited yet"}, 404)


def _content(found: Findings) -> Any:
    """The attribution: of its own job or, without one, of the insights; None if there is none."""
    own = found.document("attribute", "attribution.json")
    return own or (found.document("insights", "insights.json") or {}).get("attribution")


def _ordered(content: Mapping[str, Any]) -> list[str]:
    """Labels that any method credits, by the mean credit over the methods, the largest first."""
    methods = [content["methods"][key] for key in METHODS if key in content["methods"]]
    credit = {name: sum(method[name]["credit"] for method in methods) for name in content["labels"]}
    return sorted((name for name in credit if credit[name] > 0), key=lambda name: -credit[name])


def _roles(content: Mapping[str, Any]) -> list[Role]:
    """Roles of the labels, from those that start journeys to those that close them."""
    made = [
        Role(name, each["index"], _word(each["index"]), each)
        for name, each in content["roles"].items()
        if each["index"]["value"] is not None
    ]
    return sorted(made, key=lambda role: -(role.place["value"] or 0.0))


def _word(index: Mapping[str, float | None]) -> str:
    low, high = index["low"], index["high"]
    if low is None or high is None:
        return "too few journeys"
    return "starts" if low > 0 else "closes" if high < 0 else "both"


def _claims(content: Mapping[str, Any]) -> list[Claim]:
    """Campaigns with a claim, the largest first; empty without ratios."""
    ratios = content["ratios"] or {"campaigns": {}}
    made = [
        Claim(
            name,
            each["journeys"],
            each["platform"],
            each["ratio"],
            each["ratio"] * exp(-_NORMAL_90 * each["log_sd"]),
            each["ratio"] * exp(_NORMAL_90 * each["log_sd"]),
        )
        for name, each in ratios["campaigns"].items()
        if each["platform"] > 0
    ]
    return sorted(made, key=lambda claim: -claim.platform)


def _credits(content: Mapping[str, Any]) -> Spec:
    """Credit of the largest labels by a few methods, with intervals."""
    labels = _ordered(content)[:_LABELS]
    keys = [key for key in _DRAWN if key in content["methods"]]
    cells = [(name, key, content["methods"][key][name]) for name in labels for key in keys]
    data = rows(
        label=[label(name) for name, *_ in cells],
        method=[METHODS[key] for _, key, _ in cells],
        credit=[cell["credit"] for *_, cell in cells],
        low=[cell["low"] for *_, cell in cells],
        high=[cell["high"] for *_, cell in cells],
    )
    names = [METHODS[key] for key in keys]
    about = f"Conversions credited to {len(labels)} labels by {len(keys)} methods, with intervals."
    scale = {"domain": names, "range": list(SERIES[: len(names)])}
    shared = {
        "y": named("label"),
        "yOffset": {"field": "method", "sort": names},
        "color": {"field": "method", "type": "nominal", "scale": scale},
    }
    span = {"x": number("low", _CREDIT), "x2": {"field": "high"}}
    tooltip = [{"field": "label"}, {"field": "method"}] + [
        {"field": field, "format": ".1f"} for field in ("credit", "low", "high")
    ]
    dot = {"x": number("credit", _CREDIT), "tooltip": tooltip}
    layers = [layer("rule", span, strokeWidth=2), layer("point", dot, **_DOT)]
    size = _ROW * len(labels)
    return specification(None, about, height=size, data=data, encoding=shared, layer=layers)


def _role_chart(content: Mapping[str, Any]) -> Spec:
    """Index of every label, from -1 (always closes) to +1 (always starts)."""
    roles = _roles(content)
    data = rows(
        label=[label(role.name) for role in roles],
        value=[role.place["value"] for role in roles],
        low=[role.place["low"] for role in roles],
        high=[role.place["high"] for role in roles],
        word=[role.word for role in roles],
    )
    span = {
        "y": named("label"),
        "x": number("low", _INDEX, scale={"domain": [-1, 1]}),
        "x2": {"field": "high"},
    }
    dot = {
        "y": named("label"),
        "x": number("value", _INDEX),
        "tooltip": [
            {"field": "label"},
            {"field": "word", "title": "role"},
            {"field": "value", "title": "index", "format": ".2f"},
        ],
    }
    layers = [
        layer("rule", {"x": {"datum": 0, "type": "quantitative"}}, color="var(--strong-line)"),
        layer("rule", span, strokeWidth=2, color="var(--accent)"),
        layer("point", dot, color="var(--accent)", **_DOT),
    ]
    about = f"Index of {len(roles)} labels, from -1, always closes, to +1, always starts."
    return specification(None, about, height=24 * len(roles), data=data, layer=layers)
