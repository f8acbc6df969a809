"""A worker process whose jobs pause, ignore a cancel, or end their process."""

import os
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mediagym.data.storage import write_text
from mediagym.scripts.app.jobs import Kind, Places
from mediagym.scripts.app.jobs.worker import main
from mediagym.scripts.cli import print_line, progress


@dataclass(frozen=True)
class Drill(Kind):
    """Shows so many parts, then does what the body says."""

    def options(self, body: Mapping[str, Any], places: Places) -> Any:
        return body, places

    def run(self, options: Any) -> None:
        body, places = options
        with progress("pausing") as show_progress:
            for number in range(body.get("parts", 1)):
                show_progress(f"{number} of {body['parts']}")
                time.sleep(0.05)
        if body.get("kills_itself"):
            os.kill(os.getpid(), signal.SIGKILL)
        if body.get("is_deaf"):
            time.sleep(600)
        if body.get("is_wrong"):
            raise ZeroDivisionError(f"a secret in {places.output}")
        print_line(f"written to {places.output / 'done.txt'}")
        write_text(places.output / "done.txt", str(body))


KINDS = {"drill": Drill("drill", "Drill", "")}

if __name__ == "__main__":
    main(kinds=KINDS)
