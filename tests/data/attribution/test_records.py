"""Records of the package: they cannot be changed, and are compared as objects, not by arrays."""

import pkgutil
from dataclasses import FrozenInstanceError, fields, is_dataclass
from importlib import import_module

import numpy as np
import pytest

from mediagym.data import attribution

MODULES = [
    import_module(f"{attribution.__name__}.{module.name}")
    for module in pkgutil.iter_modules(attribution.__path__)
]
RECORDS = [
    record
    for module in MODULES
    for record in vars(module).values()
    if is_dataclass(record) and record.__module__ == module.__name__
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_record_is_frozen_and_equal_only_to_itself(record):
    values = {field.name: np.arange(2.0) for field in fields(record)}
    one, copy = record(**values), record(**{name: value + 0 for name, value in values.items()})
    for name in values:
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, None)
    assert one == one  # though their arrays have no truth value
    assert one != copy
    assert len({one, copy}) == 2


def test_every_record_of_the_package_is_tried():
    assert {"Attribution", "Chain", "Credit", "RateGame", "Removal"} <= {
        record.__name__ for record in RECORDS
    }
