"""Which events move demand on which dates?

`occurrences` puts public holidays, trade events and the user's own events on a range of dates, as
weights from 0 to 1. An event is known by its name, so that an effect learnt from the history holds
for the dates of a plan.

- `occurrences`: entry point; weights of all events on all dates
- `settings`: `CalendarSettings`, checked against the known countries
- `trade_events`: rules of `conf/data/calendar/trade_events.yaml`, as windows of dates
- `easter`: Easter Sunday, western and Orthodox
- `days_off`: public holidays of a country, from the library `holidays`
- `own_events`: the user's file of events
"""

from .easter import easter_sunday
from .occurrences import PUBLIC_HOLIDAY, Occurrences, occurrences
from .own_events import OwnEvent, read_own_events
from .settings import CalendarSettings
from .trade_events import TradeEvent, trade_events

__all__ = [
    "PUBLIC_HOLIDAY",
    "CalendarSettings",
    "Occurrences",
    "OwnEvent",
    "TradeEvent",
    "easter_sunday",
    "occurrences",
    "read_own_events",
    "trade_events",
]
