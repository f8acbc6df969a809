"""Content of a ``plan.json`` that is to be scored: only its days are used, whatever they break."""

from pathlib import Path
from typing import Any

import numpy as np

from ...data.errors import DataError, shown
from ...data.storage import read_json

_MOST = 1e13  # units of the currency, of a day or of the flight


def read_plan_json(path: Path) -> dict[str, Any]:
    """Return the content of a plan, of any schema version.

    Raises:
        DataError: the file is not readable, or has no days with campaigns and budgets.
    """
    content = read_json(path)
    try:
        if not content["days"]:
            raise ValueError("it has no days")
        stated = content["flight"].get("budget")
        if stated is not None:
            _require_amount(stated)
        for day in content["days"]:
            np.datetime64(str(day["date"]), "D")
            for row in day["campaigns"]:
                str(row["channel"])
                _require_amount(row["budget"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise DataError(
            f"{path}: not a plan ({' '.join(reason.split())}). Allowed: a plan.json as "
            "scripts/plan.py writes it, or a CSV of date, campaign and amount. To fix: choose "
            "another file."
        ) from None
    return dict(content)


def _require_amount(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST:
        raise ValueError(f"budget {shown(value)} is no amount of 0 or more")
