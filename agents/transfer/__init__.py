"""What do policies gain at advertisers that they were not made for?

- ``fly``: all policies on the test markets of random advertisers
- ``report``: gains by advertiser and over all, as tables
"""

from .fly import AdvertisersCommand, fly_advertisers
from .report import advertisers_markdown, advertisers_summary

__all__ = [
    "AdvertisersCommand",
    "advertisers_markdown",
    "advertisers_summary",
    "fly_advertisers",
]
