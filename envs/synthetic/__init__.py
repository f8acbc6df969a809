"""What would a known advertiser export?

- ``advertiser``: `synthesize`, a known market with its spend history, and its exports
- ``landings``: a log of site landings
- ``response_forms``: misspecified simulators, to test calibrations
"""

from .advertiser import Advertiser, SyntheticSettings, synthesize, write_advertiser
from .response_forms import RESPONSE_FORMS, ResponseForm, expected_conversions, step_with_form

__all__ = [
    "RESPONSE_FORMS",
    "Advertiser",
    "ResponseForm",
    "SyntheticSettings",
    "expected_conversions",
    "step_with_form",
    "synthesize",
    "write_advertiser",
]
