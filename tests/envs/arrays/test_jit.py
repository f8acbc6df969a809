from pathlib import Path

import numba
import pytest

from mediagym.envs.arrays import jit


def halves(total):
    count = 0.0
    while total > 1:
        total /= 2
        count += 1
    return count


def divide(a, b):
    return a / b


def test_compiled_code_equals_python():
    assert [jit.compiled(halves)(float(n)) for n in (1, 7, 1024)] == [0, 3, 10]


@jit.compiled
def half(number):
    return number / 2


@jit.compiled
def quarter(number):
    return half(half(number))


def test_compiled_functions_call_each_other():
    assert (quarter(8.0), half(8.0)) == (2.0, 4.0)
    assert half.machine_code.signatures


def test_a_division_by_zero_gives_infinity_as_in_numpy():
    assert jit.compiled(divide)(1.0, 0.0) == float("inf")


def test_functions_are_compiled_without_a_writable_cache_folder(monkeypatch):
    real = numba.njit

    def nowhere(**options):
        if options.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(numba, "njit", nowhere)
    assert jit.compiled(halves)(8.0) == 3


@pytest.fixture
def no_folder_given(monkeypatch):
    """As without NUMBA_CACHE_DIR."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")


def cached_beside(file):
    return set(Path(file).parent.rglob("*.nb[ic]"))


def test_compiled_code_is_cached_in_the_users_folder(tmp_path, monkeypatch, no_folder_given):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    before = cached_beside(__file__)
    assert jit.compiled(halves)(8.0) == 3
    (index,) = tmp_path.rglob("*.nbi")
    assert index.is_relative_to(tmp_path / "cache" / "mediagym" / "compiled")
    assert cached_beside(__file__) == before
    assert numba.config.CACHE_DIR == ""


def test_without_a_users_folder_nothing_is_cached(tmp_path, monkeypatch, no_folder_given):
    (tmp_path / "file").write_text("in the way")
    before = cached_beside(__file__)
    for home in (None, str(tmp_path / "file")):
        monkeypatch.delenv("HOME", raising=False)
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        if home is not None:
            monkeypatch.setenv("XDG_CACHE_HOME", home)
        assert jit.compiled(halves)(8.0) == 3
    assert cached_beside(__file__) == before
    assert {path.name for path in tmp_path.rglob("*")} == {"file"}
