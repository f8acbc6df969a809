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


def test_a_division_by_zero_gives_infinity_as_in_numpy():
    assert jit.compiled(divide)(1.0, 0.0) == float("inf")


def test_functions_are_compiled_without_a_writable_cache_folder(monkeypatch):
    real = jit.njit

    def nowhere(**options):
        if options.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    monkeypatch.setattr(jit, "njit", nowhere)
    assert jit.compiled(halves)(8.0) == 3
