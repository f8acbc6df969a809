"""What should be set today?

- ``open``: entry point; from a plan and exports to a flight
- ``flight``: `Flight`, which is re-planned day by day
- ``alone``: a flight of a problem alone
- ``settings``: the keys of ``conf/replan.yaml`` and the options of ``scripts/replan.py``
- ``source``: what is taken from ``plan.json``; ``limits``: its constraints, or changed ones
- ``reports``: what the exports say about the flight's days
- ``replay``: the belief and the policy's memory after them
- ``remaining``: constraints of the days left, and plans that keep them
- ``updated``: held-out draws updated by the reports
- ``hold``: changes that pay are adopted, others held
- ``breaks``, ``notices``: what to look at, and reasons of changes
- ``store``: a flight as files; ``write``: the files of a re-plan
"""

from .alone import flight_of_problem
from .flight import Flight, Parts
from .open import DEFAULT_POLICY, flight_of, open_flight
from .reports import Reports
from .settings import MIN_DRAWS, HoldSettings, LiveSettings, ReplanCommand
from .source import SourcePlan, read_source
from .store import load_flight, save_flight
from .write import Written, write_replan

__all__ = [
    "DEFAULT_POLICY",
    "MIN_DRAWS",
    "Flight",
    "HoldSettings",
    "LiveSettings",
    "Parts",
    "ReplanCommand",
    "Reports",
    "SourcePlan",
    "Written",
    "flight_of",
    "flight_of_problem",
    "load_flight",
    "open_flight",
    "read_source",
    "save_flight",
    "write_replan",
]
