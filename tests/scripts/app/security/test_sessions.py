"""Browsers: signing in, what a session may do, and forged requests."""

import re

import pytest
from fastapi import Depends, FastAPI
from helpers.server import client_of, settings
from starlette.requests import Request

from mediagym.scripts.app.security import (
    csrf_token,
    install,
    new_key,
    principal_of,
    require,
)
from mediagym.scripts.app.security.sessions import COOKIE, Sessions

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def app(store, owner):
    app = FastAPI(openapi_url=None)
    install(app, store, settings())

    @app.get("/page", dependencies=[Depends(require("read"))])
    def page(request: Request) -> list[str]:
        return [principal_of(request).name, csrf_token(request)]

    @app.post("/change", dependencies=[Depends(require("run"))])
    async def change(request: Request) -> int:
        return len(await request.body())

    return app


async def signed_in(client, app):
    answer = await client.get(app.state.security.sign_in_path("/page"))
    assert answer.status_code == 200
    assert 'url=/page"' in answer.text
    return (await client.get("/page")).json()[1]


async def test_a_link_signs_in_once_and_only_once(app):
    path = app.state.security.sign_in_path()
    async with client_of(app) as client:
        answer = await client.get(path)
        cookie = answer.headers["Set-Cookie"]
        assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
        assert (await client.get("/page")).json()[0] == "owner"
    async with client_of(app) as other:
        assert (await other.get(path)).status_code == 401
        assert (await other.get("/page")).status_code == 401


async def test_the_form_signs_in_with_a_key_and_leads_to_the_page_that_was_asked_for(app, owner):
    async with client_of(app) as client:
        form = {"key": f" {owner} ", "next": "/page?x=1"}
        answer = await client.post("/login", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/page?x=1")
        assert (await client.get("/page")).status_code == 200


async def test_a_browser_that_is_signed_in_may_sign_in_with_another_key(app, store):
    _, reader = new_key(store, "reader of the form", ("read",))
    async with client_of(app) as client:
        await signed_in(client, app)
        assert (await client.post("/login", data={"key": reader})).status_code == 303
        assert (await client.get("/page")).json()[0] == "reader of the form"


async def test_a_wrong_key_shows_the_form_again_and_sets_no_cookie(app):
    async with client_of(app) as client:
        answer = await client.post("/login", data={"key": "<script>alert(1)</script>"})
        assert answer.status_code == 401
        assert 'role="alert"' in answer.text
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    "target",
    [
        *("//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/login"),
        *("//[", "/\tx", "/\u65e5"),
    ],
)
async def test_no_sign_in_leads_to_another_site(app, owner, target):
    async with client_of(app) as client:
        assert (await client.get("/login", params={"next": target})).status_code == 200
        answer = await client.post("/login", data={"key": owner, "next": target})
        assert answer.headers["Location"] == "/"


async def test_a_form_needs_the_token_of_its_session(app):
    async with client_of(app) as client:
        token = await signed_in(client, app)
        assert (await client.post("/change")).status_code == 403
        assert (await client.post("/change", headers={"X-CSRF-Token": "x"})).status_code == 403
        assert (await client.post("/change", data={"a": "1"})).json()["code"] == "forged-request"
        with_header = await client.post("/change", headers={"X-CSRF-Token": token})
        assert with_header.status_code == 200
    async with client_of(app) as other:
        await signed_in(other, app)
        stolen = await other.post("/change", headers={"X-CSRF-Token": token})
        assert stolen.status_code == 403


async def test_the_token_may_come_first_in_a_form_whose_body_stays_whole(app):
    content = b"y" * 200_000
    async with client_of(app) as client:
        token = await signed_in(client, app)
        form = await client.post("/change", data={"csrf": token, "text": "z" * 100_000})
        assert form.json() == len(f"csrf={token}&text=") + 100_000
        files = {"csrf": (None, token), "files": ("a.csv", content)}
        upload = client.build_request("POST", "/change", files=files)
        answer = await client.send(upload)
        assert answer.json() == int(upload.headers["Content-Length"]) > len(content)
        late = {"files": ("a.csv", content), "csrf": (None, token)}
        assert (await client.post("/change", files=late)).status_code == 403


