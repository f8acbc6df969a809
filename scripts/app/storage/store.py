"""The store: one data folder that can be moved, and one database."""

from .access import Access
from .library import Library
from .plans import Plans


class Store(Library, Plans, Access):
    """Advertisers, data sets, results, scenarios, shares, keys and the audit log."""
