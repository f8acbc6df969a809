import dataclasses
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from mediagym.data.errors import DataError
from mediagym.data.history import METRICS, MISSING, OBSERVED, History
from mediagym.data.plotting import blank
from mediagym.envs.calibration import (
    CalibrationSettings,
    Posterior,
    Priors,
    calibrate,
    spending_facts,
)
from mediagym.envs.calibration.priors import PARAMETER_INDEX
from mediagym.envs.calibration.report import calibration_content
from mediagym.envs.calibration.report.content import (
    PARAMETERS,
    QUANTILES,
    CalibrationContent,
    calibration_document,
)
from mediagym.envs.calibration.report.figures import FIGURES
from mediagym.envs.calibration.report.page import write_report
from mediagym.envs.market import simulate, steady_conversions


@pytest.fixture(scope="module")
def content(history: History, posterior: Posterior, priors: Priors) -> CalibrationContent:
    return calibration_content(history, posterior, priors)


@pytest.fixture(scope="module")
def written(content: CalibrationContent, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_report(content, "conversions", tmp_path_factory.mktemp("report") / "calibration")


@pytest.fixture(scope="module")
def page(written: list[Path]) -> str:
    return written[0].read_text(encoding="utf-8")


class _Tags(HTMLParser):
    """All tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_every_parameter_of_the_priors_is_shown() -> None:
    assert set(PARAMETERS) == set(PARAMETER_INDEX)


def test_curves_are_bands_that_grow_with_spend(content: CalibrationContent) -> None:
    curve, grid = content.curve, content.grid
    assert curve.shape == (len(QUANTILES), len(grid), len(content.names))
    assert (np.diff(curve, axis=0) >= 0).all()
    assert (np.diff(curve, axis=1) >= 0).all()
    np.testing.assert_allclose(curve[:, 0], 0, atol=1e-3)
    assert (np.diff(grid, axis=0) > 0).all()


def test_a_further_unit_of_spend_brings_what_the_curves_rise_by(
    content: CalibrationContent,
) -> None:
    marginal, rise = (
        content.marginal,
        np.diff(content.curve, axis=1) / np.diff(content.grid, axis=0),
    )
    assert marginal.shape == (len(QUANTILES), len(content.grid) - 1, len(content.names))
    assert (np.diff(marginal, axis=0) >= 0).all()
    assert (marginal[0] <= rise[2] + 1e-9).all()  # the median curve's rise is within the interval
    assert (rise[2] <= marginal[-1] + 1e-9).all()


def test_curves_widen_outside_what_was_observed(
    content: CalibrationContent, posterior: Posterior
) -> None:
    """By the ratio of the interval's bounds, from the reference to five times the largest spend."""
    width = np.log(content.curve[-1, 1:] / content.curve[0, 1:])
    inside = np.argmin(np.abs(content.grid[1:] - posterior.market.reference_spend[0]), axis=0)
    large = np.nansum(content.conversions, axis=0) > 100
    assert (width[-1] > width[inside, np.arange(width.shape[1])])[large].all()


def test_a_steady_state_curve_is_the_mean_of_a_month_of_constant_spend(
    posterior: Posterior,
) -> None:
    """At a constant level and usual demand, over whole weeks, with the stock converged."""
    market, state = posterior.sample_training(8)
    still = market._replace(level_kept=np.ones_like(market.level_kept), calendar=None)
    state = state._replace(demand=None)
    plan = np.repeat(posterior.recent[None, None], 28, 0)
    converged = state._replace(stock=posterior.recent + 0 * state.stock)
    _, outcomes = simulate(still, converged, plan, None)
    month = sum(outcome.expected for outcome in outcomes) / 28
    np.testing.assert_allclose(steady_conversions(market, posterior.recent, state.level), month)


def test_posteriors_of_the_content_agree_with_the_report(
    content: CalibrationContent, posterior: Posterior
) -> None:
    """Parameters are read back from the market's fields."""
    for name in PARAMETERS:
        values = content.posterior[name]
        assert values.shape == (posterior.draws - posterior.held_out, len(content.names))
        prior = content.prior[name]
        assert np.isfinite(prior).all()
    for k, campaign in enumerate(content.names):
        summary = posterior.report["campaigns"][campaign]["parameters"]
        for name in PARAMETERS:
            low, high = summary[name]["p05"], summary[name]["p95"]
            inside = (content.posterior[name][:, k] >= low - 1e-9) & (
                content.posterior[name][:, k] <= high + 1e-9
            )
            assert inside.mean() > 0.75, (campaign, name)


def test_levels_cover_every_day_of_the_history(
    content: CalibrationContent, history: History
) -> None:
    assert content.level.shape == (len(QUANTILES), *history.spend.shape)
    assert (np.diff(content.level, axis=0) >= 0).all()
    assert (content.level > 0).all()


def test_the_document_is_json_and_states_the_observed_range(
    content: CalibrationContent, history: History
) -> None:
    document = json.loads(json.dumps(calibration_document(content), allow_nan=False))
    assert list(document["campaigns"]) == list(history.names)
    assert document["history"]["fingerprint"] == history.fingerprint()
    for k, campaign in enumerate(document["campaigns"].values()):
        most = np.nanmax(history.spend[:, k])
        assert campaign["observed"]["spend_max"] == pytest.approx(most)
        facts = spending_facts(history)
        assert campaign["observed"]["recent_max"] == facts.recent_max[k]
        assert campaign["observed"]["season_max"] is None  # the history has no earlier year
        assert campaign["observed"]["days_without_spend"] == facts.days_off[k]
        assert campaign["curve"]["known_max"] == facts.recent_max[k]
        counted = np.nansum(history.conversions[:, k])
        assert campaign["observed"]["conversions"] == pytest.approx(counted)
        curve = campaign["curve"]
        np.testing.assert_allclose(
            curve["times_observed_max"], np.array(curve["spend"]) / max(most, 0.01)
        )
        assert np.shape(curve["conversions"]) == (len(QUANTILES), len(curve["spend"]))
        assert np.shape(curve["marginal"]) == (len(QUANTILES), len(curve["spend"]) - 1)
        for name in PARAMETERS:
            parts = campaign["parameters"][name]
            assert (
                parts["learnt"]
                == content.report["campaigns"][content.names[k]]["parameters"][name]["learnt"]
            )
            for side in ("prior", "posterior"):
                assert parts[side] == sorted(parts[side])
        assert 0 <= campaign["checks"]["one_day_ahead_coverage90"] <= 1


def test_large_campaigns_have_nominal_coverage(content: CalibrationContent) -> None:
    large = np.nansum(content.conversions, axis=0) > 150
    np.testing.assert_allclose(content.check.coverage90[large], 0.9, atol=0.1)


def test_the_report_has_all_its_files(written: list[Path]) -> None:
    assert [path.name for path in written] == [
        "calibration.html", "calibration.json", *(f"{name}.png" for name in FIGURES),
    ]  # fmt: skip
    assert json.loads(written[1].read_text(encoding="utf-8"))["objective"] == "conversions"
    for path in written[2:]:
        image = imread(path)
        assert image.shape[1] > 500
        assert image.std() > 0.03


def _heading(name: str) -> str:
    """Heading of a campaign's row."""
    text = name.replace("&", "&amp;").replace("/", "/<wbr>", 1)
    return f'role="rowheader" class="text"><bdi>{text}</bdi></th>'


def test_the_page_is_self_contained(page: str) -> None:
    tags = _Tags(page).tags
    for tag, attributes in tags:
        assert tag not in ("script", "link", "iframe", "object"), tag
        for key in ("src", "href", "data", "action", "srcset"):
            assert (attributes.get(key) or "data:").startswith(("data:", "#")), attributes
    assert "url(" not in page
    assert "@import" not in page
    assert not re.search(r"https?://", page)


def test_the_page_has_one_figure_per_section_and_one_row_per_campaign(
    page: str, content: CalibrationContent
) -> None:
    tags = _Tags(page).tags
    images = [attributes for tag, attributes in tags if tag == "img"]
    assert len(images) == len(FIGURES)
    assert len({image["src"] for image in images}) == len(FIGURES)
    for image in images:
        assert (image["src"] or "").startswith("data:image/png;base64,iVBOR")
        assert image["alt"]
    headings = [tag for tag, _ in tags if tag == "h2"]
    assert len(headings) >= len(FIGURES) + 1
    for name in content.names:
        assert _heading(name) in page
    assert "Objective: conversions" in page


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blank figures, for tests that do not look at them."""
    for name in FIGURES:
        monkeypatch.setitem(FIGURES, name, lambda _: blank(1, 1))


@pytest.mark.usefixtures("quick")
def test_names_and_notes_are_escaped(content: CalibrationContent, tmp_path: Path) -> None:
    markup = "<script>alert(1)</script> & more"
    report = {**content.report, "notes": [markup]}
    page = write_report(content._replace(report=report), "conversions", tmp_path)[0].read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in page


@pytest.mark.usefixtures("quick")
def test_a_folder_that_cannot_be_written_to_is_an_error(
    content: CalibrationContent, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="file"):
        write_report(content, "conversions", tmp_path / "file" / "calibration")


def test_a_campaign_without_reports_is_shown_with_its_prior(
    history: History,
    priors: Priors,
    calibration_settings: CalibrationSettings,
    tmp_path: Path,
) -> None:
    """And so is one that spent nothing."""
    arrays = {name: getattr(history, name)[:, :3].copy() for name in (*METRICS, "presence")}
    for name in METRICS:
        arrays[name][:, 0], arrays[name][:, 1] = np.nan, 0.0
    arrays["presence"][:, 0], arrays["presence"][:, 1] = MISSING, OBSERVED
    if history.complete is not None:
        arrays["complete"] = history.complete[:, :3].copy()
    quiet = dataclasses.replace(history, campaigns=history.campaigns[:3], **arrays)
    posterior = calibrate(quiet, priors, calibration_settings)
    html, data, *_ = write_report(
        calibration_content(quiet, posterior, priors), "conversions", tmp_path
    )
    text = re.sub(r'src="[^"]*"', "", html.read_text())
    assert "nan" not in text.casefold()
    first, second, _ = json.loads(data.read_text())["campaigns"].values()
    nothing = {"days": 0, "spend_mean": 0, "spend_max": 0, "conversions": 0}
    lately = {"recent_max": 0, "season_max": None, "days_without_spend": len(history.dates)}
    assert first["observed"] == nothing | lately
    assert second["observed"]["days"] == len(history.dates)


def test_after_an_update_priors_keep_their_centres(
    history: History, posterior: Posterior, priors: Priors, content: CalibrationContent
) -> None:
    """They come from the update state, not from the longer history."""
    assert posterior.update_state is not None
    moved = posterior.update_state._replace(
        anchor_conversions=2 * posterior.update_state.anchor_conversions
    )
    again = calibration_content(history, dataclasses.replace(posterior, update_state=moved), priors)
    np.testing.assert_allclose(
        again.prior["conversions"], 2 * content.prior["conversions"], rtol=1e-12
    )
    alone = calibration_content(history, dataclasses.replace(posterior, update_state=None), priors)
    np.testing.assert_allclose(alone.prior["conversions"], content.prior["conversions"])
