"""No code of any room unpickles anything."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

SAFE = {
    "tomllib.load",
    "tomllib.loads",
    "np.load",
    "json.loads",
    "json.load",
    "OmegaConf.load",
}  # the last by YAML's safe loader


@pytest.mark.parametrize("room", ["data", "envs", "agents", "scripts"])
def test_nothing_is_ever_unpickled(room: str) -> None:
    banned = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
    for path in (ROOT / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {name.name.split(".")[0] for name in node.names} & banned, path
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in banned, path
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert not called.endswith((".load_from_vector", "read_pickle")), (path, called)
                if called.endswith((".load", ".loads")):
                    assert called in SAFE, (path, called)
                if called == "np.load":
                    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
                    assert ast.unparse(keywords["allow_pickle"]) == "False", path
