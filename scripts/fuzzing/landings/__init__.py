"""Does an attribution survive any log of landings?

Logs of a known site are mutated: harmlessly, so that their attribution must stay the same;
harmfully, so that they must be refused; or at random, so that they must be refused or attributed as
the log is that an independent reading makes of what is left.

- `log`: what happened on the site, known, and the exports of its ads
- `kinds`: the same landings as each kind of log writes them
- `harmless`, `harmful`: the mutations; those at random are the parent's
- `cleaning`: an independent reading of a damaged log, written again plainly
- `hostile`: logs that are made to hang the reader or to fill its memory
- `attribution`: the figures of an attribution that are compared, as the worker answers them
- `case`: one folder, what is true of it, and the verdict on its attribution
- `fuzz`: the command
"""

from .case import LANDINGS, MUTATIONS, SameLog, draw_case, run_case
from .hostile import HOSTILE

__all__ = ["HOSTILE", "LANDINGS", "MUTATIONS", "SameLog", "draw_case", "run_case"]
