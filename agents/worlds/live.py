"""`fly_live`: flights through the live engine, as an advertiser would day by day."""

from collections.abc import Sequence

import numpy as np

from ..live import Flight
from .fly import Flights
from .world import World


def fly_live(flights: Sequence[Flight], world: World, seed: int) -> Flights:
    """Run flights side by side: what each sets today is spent, and its reports go back to it.

    Args:
        flights: before their first days, one per flight of the world.
        world: delivers, and reports.
        seed: seed of the world; flight i is the one that ``fly`` flies with it.
    """
    world.begin(seed, len(flights))
    days = []
    for date in flights[0].dates:
        budgets = [flight.today() for flight in flights]
        planned = np.array([[day[name] for name in flights[0].names] for day in budgets])
        day = world.spend(planned)
        days.append((planned, *day))
        for i, flight in enumerate(flights):
            rows = {
                name: {"spend": day.delivered[i, k], "conversions": day.claimed[i, k]}
                for k, name in enumerate(flight.names)
            }
            flight.report(date, rows)
    return Flights(*(np.stack(column) for column in zip(*days, strict=True)))
