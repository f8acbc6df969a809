"""Walk from exports to a plan with one lock by the pages alone, and photograph the pages.

``python docs/walk.py`` does what somebody does who has never seen the application, in chromium,
with an empty data folder: it replaces the times between the markers of ``docs/planning.md`` and
the pictures of ``docs/app``. ``python docs/walk.py DIR`` walks with the exports of a folder, prints
the times and writes nothing.
"""

import csv
import io
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from mediagym.data.storage import shipped_yaml
from mediagym.envs.calibration import Priors
from mediagym.envs.synthetic import SyntheticSettings, synthesize, write_advertiser

DOCS = Path(__file__).resolve().parent
PAGE, PICTURES = DOCS / "planning.md", DOCS / "app"
MARKS = ("<!-- walk: begin, by docs/walk.py -->", "<!-- walk: end -->")
BEFORE, FLOWN = 182, 10  # days of the history; days of the flight that later exports have
LOCK = "google/YouTube"
_PATIENCE = 900_000  # milliseconds
_CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu"]
Times = list[tuple[str, float]]


class Watch:
    """Notes what was done and how long it took, in seconds."""

    def __init__(self) -> None:
        self.times: Times = []
        self._since = time.monotonic()

    def done(self, what: str) -> None:
        """Note what was done since the last note."""
        now = time.monotonic()
        self.times.append((what, now - self._since))
        self._since = now

    def again(self) -> None:
        """Leave out what happened since the last note."""
        self._since = time.monotonic()


