"""Pages never tell a reader to set a key of the configuration: there is no place to do so."""

import html
import re
import shutil
from pathlib import Path

import httpx
import pytest
from helpers.working import work_off

from mediagym.scripts.app.jobs import claim, submit
from mediagym.scripts.app.jobs.configuration import composed

CASES = Path(__file__).parents[5] / "shared" / "cases"
PAGES = ("", "data", "performance", "curves", "plan", "compare", "pacing", "replan", "attribution")
ROWS = [("2025-01-06", 70.0), ("2025-01-13", 77.0), ("2025-01-20", 63.0), ("2025-01-27", 80.0)]
WEEKLY = "Date,Channel,Campaign,Cost,Conversions\n" + "".join(
    f"{day},meta,Spring,{cost},7\n" for day, cost in ROWS * 1
)


def keys():
    """Dotted keys of the configuration of the commands behind the pages."""
    for kind in ("attribute", "calibrate", "ingest", "insights", "plan", "replan", "score"):
        for group, content in composed(kind, ()).items():
            if isinstance(content, dict):
                yield from (f"{group}.{key}" for key in content)


SETTING = re.compile(
    r"\b[a-z_]+(?:\.[a-z_]+)*=[\w\[{]|\bSetting: |`[a-z_.]+`|"
    + "|".join(rf"\b{re.escape(key)}\b" for key in sorted(set(keys())))
)


def settings_on(text):
    """What reads like a setting in the visible text of a page."""
    visible = re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", text)
    return [found[0] for found in SETTING.finditer(html.unescape(visible))]


@pytest.fixture(scope="module")
def client(site):
    headers = {"Authorization": f"Bearer {site.token}", "Accept": "text/html"}
    with httpx.Client(base_url=site.address, headers=headers, timeout=60) as client:
        yield client


def test_the_pattern_finds_settings():
    assert settings_on("<p>data.weekly=spread</p>") == ["data.weekly=s"]
    assert settings_on("<p>plan with <code>objective=journeys</code></p>") == ["objective=j"]
    assert settings_on("<p>(data.incomplete_days) and `pacing`</p>") == [
        "data.incomplete_days",
        "`pacing`",
    ]
    assert settings_on("<p>google.csv: 12 rows</p>") == []


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_the_sample_name_no_setting(client, page):
    assert settings_on(client.get(f"/a/acme/{page}").text) == []


def test_a_refused_upload_says_what_to_do_with_the_file_and_to_programs_the_setting_too(
    client, site
):
    own = site.store.add_advertiser("Weekly")
    form = {"advertiser": own.id}
    files = {"files": ("all.csv", WEEKLY.encode(), "text/csv")}
    page = client.post(f"/a/{own.id}/data", data=form, files=files)
    assert page.status_code == 422
    assert "export again by day" in page.text
    assert settings_on(page.text) == []
    problem = client.post(
        "/v1/datasets", data=form, files=files, headers={"Accept": "application/json"}
    ).json()
    assert "data.weekly=spread" in problem["detail"]
    assert "data.weekly=spread" in problem["problems"][0]["setting"]


@pytest.mark.skipif(not CASES.is_dir(), reason="the cases of exports are not here")
@pytest.mark.parametrize(
    "case", sorted(each.name for each in CASES.iterdir()) if CASES.is_dir() else []
)
def test_pages_of_a_case_name_no_setting(client, site, tmp_path, case):
    own = site.store.add_advertiser(f"Case {case}")
    received = tmp_path / "received"
    received.mkdir()
    for file in (CASES / case).glob("*.csv"):
        shutil.copy(file, received)
    dataset = site.store.add_dataset(own.id, case, received)
    for kind in ("ingest", "insights"):
        submit(site.store, kind, {}, advertiser=own.id, dataset=dataset.id, requested_by="tests")
        work_off(site.store, claim(site.store, "thread", 600.0))
    for page in PAGES:
        assert settings_on(client.get(f"/a/{own.id}/{page}").text) == [], page
