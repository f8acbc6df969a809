"""How does anybody's policy take part?

- ``description``: `TaskDescription`, all that a policy may know before the flight
- ``adapter``: `ExternalPolicy`, observations in and actions out, checked every day
- ``factories``: policies by ``package.module:factory`` or ``path/to/file.py:factory``
"""

from .adapter import ExternalPolicy, external_policies
from .description import TaskDescription, describe_experiment
from .factories import load_factory, made_by, names_factory

__all__ = [
    "ExternalPolicy",
    "TaskDescription",
    "describe_experiment",
    "external_policies",
    "load_factory",
    "made_by",
    "names_factory",
]