@contextmanager
def served(folder: Path, port: int = 8127) -> Iterator[str]:
    """Serve an empty data folder; yield the link that signs a browser in."""
    command = [sys.executable, "scripts/serve.py", f"port={port}", f"data_folder={folder}"]
    process = subprocess.Popen(  # noqa: S603
        command, cwd=DOCS.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None  # noqa: S101  # asked for above
    try:
        link = next(
            found[0]
            for line in process.stdout
            if (found := re.search(r"http://\S+/login\?\S+", line))
        )
        yield link
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def walk(page: Page, link: str, exports: Sequence[Path], watch: Watch, pictures: Any) -> None:
    """Go from the printed link to a plan with one lock that is saved and adopted.

    Args:
        page: of a browser that has seen nothing.
        link: that the server has printed.
        exports: files to upload.
        watch: notes the steps.
        pictures: called with the name of a picture, its height, and what must not be timed.
    """
    page.goto(link)
    page.get_by_role("link", name="New advertiser", exact=True).wait_for()
    watch.done("sign in by the link that the server prints")
    page.get_by_role("link", name="New advertiser", exact=True).click()
    page.get_by_label("Name").fill("Acme")
    page.get_by_role("button", name="Add, then upload exports").click()
    page.get_by_label("Drop files here").set_input_files(exports)
    with page.expect_navigation():
        page.get_by_role("button", name="Upload and analyse").click()
    watch.done("add an advertiser, upload its exports")
    page.get_by_role("link", name="Plan a budget").click()
    page.get_by_label("Budget of the flight").wait_for()
    watch.done("wait for the form: the exports are read")
    page.get_by_label("Budget of the flight").fill("150,000")
    page.get_by_label(f"Exactly, campaign {LOCK}", exact=True).fill("4,500")
    pictures(page, "plan_form", 1500)
    page.get_by_role("button", name="Optimise").click()
    page.wait_for_url("**/plan?job=*")
    watch.done("enter budget and lock, press Optimise")
    page.get_by_role("heading", name="Where the money goes").wait_for()
    watch.done("wait for the plan: curves are calibrated, then it is optimised")
    page.locator("#keep").get_by_label("Name").fill("July")
    page.locator("#keep").get_by_label("Adopt it").check()
    page.get_by_role("button", name="Save as scenario").click()
    page.get_by_text("is now the plan under way").wait_for()
    watch.done("save the plan and adopt it")
    page.locator("#frontier-t").wait_for(state="attached")
    watch.done("other budgets have appeared below it")


def month(page: Page, address: str, later: Sequence[Path], pictures: Any) -> None:
    """Go on with the adopted plan: a refusal, a comparison, newer exports, the pace, a re-plan."""
    pictures(page, "plan", 1250)
    page.goto(f"{address}/plan?new=true")
    page.get_by_label("Budget of the flight").fill("150,000")
    page.get_by_label("At most, campaign meta", exact=True).fill("10,000")
    page.get_by_role("button", name="Optimise").click()
    page.get_by_text("The plan was not started.").wait_for()
    pictures(page, "plan_refused", 1500)
    page.goto(f"{address}/compare")
    page.get_by_role("button", name="Compare", exact=True).click()
    page.locator("#pairs-t").wait_for()
    pictures(page, "compare", 900)
    page.goto(f"{address}/data")
    page.get_by_label("Drop files here").set_input_files(later)
    with page.expect_navigation():
        page.get_by_role("button", name="Upload and analyse").click()
    page.get_by_role("link", name="Plan a budget").click()
    page.get_by_label("Budget of the flight").wait_for()  # they are read
    page.goto(f"{address}/pacing")
    pictures(page, "pacing", 900)
    page.goto(f"{address}/replan")
    page.get_by_role("button", name="Re-plan", exact=True).click()
    page.get_by_role("heading", name="What to set on").wait_for()
    pictures(page, "replan", 1150)
    page.goto(f"{address}/")
    pictures(page, "overview", 1000)
    page.goto(f"{address}/share")
    page.get_by_role("button", name="Make a link").click()
    page.set_viewport_size({"width": 390, "height": 900})
    pictures(page, "share", 1100)


def photograph(page: Page, name: str, height: int) -> None:
    """Write the top of a page as a picture, once its charts are drawn."""
    for chart in page.locator(".chart[data-spec]").all():
        if (chart.bounding_box() or {"y": height})["y"] < height:
            chart.scroll_into_view_if_needed()
            chart.locator("svg").first.wait_for()
    page.evaluate("scrollTo(0, 0)")
    width = page.viewport_size["width"] if page.viewport_size else 0
    clip = {"x": 0, "y": 0, "width": width, "height": height}
    page.screenshot(path=PICTURES / f"{name}.png", full_page=True, clip=clip)  # type: ignore[arg-type]  # as documented


def exports_of(folder: Path, days: int) -> list[Path]:
    """Write the exports of the sample's advertiser with the flight's first days; and those cut off.

    Returns:
        Files without the flight's days, then files with them.
    """
    given = shipped_yaml("advertiser/default") | {"seed": 7, "days": days, "landings": 0}
    settings = SyntheticSettings.of(given | {"path": folder / "later"}, "synthesize")
    priors = Priors.of(shipped_yaml("priors/default"), "priors")
    write_advertiser(synthesize(settings, priors), settings)
    (folder / "first").mkdir()
    for path in (folder / "later").glob("*.csv"):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        last = sorted({row[0] for row in rows[1:]})[BEFORE]
        with (folder / "first" / path.name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([rows[0], *(row for row in rows[1:] if row[0] < last)])
    return [path for part in ("first", "later") for path in sorted((folder / part).glob("*.csv"))]


def table(times: Times) -> str:
    """Return the times as a table of Markdown."""
    total, lines = 0.0, ["| step | seconds | since the start |", "|---|---|---|"]
    for what, seconds in times:
        total += seconds
        lines.append(f"| {what} | {seconds:.0f} | {total:.0f} |")
    return "\n".join(lines)


def main(given: Sequence[str]) -> None:
    """Walk, print the times, and write page and pictures unless exports were given."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as started:
        folder, watch = Path(name), Watch()
        if given:
            first, later = sorted(Path(given[0]).glob("*.csv")), []
        else:
            files = exports_of(folder, BEFORE + FLOWN)
            first, later = files[: len(files) // 2], files[len(files) // 2 :]

        def pictures(page: Page, picture: str, height: int) -> None:
            if later:
                photograph(page, picture, height)
                watch.again()

        browser = started.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        with served(folder / "data") as link:
            page = browser.new_page(viewport={"width": 1180, "height": 900})
            page.set_default_timeout(_PATIENCE)
            watch.again()
            walk(page, link, first, watch, pictures)
            print(table(watch.times))
            if later:
                month(page, page.url.partition("/plan")[0], later, pictures)
        browser.close()
    if later:
        text = PAGE.read_text(encoding="utf-8")
        before, rest = text.split(MARKS[0])
        after = rest.split(MARKS[1])[1]
        new = f"{before}{MARKS[0]}\n{table(watch.times)}\n{MARKS[1]}{after}"
        PAGE.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
