"""The currency of a history."""

from dataclasses import fields, replace

import helpers.histories as histories

from mediagym.data.history import History


def test_a_fingerprint_changes_only_with_a_currency_that_is_named() -> None:
    history = histories.random_history(0)
    assert history.currency is None
    # as it was before histories had a currency: cached calibrations are found by it
    assert history.fingerprint() == (
        "ea5320332e2bd76aed173a6729a7941fea1339d2483ded8351c406657cce02c6"
    )
    named = [replace(history, currency=currency) for currency in (None, "EUR", "JPY", "$")]
    assert named[0].fingerprint() == history.fingerprint()
    assert len({each.fingerprint() for each in named}) == 4


def test_a_window_keeps_the_currency() -> None:
    history = replace(histories.random_history(0), currency="EUR")
    assert history.window(3, 9).currency == "EUR"
    assert (
        history.window(3, 9).fingerprint()
        != replace(history.window(3, 9), currency=None).fingerprint()
    )


def test_the_currency_is_the_last_field_of_a_history() -> None:
    assert [field.name for field in fields(History)][-1] == "currency"
