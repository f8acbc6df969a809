"""How do people plan?

- `plan`: the form of a plan, its job and its result; `what_if`: other budgets, answered at once
- `scenarios`: plans that are saved, renamed, deleted and adopted
- `compare`: up to four scenarios side by side; `pacing`: the plan under way against the actuals
- `replan`: the days that are left; `share`: files, links, paper
- `forms`, `uploads`: what browsers send; `results`: what the pages read from results of jobs
"""

from .router import router

__all__ = ["router"]
