"""Report of a calibration: posterior summaries and the share learnt from the data."""

from typing import Any

import numpy as np

from ...data.history import History
from ...data.types import Floats
from .journeys import JourneyFindings, prior_digest
from .priors import (
    CORE_DIMENSIONS,
    PARAMETER_INDEX,
    SCALARS,
    Parameters,
    PriorCentres,
    Priors,
)
from .sampling import Sample


def learnt_report(
    history: History,
    priors: Priors,
    findings: JourneyFindings,
    centres: PriorCentres,
    p: Parameters,
    draws: Sample,
) -> dict[str, Any]:
    """Return posterior summaries and diagnostics per campaign, JSON-able.

    ``learnt`` of a parameter is one minus its posterior variance over its prior variance, in the
    scale in which the prior is standard normal: 0 is prior only, 1 is data only.
    """
    learnt = np.clip(1 - draws.z.var(0), 0, 1)
    campaigns = {}
    for k, campaign in enumerate(history.campaigns):
        parameters: dict[str, Any] = {}
        for name, j in PARAMETER_INDEX.items():
            values = getattr(p, name)[:, k]
            parameters[name] = _summary(values) | {"learnt": float(learnt[k, j])}
        parameters["weekday"] = {
            "mean": p.weekday[:, :, k].mean(0).tolist(),
            "learnt": float(learnt[k, len(SCALARS) : CORE_DIMENSIONS].mean()),
        }
        campaigns[campaign.name] = {
            "reference_spend": float(centres.spend[k]),
            "days_with_spend": int(np.count_nonzero(np.nan_to_num(history.spend[:, k]) > 0)),
            "start": float(draws.initial_ess[k]),
            "unique": float(draws.unique[k]),
            "acceptance": float(draws.acceptance[k]),
            "parameters": parameters,
        }
    return {
        "history": {
            "start": str(history.dates[0]),
            "end": str(history.dates[-1]),
            "days": len(history.dates),
            "fingerprint": history.fingerprint(),
            "priors": prior_digest(priors, findings),
        },
        "rounds": draws.rounds,
        "campaigns": campaigns,
        "notes": list(history.notes),
    }


def _summary(values: Floats) -> dict[str, float]:
    low, high = np.quantile(values, [0.05, 0.95])
    return {"mean": float(values.mean()), "p05": float(low), "p95": float(high)}
