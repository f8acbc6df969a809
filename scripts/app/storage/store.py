"""The store: one data folder that can be moved, and one database."""

from .access import Access
from .catalog import Catalog
from .deletion import Deletion
from .plans import Plans


class Store(Deletion, Catalog, Plans, Access):
    """Advertisers, data sets, results, scenarios, shares, keys and the audit log."""
