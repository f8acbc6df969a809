"""The whole way in a real browser: exports, plan, comparison, newer exports, re-plan, files."""

import csv
import io
import json
import re
import zipfile

import numpy as np
import pytest
from helpers.app import write_exports
from helpers.working import working

from mediagym.data.history import Campaign
from mediagym.envs.constraints import constraints_from_json, violations
from mediagym.scripts.app.jobs import jobs

HISTORY, FLOWN = 120, 8  # days before the flight; days of it that are over in the second upload
MINUTES = 120_000  # milliseconds that a small job may take on a busy machine


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Two folders of exports of one advertiser: up to the flight, and with its first days."""
    whole, first = (tmp_path_factory.mktemp(name) for name in ("whole", "first"))
    write_exports(whole, HISTORY + FLOWN)
    for path in list(whole.glob("*.csv")):
        if "landings" in path.name:
            path.unlink()
            continue
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        days = sorted({row[0] for row in rows[1:]})
        kept = [rows[0], *(row for row in rows[1:] if row[0] < days[HISTORY])]
        with (first / path.name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows(kept)
    return first, whole


def upload(page, site, folder):
    page.goto(f"{site.address}/a/acme/data")
    page.locator("input[type=file]").first.set_input_files(sorted(folder.glob("*.csv")))
    with page.expect_navigation():  # back to the page, once all files have arrived
        page.get_by_role("button", name=re.compile("Upload|Read", re.IGNORECASE)).first.click()


def finished(page, url):
    """Waits until a page's job has ended and the page shows what it made."""
    page.wait_for_load_state()
    assert page.locator("main .note.bad").count() == 0, page.inner_text("main")[:500]
    page.wait_for_url(url)
    page.locator("section.job progress").first.wait_for(state="detached", timeout=MINUTES)
    assert page.locator("main .note.bad").count() == 0, page.inner_text("main")[:500]


def download(page, name):
    with page.expect_download() as event:
        page.get_by_role("link", name=name, exact=True).click()
    return event.value.path().read_bytes()


def test_from_exports_to_a_replanned_month(planned, window, exports):
    store = planned.store
    for each in store.scenarios("acme"):
        store.delete_scenario(each.id)
    with working(store):
        page = window("/a/acme/data")
        page.set_default_timeout(MINUTES)
        upload(page, planned, exports[0])

        # a plan with a lock and a cap
        page.goto(f"{planned.address}/a/acme/plan?new=true")
        page.get_by_label("Exactly, campaign meta", exact=True).wait_for()
        page.get_by_label("Budget of the flight").fill("30,000")
        page.get_by_label("Days", exact=True).fill("14")
        page.get_by_label("Exactly, campaign meta", exact=True).fill("4321.50")
        page.get_by_label("At most, campaign google/Search Network", exact=True).fill("40%")
        page.get_by_role("button", name="Optimise").click()
        finished(page, "**/plan?job=*")
        page.get_by_role("heading", name="Where the money goes").wait_for()
        assert "$4,321.50" in page.inner_text("#money-t >> xpath=..")
        page.get_by_label("Name", exact=True).fill("Locked")
        page.locator("input[name=adopt]").check()
        page.get_by_role("button", name="Save as scenario").click()
        page.get_by_text("Saved as Locked, which is now the plan under way.").wait_for()
        plan = json.loads(
            (store.folder / "results" / store.adopted("acme").result / "plan.json").read_text()
        )
        check(plan)

        # beside today's budgets
        page.get_by_role("link", name="Compare it").click()
        page.get_by_role("button", name="Compare", exact=True).click()
        finished(page, "**/compare?*job=*")
        page.get_by_role("heading", name=re.compile("bring most|brings more than")).wait_for()
        assert page.locator("#pairs-t >> xpath=.. >> tbody tr").count() == 1

        # newer exports, the pace, and what to set today
        upload(page, planned, exports[1])
        page.goto(f"{planned.address}/a/acme/pacing")
        page.get_by_text(re.compile(r"day 8 of 14")).wait_for()
        page.goto(f"{planned.address}/a/acme/replan")
        page.get_by_role("button", name="Re-plan", exact=True).click()
        finished(page, "**/replan?job=*")
        page.get_by_role("heading", name=re.compile("What to set on")).wait_for()
        assert page.locator("#today-t >> xpath=.. >> tbody tr").count() == 4
        page.locator("input[name=adopt]").check()
        page.get_by_role("button", name="Save as scenario").click()
        page.locator("#keep [role=status]").wait_for()
        assert store.adopted("acme").name.startswith("Re-plan of")

    # the files
    page.get_by_role("link", name="share it").click()
    plan = json.loads(download(page, "plan.json"))
    assert plan["flight"]["actual_days"] == FLOWN
    assert round(plan["flight"]["budget"], 2) == 30000
    assert download(page, "plan.pdf").startswith(b"%PDF")
    workbook = zipfile.ZipFile(io.BytesIO(download(page, "plan.xlsx")))
    assert "xl/workbook.xml" in workbook.namelist()
    rows = list(csv.DictReader(io.StringIO(download(page, "today.csv").decode("utf-8-sig"))))
    assert len(rows) == 4
    actions = {entry.action for entry in store.audit_log(50)}
    assert {"plan", "score", "replan", "save_scenario", "adopt"} <= actions
    own = [each for each in jobs(store, "acme") if each.kind in ("plan", "score", "replan")]
    assert {each.state for each in own} == {"done"}


