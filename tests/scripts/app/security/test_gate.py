"""The gate in front of a small application: who is let in, and who is not."""

import logging

import pytest
from fastapi import Depends, FastAPI
from helpers.server import bearer, client_of, settings
from starlette.requests import Request

from mediagym.scripts.app.security import csrf_token, install, new_key, require


@pytest.fixture
def application(store, owner):
    return make_application(store)


def make_application(store, **changes):
    app = FastAPI(openapi_url=None)
    security = install(app, store, settings(**changes))
    app.state.sign_in = security.sign_in_path

    @app.get("/v1/look", dependencies=[Depends(require("read"))])
    def look() -> str:
        return "seen"

    @app.post("/v1/run", dependencies=[Depends(require("run"))])
    async def run(request: Request) -> int:
        return len(await request.body())

    @app.get("/v1/fail", dependencies=[Depends(require("read"))])
    def fail() -> None:
        raise RuntimeError("secret of the inside")

    @app.get("/page", dependencies=[Depends(require("read"))])
    def page(request: Request) -> str:
        return csrf_token(request)

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app


pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def test_nobody_gets_in_without_a_key_not_even_to_what_does_not_exist(application):
    async with client_of(application) as client:
        for path in ("/v1/look", "/v1/nothing", "/metrics", "/v1/../v1/look", "//v1/look"):
            answer = await client.get(path)
            assert answer.status_code == 401, path
        assert (await client.get("/v1/look")).json()["code"] == "unauthenticated"
        assert "Bearer" in (await client.get("/v1/look")).headers["WWW-Authenticate"]
        assert (await client.get("/healthz")).status_code == 200


async def test_a_page_leads_to_the_sign_in_and_back(application):
    async with client_of(application, Accept="text/html") as client:
        answer = await client.get("/page?plan=1&b=2")
        assert answer.status_code == 303
        assert answer.headers["Location"] == "/login?next=%2Fpage%3Fplan%3D1%26b%3D2"


async def test_a_key_opens_what_its_scope_allows(application, store, owner):
    _, reader = new_key(store, "reader", ("read",))
    _, runner = new_key(store, "runner", ("run",))
    expected = {owner: (200, 200), runner: (200, 200), reader: (200, 403)}
    async with client_of(application) as client:
        for token, statuses in expected.items():
            seen = await client.get("/v1/look", headers=bearer(token))
            ran = await client.post("/v1/run", headers=bearer(token))
            assert (seen.status_code, ran.status_code) == statuses
        refused = await client.post("/v1/run", headers=bearer(reader))
        assert refused.json()["code"] == "forbidden"
        assert "reader" in refused.json()["detail"]


async def test_a_wrong_or_revoked_key_is_refused(application, store, owner):
    key, token = new_key(store, "short-lived", ("read",))
    wrong = [token[:-1] + ("A" if token[-1] != "A" else "B"), token + "x", "", "mg__", "x" * 5000]
    async with client_of(application) as client:
        assert (await client.get("/v1/look", headers=bearer(token))).status_code == 200
        for text in wrong:
            answer = await client.get("/v1/look", headers=bearer(text))
            assert answer.status_code == 401, text
        basic = await client.get("/v1/look", headers={"Authorization": f"Basic {owner}"})
        assert basic.status_code == 401
        store.revoke_key(key.id)
        assert (await client.get("/v1/look", headers=bearer(token))).status_code == 401


async def test_guessing_keys_is_slowed_down_and_right_keys_go_on(application, store):
    _, known = new_key(store, "known", ("read",))
    async with client_of(application) as client:
        await client.get("/v1/look", headers=bearer(known))
        guesses = [f"mg_{'0' * 16}_{'x' * 40}{number}" for number in range(11)]
        answers = [await client.get("/v1/look", headers=bearer(guess)) for guess in guesses]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429]
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert (await client.get("/v1/look", headers=bearer(known))).status_code == 200


async def test_a_client_that_asks_too_often_is_told_when_to_go_on(store, owner):
    _, other = new_key(store, "other", ("read",))
    app = make_application(store, burst=3, per_second=0.001)
    async with client_of(app) as client:
        answers = [await client.get("/v1/look", headers=bearer(owner)) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].json()["retry_after"] == int(answers[-1].headers["Retry-After"]) >= 900
        assert (await client.get("/v1/look", headers=bearer(other))).status_code == 200
        assert (await client.get("/healthz")).status_code == 200


async def test_every_answer_carries_the_policy_of_its_content(application, owner):
    async with client_of(application, Accept="text/html") as client:
        answers = [
            await client.get("/page"),
            await client.get("/login"),
            await client.get("/login?token=wrong"),
            await client.get("/healthz"),
            await client.get("/v1/look", headers=bearer(owner)),
            await client.get("/v1/nothing", headers=bearer(owner)),
            await client.get("/nothing", headers=bearer(owner)),
            await client.get("/v1/look", headers={"Host": "evil.example"}),
        ]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "DENY"


async def test_a_mistake_of_the_server_tells_nothing_of_its_inside(
    application, owner, caplog, monkeypatch
):
    # Hydra, which other tests start, disables the loggers that it finds
    monkeypatch.setattr(
        logging.getLogger("mediagym.scripts.app.security.headers"), "disabled", False
    )
    async with client_of(application) as client:
        answer = await client.get("/v1/fail", headers=bearer(owner))
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "secret" not in answer.text
    assert "Content-Security-Policy" in answer.headers
    assert "secret of the inside" in caplog.text


async def test_only_the_servers_own_names_are_answered(store, owner):
    app = make_application(store, allowed_hosts=("media.example.com",))
    allowed = ("127.0.0.1:8000", "localhost", "LOCALHOST:1", "[::1]:8000", "Media.Example.com.:443")
    refused = ("evil.example", "127.0.0.1.evil.example", "", "media.example.com.evil", "[::2]")
    async with client_of(app) as client:
        for host in allowed:
            answer = await client.get("/v1/look", headers=bearer(owner) | {"Host": host})
            assert answer.status_code == 200, host
        for host in refused:
            answer = await client.get("/v1/look", headers=bearer(owner) | {"Host": host})
            assert answer.status_code == 421, host
            assert answer.json()["code"] == "unknown-host"


async def test_a_body_larger_than_announced_or_allowed_is_refused(application, owner):
    async def chunks():
        for _ in range(3):
            yield b"x" * 2**19

    async with client_of(application) as client:
        announced = await client.post("/v1/run", headers=bearer(owner), content=b"x" * (2**20 + 1))
        streamed = await client.post("/v1/run", headers=bearer(owner), content=chunks())
        fits = await client.post("/v1/run", headers=bearer(owner), content=b"x" * 2**20)
    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.json()["limit"] == 2**20
    assert fits.json() == 2**20


async def test_an_address_that_takes_no_such_method_says_so(application, owner):
    async with client_of(application) as client:
        answer = await client.put("/v1/look", headers=bearer(owner))
    assert answer.status_code == 405
    assert answer.json()["code"] == "method-not-allowed"
    assert answer.headers["Allow"] == "GET"