async def test_a_request_of_another_site_is_refused_even_with_the_token(app, owner):
    async with client_of(app) as client:
        token = await signed_in(client, app)
        ours = {"X-CSRF-Token": token, "Origin": "http://127.0.0.1:8000"}
        assert (await client.post("/change", headers=ours)).status_code == 200
        for other in ("http://evil.example", "null", "http://127.0.0.1:9", "http://[", ""):
            forged = {"X-CSRF-Token": token, "Origin": other}
            assert (await client.post("/change", headers=forged)).status_code == 403, other
        crossed = {"X-CSRF-Token": token, "Sec-Fetch-Site": "cross-site"}
        assert (await client.post("/change", headers=crossed)).status_code == 403
        login = {"Origin": "http://evil.example"}
        assert (await client.post("/login", data={"key": owner}, headers=login)).status_code == 403


async def test_a_session_ends_with_its_key_and_when_it_is_signed_out(app, store, owner):
    key, token = new_key(store, "guest", ("read",))
    async with client_of(app) as client:
        await client.post("/login", data={"key": token})
        assert (await client.get("/page")).json()[0] == "guest"
        csrf = (await client.get("/page")).json()[1]
        store.revoke_key(key.id)
        assert (await client.get("/page")).status_code == 401
        await client.post("/login", data={"key": owner})
        csrf = (await client.get("/page")).json()[1]
        stolen = client.cookies[COOKIE]
        async with client_of(app, Cookie=f"{COOKIE}={stolen}") as thief, client_of(app) as other:
            await other.post("/login", data={"key": owner})
            assert (await thief.get("/page")).status_code == 200
            answer = await client.post("/logout", data={"csrf": csrf})
            assert answer.status_code == 303
            assert (await client.get("/page")).status_code == 401
            assert (await thief.get("/page")).status_code == 401
            assert (await other.get("/page")).json()[0] == "owner"  # another session of the key


async def test_a_changed_or_foreign_cookie_is_nobodys(app):
    async with client_of(app) as client:
        await signed_in(client, app)
        cookie = client.cookies[COOKIE]
    content, _, signature = cookie.partition(".")
    foreign = Sessions(b"x" * 32, 3600).cookie("0" * 16)
    broken = (f"{content[:-2]}AA.{signature}", f"{content}.", "", ".", "é.é", "a" * 600, foreign)
    for text in broken:
        async with client_of(app) as client:
            header = {"Cookie": f"{COOKIE}={text}".encode()}
            assert (await client.get("/page", headers=header)).status_code == 401, text


def test_a_session_lasts_as_long_as_it_should():
    now = [1000.0]
    sessions = Sessions(b"s" * 32, 60.0, clock=lambda: now[0])
    cookie = sessions.cookie("ab" * 8)
    now[0] = 1060.0
    assert sessions.session(cookie).key_id == "ab" * 8
    now[0] = 1060.5
    assert sessions.session(cookie) is None
    now[0] = 999.0
    assert sessions.session(cookie) is None


async def test_nobody_can_send_files_to_the_sign_in(app):
    async with client_of(app) as client:
        answer = await client.post("/login", files={"key": ("a.csv", b"x" * (2**20 + 10))})
        assert answer.status_code == 413


async def test_pages_of_the_sign_in_hold_no_script(app):
    async with client_of(app) as client:
        for path in ("/login?next=/x%22%3E%3Cscript%3E", app.state.security.sign_in_path('/"<i>')):
            text = (await client.get(path)).text
            assert not re.search(r"<script(?! src=./static/)|<i>|\son\w+=", text)
