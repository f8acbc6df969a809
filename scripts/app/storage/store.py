"""The store: one data folder that can be moved, and one database."""

from .access import Access
from .deletion import Deletion
from .library import Library
from .plans import Plans


class Store(Deletion, Library, Plans, Access):
    """Advertisers, data sets, results, scenarios, shares, keys and the audit log."""
