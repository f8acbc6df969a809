"""What is written into plan.json?"""

from .document import write_plan
from .make import acting, plan_of
from .tables import plan_table

__all__ = [
    "acting",
    "plan_of",
    "plan_table",
    "write_plan",
]
