"""What the pages say and do, asked without a browser."""

import re

import httpx
import pytest

from mediagym.scripts.app.jobs import cancel, jobs, submit

PAGES = ("", "data", "performance", "curves", "attribution")
GOOD = "Date,Channel,Campaign,Cost,Conversions\n" + "".join(
    f"2025-01-{day:02d},meta,Spring,{100 + day}.5,{day % 7}\n" for day in range(1, 31)
)


@pytest.fixture(scope="module")
def client(site):
    headers = {"Authorization": f"Bearer {site.token}", "Accept": "text/html"}
    with httpx.Client(base_url=site.address, headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def empty(site):
    return site.store.add_advertiser("<b>Söhne & Co</b>")


def upload(client, advertiser, name, content):
    return client.post(
        f"/a/{advertiser}/data",
        data={"advertiser": advertiser},
        files={"files": (name, content.encode(), "text/csv")},
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_shows_results(client, page):
    answer = client.get(f"/a/acme/{page}")
    assert answer.status_code == 200
    assert "Loading the chart" in answer.text
    assert "undefined" not in answer.text.lower()
    for address in re.findall(r'data-spec="([^"]+)"', answer.text):
        chart = client.get(address.replace("&amp;", "&"))
        assert chart.status_code == 200, address
        assert chart.json()["description"]


@pytest.mark.parametrize("page", PAGES)
def test_without_exports_a_page_says_what_to_do(client, empty, page):
    answer = client.get(f"/a/{empty.id}/{page}")
    assert answer.status_code == 200
    assert "pload" in answer.text
    assert "<b>Söhne" not in answer.text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/a/nobody/performance", 404),
        ("/a/acme/performance?first=yesterday", 422),
        ("/a/acme/performance?dataset=" + "0" * 32, 404),
        ("/a/acme/charts/curve-99.json", 404),
        ("/jobs/" + "0" * 32, 404),
    ],
)
def test_what_is_not_there_is_said(client, address, status):
    assert client.get(address).status_code == status


def test_a_period_of_any_ends_is_cut_to_the_history(client):
    for query in ("first=1999-01-01&last=2999-01-01", "first=2999-01-01", "last=1999-01-01"):
        assert client.get(f"/a/acme/performance?{query}").status_code == 200


def test_a_period_is_chosen_within_the_data_set_that_is_shown(client, site):
    dataset = site.store.datasets("acme")[0].id
    query = {"dataset": dataset, "first": "", "last": ""}
    text = client.get("/a/acme/performance", params=query).text
    assert f'<input type="hidden" name="dataset" value="{dataset}">' in text
    presets = re.findall(r'href="(/a/acme/performance\?[^"]+)"', text)
    assert len(presets) == 3
    assert all(f"dataset={dataset}" in address for address in presets)


def test_a_file_that_cannot_be_read_is_refused_with_its_place(client, empty, site):
    bad = GOOD.replace("101.5", "1,0,1.5x")
    answer = upload(client, empty.id, "meta.csv", bad)
    assert answer.status_code == 422
    assert "The upload was refused" in answer.text
    assert "meta.csv" in answer.text
    assert site.store.datasets(empty.id) == []


def test_a_file_of_another_kind_is_refused_on_the_page(client, empty):
    answer = upload(client, empty.id, "report.pdf", "%PDF-1.4")
    assert answer.status_code == 415
    assert "The upload was refused" in answer.text
    assert "report.pdf" in answer.text


def test_an_upload_starts_its_analyses_and_they_can_be_cancelled(client, site):
    own = site.store.add_advertiser("Uploads")
    answer = upload(client, own.id, "all.csv", GOOD)
    assert answer.status_code == 303
    waiting = jobs(site.store, own.id)
    assert sorted(job.kind for job in waiting) == ["calibrate", "ingest", "insights"]
    page = client.get(answer.headers["location"]).text
    for job in waiting:
        assert f'hx-get="/jobs/{job.id}/progress"' in page
        cancelled = client.post(f"/jobs/{job.id}/cancel", headers={"HX-Request": "true"})
        assert "cancelled" in cancelled.text
    assert not [job for job in jobs(site.store, own.id) if job.state != "cancelled"]
    assert "Read the exports" in client.get(f"/a/{own.id}/performance").text


def test_a_full_queue_takes_no_more_from_pages_either(client, site):
    given = {"advertiser": "acme", "dataset": None, "requested_by": "x", "fresh": True}
    waiting = [submit(site.store, "score", {}, **given) for _ in range(100)]
    form = {"dataset": site.store.datasets("acme")[0].id, "kind": "ingest"}
    answer = client.post("/a/acme/analyse", data=form)
    for job in waiting:
        cancel(site.store, job.id)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert "100 jobs wait already" in answer.text


def test_progress_ends_where_it_was_told_to(client, site):
    waiting = submit(
        site.store, "score", {}, advertiser="acme", dataset=None, requested_by="x", fresh=True
    )
    address = f"/jobs/{waiting.id}/progress"
    assert "hx-get" in client.get(address).text
    client.post(f"/jobs/{waiting.id}/cancel")
    assert client.get(address).headers["HX-Refresh"] == "true"
    finished = jobs(site.store, "acme", state="done")[0]
    done = client.get(f"/jobs/{finished.id}/progress", params={"next": "/a/acme/curves"})
    assert done.headers["HX-Redirect"] == "/a/acme/curves"
    for target in ("https://example.org", "//example.org", "/\\example.org", "/\u65e5"):
        answer = client.get(f"/jobs/{finished.id}/progress", params={"next": target})
        assert "HX-Redirect" not in answer.headers


def test_an_advertiser_is_added_by_name(client):
    answer = client.post("/new", data={"name": "New one"})
    assert answer.headers["location"] == "/a/new-one/data"
    again = client.post("/new", data={"name": "New one"})
    assert again.status_code == 422
    assert "exists already" in again.text


def test_a_reader_neither_uploads_nor_starts_anything(site):
    from mediagym.scripts.app.security import new_key

    _, token = new_key(site.store, "reader", ("read",))
    headers = {"Authorization": f"Bearer {token}", "Accept": "text/html"}
    with httpx.Client(base_url=site.address, headers=headers) as reader:
        assert "Upload newer exports" not in reader.get("/a/acme/data").text
        assert upload(reader, "acme", "all.csv", GOOD).status_code == 403
        assert reader.get("/new").status_code == 403
