"""The server as a process: what it prints, refuses, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediagym.scripts.app.jobs import jobs
from mediagym.scripts.app.storage import Store

Command = Callable[..., Any]
ROOT = Path(__file__).parents[3]
LONGEST = 60.0  # seconds that a loaded machine may take


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """`scripts/serve.py` in a process of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.port = free_port()
        words = [f"port={self.port}", f"data_folder={folder}", *options]
        environment = {k: v for k, v in os.environ.items() if k != "MEDIAGYM_DATABASE"}
        self.process = subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, str(ROOT / "scripts" / "serve.py"), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self, path: str = "/healthz") -> None:
        """Wait until an address answers."""
        deadline = time.monotonic() + LONGEST
        while True:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < deadline, "the server does not answer"
            try:
                if httpx.get(self.address + path).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str, str]:
        """Ask it to end; return its status and what it has printed."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=LONGEST)
        return self.process.returncode, out, err


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Function that starts a server on one data folder."""
    servers: list[Server] = []

    def started(*options: str) -> Server:
        servers.append(Server(tmp_path / "data", *options))
        return servers[-1]

    yield started
    for server in servers:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


@pytest.mark.slow
def test_a_fresh_folder_is_served_with_the_sample_a_link_and_a_key(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    server = start("workers=1", "log=json")
    server.wait("/readyz")
    status, out, err = server.end()
    assert status == 0, err
    assert "Traceback" not in err
    assert re.search(rf"{re.escape(server.address)}/login\?token=[\w-]{{30,}}", out)
    (token,) = re.findall(r"mg_[0-9a-f]+_[\w-]+", out)
    again = start("workers=0")
    again.wait()
    answer = httpx.get(again.address + "/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    link = f"{again.address}/login"
    assert httpx.get(link).status_code == 200
    status, out, _ = again.end(signal.SIGINT)
    assert status == 0
    assert "mg_" not in out
    store = Store(tmp_path / "data")
    assert len(jobs(store)) == 6
    assert {job.state for job in jobs(store)} <= {"queued", "done"}
    store.close()


def test_a_key_is_made_without_a_server(command: Command, tmp_path: Path) -> None:
    folder = f"data_folder={tmp_path / 'data'}"
    made = command("serve", folder, "new_key=reports", "new_key_scope=read")
    assert made.status == 0
    assert re.fullmatch(r"mg_[0-9a-f]+_[\w-]+\n", made.out)
    store = Store(tmp_path / "data")
    assert [(key.name, key.scopes) for key in store.keys()] == [("reports", ("read",))]  # noqa: SIM118
    assert [entry.action for entry in store.audit_log()] == ["add_key"]
    store.close()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["host=0.0.0.0"], "host: '0.0.0.0' was given"),
        (["host=203.0.113.9", "allowed_hosts=[x]"], "host: "),
        (["port=99999"], "port: "),
        (["port=$TAKEN"], "port: .* cannot be used"),
        (["data_folder=/proc/nothing"], "data_folder: /proc/nothing cannot be made"),
    ],
)
def test_what_cannot_be_served_is_one_message(
    command: Command, tmp_path: Path, given: list[str], message: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        words = [word.replace("$TAKEN", str(taken.getsockname()[1])) for word in given]
        folder = [] if "data_folder" in given[0] else [f"data_folder={tmp_path / 'data'}"]
        result = command("serve", *folder, *words)
    assert re.search(f"error: .*{message}", result.error)
