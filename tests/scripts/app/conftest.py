"""Fixtures of the application: stores on both databases."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from helpers.browser import chromium, signed_in, site, visit  # noqa: F401 - fixtures
from helpers.databases import HAS_POSTGRESQL, MISSING, new_database, postgres_server

from mediagym.scripts.app.storage import Store

DATABASES = (
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.skipif(not HAS_POSTGRESQL, reason=MISSING)),
)


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Address of a PostgreSQL that runs as long as the tests."""
    with postgres_server() as address:
        yield address


@pytest.fixture(params=DATABASES)
def address(request: pytest.FixtureRequest) -> str | None:
    """Address of an empty PostgreSQL; None: SQLite in the data folder."""
    return None if request.param == "sqlite" else new_database(request.getfixturevalue("postgres"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def opened(address: str | None, clock: Clock) -> Iterator[Callable[[Path], Store]]:
    """Function that opens a store in a folder; all are closed at the end."""
    stores = []

    def open_store(folder: Path) -> Store:
        stores.append(Store(folder, address, clock))
        return stores[-1]

    yield open_store
    for each in stores:
        each.close()


@pytest.fixture
def store(opened: Callable[[Path], Store], tmp_path: Path) -> Store:
    """An empty store."""
    return opened(tmp_path / "data")


@pytest.fixture
def files(tmp_path: Path) -> Callable[..., Path]:
    """Function that makes a folder of files, as an upload leaves it."""
    numbers = iter(range(1000))

    def make(**contents: str) -> Path:
        folder = tmp_path / f"upload-{next(numbers)}"
        folder.mkdir()
        for name, content in contents.items():
            (folder / name.replace("_", ".")).write_text(content)
        return folder

    return make


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items):
    """Tests in a browser are slow ones."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
