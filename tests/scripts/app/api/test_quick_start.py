"""The quick starts of docs/api.md, as they stand there, against a server with a worker."""

import json
import os
import re
import shutil
import subprocess
import sys

import pytest

from mediagym.data.storage import ROOT
from mediagym.scripts.fuzzing.requests import served

BLOCK = re.compile(r"```(bash|python)\n(.*?)```", re.DOTALL)
BLOCKS = dict(BLOCK.findall((ROOT / "docs" / "api.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def server():
    with served("workers=1") as (url, key):
        yield os.environ | {"MEDIAGYM_URL": url, "MEDIAGYM_KEY": key}


def run(command, server, folder):
    (folder / "data").symlink_to(ROOT / "data")
    done = subprocess.run(command, env=server, cwd=folder, capture_output=True, text=True)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_quick_start_with_curl_downloads_a_plan(server, tmp_path):
    run(["bash", "-euo", "pipefail", "-c", BLOCKS["bash"]], server, tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert plan["totals"]["budget"] == 150_000
    assert len(plan["days"]) == 14


@pytest.mark.slow
def test_the_quick_start_in_python_prints_the_stages_and_the_plan(server, tmp_path):
    lines = run([sys.executable, "-c", BLOCKS["python"]], server, tmp_path).splitlines()
    assert lines[0].startswith("queued")
    assert lines[-2].startswith("done")
    assert lines[-1].startswith("150000")
