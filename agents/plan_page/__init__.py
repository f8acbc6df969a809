"""How is a plan shown to a client?

- `page`: `plan.json` as one self-contained HTML page, `plan.html`
- `narrative`: its sentences, from the numbers of the plan alone
- `moves`: what to set first, against today's live budgets
- `periods`: weeks or months of the flight
- `charts`: geometry of the charts, which `charts.html.j2` draws as inline SVG
"""

from .moves import First, Move, first
from .narrative import (
    extrapolation,
    first_sentence,
    kind,
    lead,
    pace,
    reasons,
    sureness,
)
from .page import plan_page, write_plan_page
from .periods import periods

__all__ = [
    "First",
    "Move",
    "extrapolation",
    "first",
    "first_sentence",
    "kind",
    "lead",
    "pace",
    "periods",
    "plan_page",
    "reasons",
    "sureness",
    "write_plan_page",
]
