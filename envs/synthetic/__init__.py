"""What would a known advertiser export?"""

from .advertiser import Advertiser, SyntheticSettings, synthesize, write_advertiser
from .response_forms import FORMS, Form, expected_conversions, respond

__all__ = [
    "FORMS",
    "Advertiser",
    "Form",
    "SyntheticSettings",
    "expected_conversions",
    "respond",
    "synthesize",
    "write_advertiser",
]
