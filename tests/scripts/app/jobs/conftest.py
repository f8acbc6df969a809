"""Jobs that are asked for."""

from collections.abc import Callable
from typing import Any

import pytest

from mediagym.scripts.app.jobs import submit
from mediagym.scripts.app.storage import Job, Store


@pytest.fixture
def ask(store: Store) -> Callable[..., Job]:
    """Function that submits a plan with a seed."""
    advertiser = store.add_advertiser("a").id

    def submitted(seed: int = 0, **more: Any) -> Job:
        given = {"advertiser": advertiser, "dataset": None, "requested_by": "me"} | more
        return submit(store, given.pop("kind", "plan"), {"seed": seed}, **given)

    return submitted