def adopted_plan(store):
    """Content of the plan under way."""
    return json.loads(store.result_file(store.adopted("acme").result, "plan.json").read_text())


def check(plan):
    """The plan keeps its lock, its cap and every other rule."""
    budgets = {Campaign(row["channel"], row["campaign_type"]).name: row["budget"]
               for row in plan["campaigns"]}  # fmt: skip
    assert budgets["meta"] == 4321.5
    assert budgets["google/Search Network"] <= 12000
    assert round(sum(budgets.values()), 2) == 30000
    constraints = constraints_from_json(plan["constraints"])
    cents = np.array(
        [[round(100 * row["budget"]) for row in day["campaigns"]] for day in plan["days"]]
    )
    assert violations(constraints, cents) == []


def test_a_plan_of_the_users_own_is_scored_beside_a_scenario(planned, window, tmp_path):
    store = planned.store
    plan = json.loads(
        (store.folder / "results" / store.adopted("acme").result / "plan.json").read_text()
    )
    path = tmp_path / "mine.csv"
    lines = ["date,campaign,amount"]
    for day in plan["days"]:
        for row in day["campaigns"]:
            name = Campaign(row["channel"], row["campaign_type"]).name
            lines.append(f"{day['date']},{name},{row['budget'] / 2:.2f}")
    path.write_text("\n".join(lines))
    page = window("/a/acme/compare")
    page.set_default_timeout(MINUTES)
    page.get_by_role("checkbox", name="Spring plan").check()
    page.get_by_label(re.compile("^Your own plan")).set_input_files(path)
    page.get_by_role("button", name="Compare", exact=True).click()
    with working(store):
        finished(page, "**/compare?*job=*")
    heading = re.compile(r"Spring plan brings more than .* markets: \$[\d,]+ more")
    page.get_by_role("heading", name=heading).wait_for()
    text = page.inner_text("main")
    assert "mine.csv (yours)" in text
    assert "below the total" in text
    assert "They do not spend the same" in text


def test_an_upload_that_is_no_plan_says_why(planned, window, tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("")
    page = window("/a/acme/compare")
    page.get_by_label(re.compile("^Your own plan")).set_input_files(path)
    page.get_by_role("button", name="Compare", exact=True).click()
    assert "0 bytes were sent" in page.inner_text("main [role=alert]")
    assert not jobs(planned.store, "acme", "queued")
