"""Fixtures: an application with real results, and a browser that is signed in to it."""

from contextlib import contextmanager

import pytest

from .app import ARGUMENTS, CHROMIUM, filled, served


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    store = filled(tmp_path_factory.mktemp("app"))
    with served(store) as site:
        yield site


@pytest.fixture(scope="module")  # its event loop must not be there for tests of other files
def chromium():
    """A browser; without one these tests are skipped by name."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM.exists():
        pytest.skip(f"chromium ({CHROMIUM}) is not here")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


def signed_in_state(chromium, site):
    """State of a browser that has signed in."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.sign_in_link())
    page.wait_for_selector("main h1")
    page.wait_for_url("**/a/*/")
    state = context.storage_state()
    context.close()
    return state


@contextmanager
def windows(chromium, site, state):
    """Gives a function that opens an address in a new window; fails on errors of its scripts."""
    contexts, errors = [], []

    def open_page(path, width=1280, scheme="light", **options):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            storage_state=state,
            **options,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if _is_refusal(line) else None)
        page.goto(site.address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    return signed_in_state(chromium, site)


@pytest.fixture
def visit(chromium, site, signed_in):
    """Opens an address of the application that all tests share."""
    with windows(chromium, site, signed_in) as open_page:
        yield open_page


def _is_refusal(line):
    return line.type == "error" and "Content Security Policy" in line.text
