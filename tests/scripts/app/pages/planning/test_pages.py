"""The planner's pages in a real browser: accessible, on a phone, by keyboard, without scripts."""

import re

import pytest
from helpers.app import drawn, violations

from mediagym.scripts.app.jobs import beat, claim, fail, job, jobs, latest_jobs, submit

TWICE = """[...document.querySelectorAll("[id]")].map(each => each.id)
    .filter((id, place, all) => all.indexOf(id) !== place)"""  # ids that stand twice
PAGES = ("plan", "plan?new=true", "compare", "pacing", "replan", "share")


def first_job(store, kind):
    return next(each for each in jobs(store, "acme") if each.kind == kind)


def comparison_of(store):
    return f"compare?job={latest_jobs(store, 'acme', state='done')['score'].id}"


def open_all(page):
    """Opens what can be unfolded, so that nothing is left unseen."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_shut_out(planned, window, scheme):
    found = {}
    for path in (*PAGES, comparison_of(planned.store)):
        page = window(f"/a/acme/{path}", scheme=scheme)
        drawn(page)
        open_all(page)
        assert page.locator("h1").count() == 1, path
        assert page.evaluate(TWICE) == [], path
        found[path] = violations(page)
        page.context.close()
    assert {path: each for path, each in found.items() if each} == {}


def test_a_phone_scrolls_down_only(planned, window):
    for path in (*PAGES, comparison_of(planned.store)):
        page = window(f"/a/acme/{path}", width=390)
        drawn(page)
        open_all(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_the_plan_says_what_it_brings_what_holds_it_and_what_that_costs(planned, window):
    page = window("/a/acme/plan")
    text = page.inner_text("main")
    assert re.search(r"Expected conversions\s+[\d,]+\s+\([\d,]+ to [\d,]+\)", text)
    assert "$40,000" in text
    assert "What each rule costs" in text
    assert re.search(r"(Held (up|down) by its|On its|No bound holds it)", text)
    page.locator("summary", has_text="Every day and campaign").click()
    assert page.locator("table.sticky tbody tr").count() == 14
    head = page.locator("table.sticky thead th").first
    assert head.evaluate("each => getComputedStyle(each).position") == "sticky"


def test_the_slider_answers_without_a_new_plan_and_sums_to_the_budget(planned, window):
    page = window("/a/acme/plan")
    slider = page.get_by_label(re.compile("^Budget: from"))
    slider.focus()
    slider.press("End")
    answer = page.locator("#what-if-answer")
    answer.get_by_text("$52,000", exact=True).wait_for()
    amounts = answer.locator("tbody td[data-label=Budget]").all_inner_texts()
    cents = [
        round(100 * float(re.search(r"[\d,.]+", each)[0].replace(",", ""))) for each in amounts
    ]
    assert sum(cents) == 5_200_000
    assert len(jobs(planned.store, "acme", "queued")) == 0
    page.locator("summary", has_text="Other amounts").click()
    page.get_by_label("google/YouTube", exact=True).first.fill("9000")
    answer.get_by_text("yours").wait_for()
    assert "$9,000.00" in answer.inner_text()
    page.get_by_label("google/YouTube", exact=True).first.fill("nothing")
    answer.get_by_text("is no amount").wait_for()


def test_questions_are_answered_without_scripts_too(window):
    page = window("/a/acme/plan", java_script_enabled=False)
    page.get_by_label("or the budget for").select_option("cpa")
    page.get_by_label("of", exact=True).fill("0.01")
    page.get_by_role("button", name="Answer").click()
    assert "goal=cpa" in page.url
    assert "the closest is a CPA of" in page.inner_text("#what-if-answer")
    page.get_by_label("of", exact=True).fill("12,50")
    page.get_by_role("button", name="Answer").click()
    assert "“12,50” is no amount" in page.inner_text("#what-if-answer")


def test_what_is_infeasible_stands_beside_its_field_with_node_and_numbers(planned, window):
    page = window("/a/acme/plan?new=true")
    page.get_by_label("Budget of the flight").fill("10,000")
    page.get_by_label("At least, channel google", exact=True).fill("70%")
    page.get_by_label("At least, channel microsoft", exact=True).fill("60%")
    page.get_by_role("button", name="Optimise").click()
    total = page.get_by_label("Budget of the flight")
    assert total.get_attribute("aria-invalid") == "true"
    error = page.locator(f"#{total.get_attribute('aria-describedby').split()[-1]}")
    assert "$14,000" in error.inner_text()  # 70 + 10 + 60 %
    assert "$10,000" in error.inner_text()
    assert page.get_by_label("At least, channel google", exact=True).input_value() == "70%"
    page.get_by_label("At least, channel google", exact=True).fill("lots")
    page.get_by_role("button", name="Optimise").click()
    assert "does not fit" in page.locator("#channel-google-floor-error").inner_text()
    assert not jobs(planned.store, "acme", "queued")


def test_what_a_job_finds_infeasible_stands_beside_its_field_too(planned, window):
    body = {"constraints": {"campaigns": {"meta": {"floor": 9000}}, "ramp": {"up": "1%"}}}
    asked = submit(planned.store, "plan", body, advertiser="acme", dataset=None, requested_by="me")
    claim(planned.store, "w", 60.0)
    detail = "meta: its floor of $9,000 is out of reach: at most $312"
    numbers = {"node": "meta", "bound": "floor", "amount": 9000, "available": 312}
    problem = {"title": "No plan", "detail": detail, **numbers}
    fail(planned.store, asked.id, "w", problem)
    page = window(f"/a/acme/plan?job={asked.id}")
    cell = page.get_by_label("At least, campaign meta", exact=True)
    assert cell.get_attribute("aria-invalid") == "true"
    assert "$312" in page.locator("#campaign-meta-floor-error").inner_text()


def test_a_job_survives_reloading_and_two_tabs_do_not_disturb_each_other(planned, window):
    first = window("/a/acme/plan?new=true")
    first.get_by_label("Budget of the flight").fill("31000")
    first.get_by_role("button", name="Optimise").click()
    first.wait_for_url("**/plan?job=*")
    second = window("/a/acme/plan?new=true")
    second.get_by_label("Budget of the flight").fill("32000")
    second.get_by_role("button", name="Optimise").click()
    second.wait_for_url("**/plan?job=*")
    assert first.url != second.url
    running = claim(planned.store, "w", 60.0)
    beat(planned.store, running.id, "w", "estimating", 3, 8)
    first.reload()
    first.get_by_text("estimating, 3 of 8").wait_for()
    assert first.get_by_label("Budget of the flight").input_value() == "31000"
    second.reload()
    second.get_by_text("waiting").wait_for()
    assert second.get_by_label("Budget of the flight").input_value() == "32000"
    second.get_by_role("button", name="Cancel").click()
    second.get_by_text("cancelled").first.wait_for()
    states = {
        each.body["constraints"]["total"]: each.state
        for each in jobs(planned.store, "acme", limit=2, kind="plan")
    }
    assert states == {31000: "running", 32000: "cancelled"}


def test_the_form_is_filled_in_and_sent_by_the_keyboard_alone(planned, window):
    page = window("/a/acme/plan?new=true")
    page.get_by_label("Budget of the flight").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("33000")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+A")
    page.keyboard.type("21")
    page.keyboard.press("Enter")
    page.wait_for_url("**/plan?job=*")
    body = first_job(planned.store, "plan").body
    assert body.pop("frontier") is None
    assert body == {"env": {"days": 21}, "constraints": {"total": 33000, "total_type": "at_most"}}


def test_every_bound_of_the_table_reaches_the_job(planned, window):
    page = window("/a/acme/plan?new=true")
    page.get_by_label("Budget of the flight").fill("40,000")
    page.get_by_label("Exactly, campaign meta", exact=True).fill("5000")
    page.get_by_label("At most, campaign google/YouTube", exact=True).fill("15%")
    page.locator("summary", has_text="Daily bounds").click()
    page.get_by_label("Up per day, campaign google/YouTube", exact=True).fill("10%")
    page.get_by_label("Off, campaign google/Search Network", exact=True).check()
    page.locator("summary", has_text="Method").click()
    page.get_by_label("follow").check()
    page.locator("summary", has_text="Guardrails").click()
    page.get_by_label("CPA at most, over the flight").fill("250")
    page.get_by_label("Mon", exact=True).check()
    page.locator("summary", has_text="Calendar").click()
    page.locator("[name='locks.0.date']").fill("2025-05-01")
    page.locator("[name='locks.0.campaign']").select_option("google/YouTube")
    page.locator("[name='locks.0.amount']").fill("120")
    page.get_by_role("button", name="Optimise").click()
    error = page.locator("#locks-0-date-error")
    day = re.search(r"dates of the flight, (\S+) to", error.inner_text())[1]
    page.locator("[name='locks.0.date']").fill(day)
    page.get_by_role("button", name="Optimise").click()
    page.wait_for_url("**/plan?job=*")
    body = first_job(planned.store, "plan").body
    assert body["agent"] == "follow"
    assert body["constraints"] == {
        "total": 40000,
        "cpa": 250,
        "changes": {"weekdays": ["Mon"]},
        "campaigns": {
            "google/Search Network": {"off": True},
            "google/YouTube": {"cap": "15%", "ramp": {"up": "10%"}},
            "meta": {"fixed": 5000},
        },
        "locks": [{"date": day, "campaign": "google/YouTube", "amount": 120}],
    }
    entry = planned.store.audit_log(1)[0]
    assert (entry.action, entry.detail["body"]) == ("plan", body)


def test_a_link_shows_the_plan_to_anybody_until_it_is_revoked(planned, window, chromium):
    page = window("/a/acme/share")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label(re.compile("The new link")).input_value()
    stranger = chromium.new_context()
    client = stranger.new_page()
    refused = []
    client.on("console", lambda line: refused.append(line.text))
    assert client.goto(link).status == 200
    assert "Media plan" in client.inner_text("h1")
    assert refused == []  # its own style is allowed
    assert client.locator("h1").evaluate("each => getComputedStyle(each).fontFamily") != "Times"
    client.goto(page.url)
    assert "/login" in client.url
    page.get_by_role("button", name="Revoke").click()
    page.get_by_text("revoked", exact=True).wait_for()
    assert client.goto(link).status == 404
    stranger.close()
    actions = [entry.action for entry in planned.store.audit_log(2)]
    assert actions == ["revoke_share", "share"]


def test_a_scenario_is_renamed_and_deleted_and_names_are_not_taken_twice(planned, window):
    page = window(f"/a/acme/plan?job={latest_jobs(planned.store, 'acme', state='done')['plan'].id}")
    assert "Spring plan" in page.inner_text("#keep")
    page.goto(f"{planned.address}/a/acme/compare")
    page.locator("ul.plain summary").click()
    page.get_by_label("New name").fill("Summer plan")
    page.get_by_role("button", name="Rename").click()
    page.get_by_text("Spring plan is now Summer plan.").wait_for()
    page.locator("ul.plain summary").click()
    page.get_by_role("button", name="Delete").click()
    page.get_by_text("Summer plan was deleted").wait_for()
    assert planned.store.scenarios("acme") == []
    assert [entry.action for entry in planned.store.audit_log(2)] == [
        "delete_scenario",
        "rename_scenario",
    ]


def test_another_advertisers_jobs_and_plans_are_not_found(planned, window):
    planned.store.add_advertiser("Other")
    plan = latest_jobs(planned.store, "acme", state="done")["plan"]
    page = window("/a/other/plan")
    for path in (f"plan?job={plan.id}", f"plan/what-if?job={plan.id}&budget=40000"):
        assert page.goto(f"{planned.address}/a/other/{path}").status == 404
    assert page.goto(f"{planned.address}/a/other/plan").status == 200
    assert "no exports yet" in page.inner_text("main")
    assert job(planned.store, plan.id).state == "done"
