"""What would a known advertiser export?

- ``settings``: the group ``advertiser`` of the configuration
- ``advertiser``: `synthesize`, a known market with its spend history, and its exports
- ``continuation``: `continue_advertiser`, days appended to such exports
- ``spend_file``: the spend of those days
- ``landings``: a log of site landings
- ``response_forms``: misspecified simulators, to test calibrations
- ``constraint_sets``: constraint sets of random rules, to test flights
"""

from .advertiser import Advertiser, synthesize, write_advertiser
from .constraint_sets import ConstraintSet, constraint_set
from .continuation import (
    BreakSettings,
    ContinuationSettings,
    DeliverySettings,
    Truth,
    continue_advertiser,
    delivered_share,
    read_truth,
)
from .response_forms import (
    RESPONSE_FORMS,
    FormName,
    ResponseForm,
    expected_conversions,
    step_with_form,
)
from .settings import SyntheticSettings

__all__ = [
    "RESPONSE_FORMS",
    "Advertiser",
    "BreakSettings",
    "ConstraintSet",
    "ContinuationSettings",
    "DeliverySettings",
    "FormName",
    "ResponseForm",
    "SyntheticSettings",
    "Truth",
    "constraint_set",
    "continue_advertiser",
    "delivered_share",
    "expected_conversions",
    "read_truth",
    "step_with_form",
    "synthesize",
    "write_advertiser",
]
