"""Hostile values of settings, by name; most are of a wrong type for most keys."""

from collections.abc import Callable, Mapping
from typing import Any

Make = Callable[[], Any]
_DEEP = 50_000  # levels; far beyond what recursion stands


def _lists() -> Any:
    value: Any = 1
    for _ in range(_DEEP):
        value = [value]
    return value


def _mappings() -> Any:
    value: Any = 1
    for _ in range(_DEEP):
        value = {"a": value}
    return value


MISSING = "missing"  # the key is taken away
UNKNOWN = "unknown"  # a key that does not exist is added beside it
_NUMBERS: dict[str, Any] = {
    "zero": 0,
    "one": 1,
    "fraction": 0.5,
    "negative": -1,
    "negative zero": -0.0,
    "tiny": 1e-308,
    "subnormal": 5e-324,
    "huge": 1e308,
    "minus huge": -1e308,
    "large": 10**9,
    "2**31": 2**31,
    "2**53": 2**53,
    "2**63": 2**63,
    "2**64": 2**64,
    "5,000 digits": 10**5000,
    "1e18": 1e18,
    "nan": float("nan"),
    "inf": float("inf"),
    "-inf": float("-inf"),
}
_TEXTS: dict[str, Any] = {
    "empty": "",
    "blank": " \t",
    "word": "word",
    "text of nan": "nan",
    "text of inf": "1e400",
    "percent": "%",
    "10%": "10%",
    "1000%": "1000%",
    "5,000 nines": "9" * 5000,
    "4,000 nines": "9" * 4000 + "%",
    "other digits": "\u0663\u0661",
    "underscores": "1_000",
    "NUL": "a\0b",
    "lines": "a\nb\r\x1b[31mc",
    "right to left": "\u202eabc",
    "half a character": "\ud800",
    "4,000 letters": "x" * 4000,
    "a million letters": "x" * 1_000_000,
    "markup of rich": "[/b]",
    "formula of TeX": "$\\frac{x$",
    "HTML": "<script>alert(1)</script>",
    "formula of a sheet": "=cmd|' /C calc'!A0",
    "braces": "{0} {x!r} %s %(a)s",
    "path above": "../../../escaped",
    "device": "/dev/null",
    "endless device": "/dev/zero",
    "folder": "/",
    "a user's home": "~nobody-of-that-name/x",
    "oracle": "clairvoyant",
}
_CONTAINERS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "no items": [],
    "no keys": {},
    "list": [1],
    "list of null": [None],
    "list of texts": ["a", "b", "a"],
    "list of lists": [[1, [2]]],
    "huge layer": [1_000_000_000],
    "mapping": {"a": 1},
    "mapping of null": {"a": None},
    "key of null": {None: 1},
    "key of a number": {1: {2: 3}},
    "contradiction": {"fixed": "10%", "cap": "5%", "floor": "1%", "off": True},
}
_LARGE: dict[str, Make] = {
    "deep lists": _lists,
    "deep mappings": _mappings,
    "many items": lambda: [0] * 200_000,
    "many keys": lambda: {f"k{i}": i for i in range(200_000)},
}


def _constant(value: Any) -> Make:
    return lambda: value


VALUES: Mapping[str, Make] = {
    **{name: _constant(value) for name, value in {**_NUMBERS, **_TEXTS, **_CONTAINERS}.items()},
    **_LARGE,
}
NAMES = (*VALUES, MISSING, UNKNOWN)
