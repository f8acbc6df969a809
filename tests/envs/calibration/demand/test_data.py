import numpy as np


def test_reports_of_days_without_spend_or_report_do_not_count(simulated, structures):
    data = simulated(structures["steady"], 50, 2)
    spend, seen = data.observed.spend.copy(), data.observed.seen.copy()
    spend[10:15, 0], seen[20, 1] = 0.0, False
    complete = np.where(np.arange(50)[:, None] == 49, 0.5, np.ones((50, 2)))
    observed = data.observed._replace(spend=spend, seen=seen, complete=complete)
    reports = data._replace(observed=observed).reports(50)
    assert np.array_equal(reports.seen == 0, (spend == 0) | ~seen)
    np.testing.assert_allclose(reports.offset[-1], np.log(0.5))
    assert not reports.offset[:-1].any()


def test_the_design_of_known_days_does_not_depend_on_what_comes_after(simulated, structures):
    data = simulated(structures["steady"], 60, 2, events=2)
    seasonal = structures["steady"].model_copy(update={"season": True})
    observed = data.observed
    spend, conversions = observed.spend.copy(), observed.conversions.copy()
    spend[50:] *= 5
    conversions[40:] = 999.0
    changed = data._replace(observed=observed._replace(spend=spend, conversions=conversions))
    ours, theirs = (each.design(seasonal, 40, 10) for each in (data, changed))
    for one, other in zip(ours, theirs, strict=True):
        assert np.array_equal(one, other)
    assert len(ours.ratio) == 50
    assert ours.columns.shape[2] == 4 + 1 + 7 + 16 + 2


def test_a_window_of_a_design_has_its_days(simulated, structures):
    data = simulated(structures["steady"], 60, 2)
    design = data.design(structures["steady"], 60, 0)
    window = design.window(slice(10, 20))
    assert np.array_equal(window.columns, design.columns[10:20])
    assert np.array_equal(window.ratio, design.ratio[10:20])
    assert np.array_equal(window.mean, design.mean)


def test_a_change_of_currency_changes_no_regressor(simulated, structures):
    ours, theirs = (
        simulated(structures["steady"], 60, 2, scale=scale).design(structures["steady"], 40, 20)
        for scale in (1.0, 1e-5)
    )
    for name in ("columns", "ratio", "mean", "sd"):
        np.testing.assert_allclose(getattr(theirs, name), getattr(ours, name), atol=1e-9)
