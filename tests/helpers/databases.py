"""A PostgreSQL of one's own on a Unix socket, as Debian ships it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import sqlalchemy as sa

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
HAS_POSTGRESQL = bool(BINARIES) and (os.getuid() != 0 or shutil.which("runuser") is not None)
MISSING = "PostgreSQL is not installed (Debian's package postgresql)"


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a server in a folder of its own; yield the address of its database `postgres`."""
    with TemporaryDirectory(prefix="mediagym-postgres-") as name:
        yield from _served(Path(name))


def _served(folder: Path) -> Iterator[str]:
    data, as_user = folder / "data", []
    if os.getuid() == 0:  # it refuses to run as root
        as_user = ["runuser", "-u", "postgres", "--"]
        shutil.chown(folder, "postgres")

    def call(program: str, *arguments: str) -> None:
        command = [*as_user, str(BINARIES[-1] / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")  # noqa: S603
        assert done.returncode == 0, done.stdout + done.stderr

    call("initdb", "-D", str(data), "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    call("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://tester@/postgres?host={folder}"
    finally:
        call("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")


def new_database(server: str) -> str:
    """Make an empty database and return its address."""
    name = f"d{uuid4().hex}"
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return server.replace("/postgres?", f"/{name}?")
