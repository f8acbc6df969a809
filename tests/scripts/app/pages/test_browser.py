"""The pages in a real browser: accessible in light and dark, on a phone, without a mouse."""

import pytest
from helpers.app import drawn, violations

PAGES = {  # address -> charts
    "/a/acme/": 1,
    "/a/acme/data": 1,
    "/a/acme/performance": 5,
    "/a/acme/curves": 4,
    "/a/acme/attribution": 2,
    "/new": 0,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_nobody_is_shut_out(visit, path, scheme):
    page = visit(path, scheme=scheme)
    assert drawn(page) == PAGES[path]
    assert violations(page) == []
    assert page.locator("h1").count() == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_phone_scrolls_down_only(visit, path):
    page = visit(path, width=390)
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_theme_follows_the_button_and_stays(visit):
    from playwright.sync_api import expect

    page = visit("/a/acme/curves", scheme="light")
    drawn(page)
    body, text = page.locator("body"), page.locator(".chart svg text").first
    ink = text.evaluate("element => getComputedStyle(element).fill")
    expect(body).to_have_css("background-color", "rgb(255, 255, 255)")
    page.get_by_role("button", name="Theme: system").click()
    page.get_by_role("button", name="Theme: light").click()
    page.get_by_role("button", name="Theme: dark").wait_for()
    expect(body).not_to_have_css("background-color", "rgb(255, 255, 255)")
    expect(text).not_to_have_css("fill", ink)  # charts are drawn anew
    page.reload()
    page.get_by_role("button", name="Theme: dark").wait_for()


def test_pages_are_reached_by_the_keyboard_alone(visit):
    page = visit("/a/acme/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.goto(page.url.partition("#")[0])
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Performance":
            break
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(outline) != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/performance")
    menu = page.locator("details.menu summary")
    menu.focus()
    page.keyboard.press("Enter")
    assert page.get_by_role("link", name="New advertiser…").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="New advertiser…").is_visible()


def test_a_period_and_a_grouping_are_part_of_the_address(visit):
    page = visit("/a/acme/performance")
    page.get_by_role("link", name="90 days").click()
    page.wait_for_url("**first=*")
    page.get_by_label("By", exact=True).select_option("channel")
    page.wait_for_url("**by=channel*")
    assert "first=" in page.url
    names = page.locator("#rows-t").locator("xpath=ancestor::table").get_by_role("rowheader")
    assert sorted(names.all_text_contents()) == ["all", "google", "meta", "microsoft"]


def test_curves_are_hatched_where_they_are_extrapolated(visit):
    page = visit("/a/acme/curves")
    drawn(page)
    path = page.locator(".chart .hatched_marks path").first
    assert "hatch" in path.evaluate("element => getComputedStyle(element).fill")


def test_files_are_chosen_refused_with_their_place_and_then_analysed(visit, site, tmp_path):
    own = site.store.add_advertiser("Browser uploads")
    rows = [f"2025-01-{day:02d},meta,Spring,{100 + day}.5,{day % 7}" for day in range(1, 31)]
    good, bad = tmp_path / "all.csv", tmp_path / "bad.csv"
    good.write_text("\n".join(["Date,Channel,Campaign,Cost,Conversions", *rows]))
    bad.write_text(good.read_text().replace("101.5", "1,0,1.5x"))
    page = visit(f"/a/{own.id}/data")
    page.get_by_label("Drop files here").set_input_files(bad)
    assert page.locator(".drop output").text_content() == "bad.csv"
    page.get_by_role("button", name="Upload and analyse").click()
    page.get_by_role("alert").wait_for()
    cells = page.locator("#problems-t").locator("xpath=ancestor::table").text_content()
    assert "bad.csv" in cells
    assert violations(page) == []
    page.get_by_label("Drop files here").set_input_files(good)
    page.get_by_role("button", name="Upload and analyse").click()
    page.get_by_text("Reading the exports").wait_for()
    assert page.locator("section.job").count() == 3
    assert violations(page) == []
    for _ in range(3):
        before = page.locator("section.job").count()
        with page.expect_response("**/cancel"):
            page.get_by_role("button", name="Cancel").first.click()
        page.reload()
        assert page.locator("section.job").count() < before


@pytest.mark.parametrize("status", [403, 409, 429, 500])
def test_a_refusal_that_is_a_whole_page_is_shown_whatever_its_status(visit, tmp_path, status):
    path = tmp_path / "all.csv"
    path.write_text("Date,Channel,Campaign,Cost,Conversions\n2025-01-01,meta,Spring,1,1\n")
    page = visit("/a/acme/data")
    refusal = (
        "<!doctype html><html><body><main id='main'><h1>No, thank you</h1></main></body></html>"
    )

    def answer(route):
        if route.request.method == "POST":
            route.fulfill(status=status, content_type="text/html", body=refusal)
        else:
            route.continue_()

    page.route("**/a/acme/data", answer)
    page.get_by_label("Drop files here").set_input_files(path)
    page.get_by_role("button", name="Upload and analyse").click()
    page.get_by_role("heading", name="No, thank you").wait_for()


def test_the_current_page_is_in_sight_on_a_phone(visit):
    page = visit("/a/acme/share", width=390)
    link = page.locator("nav.pages a[aria-current]")
    assert link.text_content() == "Share"
    box = link.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_tables_of_pages_fit_a_laptop(visit):
    for path in ("curves", "performance", "attribution", "data"):
        page = visit(f"/a/acme/{path}", width=1280)
        wide = page.locator(".wide:visible").evaluate_all(
            "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
        )
        assert wide == [], path
