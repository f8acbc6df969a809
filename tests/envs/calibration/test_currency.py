"""The currency of a posterior: kept from the history, saved, continued, and reported."""

import dataclasses
import re

import pytest

from mediagym.data.errors import DataError
from mediagym.data.storage import read_json
from mediagym.envs.calibration import calibrate, load_posterior, save_posterior, update
from mediagym.envs.calibration.report import calibration_content
from mediagym.envs.calibration.report.content import calibration_document
from mediagym.envs.calibration.report.figures import curves


def in_currency(record, currency):
    return dataclasses.replace(record, currency=currency)


@pytest.fixture(scope="module")
def early(history, priors, calibration_settings):
    """Posterior of all but the last ten days, whose exports named no currency."""
    return calibrate(history.window(None, -10), priors, calibration_settings)


def test_a_calibration_has_the_currency_of_its_history(history, priors, calibration_settings):
    short = in_currency(history.window(None, 60), "EUR")
    euros = calibrate(short, priors, calibration_settings)
    unnamed = calibrate(in_currency(short, None), priors, calibration_settings)
    assert (euros.currency, unnamed.currency) == ("EUR", None)
    assert euros.fingerprint() == unnamed.fingerprint()  # the draws are the same


@pytest.mark.parametrize("currency", [None, "EUR", "kr"])
def test_a_currency_is_saved_and_an_unknown_one_leaves_no_trace(posterior, tmp_path, currency):
    save_posterior(in_currency(posterior, currency), tmp_path)
    assert load_posterior(tmp_path).currency == currency
    document = read_json(tmp_path / "posterior.json")
    assert document.get("currency") == currency
    assert ("currency" in document) == (currency is not None)


@pytest.mark.parametrize(("before", "after"), [(None, "EUR"), ("EUR", "EUR"), (None, None)])
def test_a_calibration_is_continued_in_the_currency_of_the_new_exports(
    early, history, priors, calibration_settings, before, after
):
    named = in_currency(history, after)
    old = in_currency(early, before)
    report = early.report | {"history": dict(early.report["history"])}
    report["history"]["fingerprint"] = in_currency(history.window(None, -10), before).fingerprint()
    continued = update(dataclasses.replace(old, report=report), named, priors, calibration_settings)
    assert continued.currency == after
    assert continued.report["history"]["fingerprint"] == named.fingerprint()


@pytest.mark.parametrize(("after", "theirs"), [("JPY", "JPY"), (None, "a currency that they do")])
def test_a_calibration_in_another_currency_is_not_continued(
    early, history, priors, calibration_settings, after, theirs
):
    euros = in_currency(early, "EUR")
    with pytest.raises(DataError, match=rf"its amounts are in EUR, theirs in {theirs}"):
        update(euros, in_currency(history, after), priors, calibration_settings)


@pytest.mark.parametrize(("currency", "unit"), [("EUR", "€"), ("JPY", "¥"), (None, "dollars")])
def test_the_report_is_in_the_currency(history, posterior, priors, currency, unit):
    content = calibration_content(history, in_currency(posterior, currency), priors)
    assert calibration_document(content)["currency"] == currency
    label = curves(content).get_supxlabel()
    assert label.startswith(f"{unit} per day; ")
    assert currency is None or not re.search(r"\$|dollar", label)
