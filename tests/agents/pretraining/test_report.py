from mediagym.agents.pretraining.report import curve_markdown

CURVE = [
    {"iterations": 50 * i, "steps": 1000 * i, "cpu_seconds": 60.0 * i, "gain_over_follow": gain}
    for i, gain in enumerate([0.1, 0.3, 0.25, 0.4, 0.35], start=1)
]


def test_the_best_point_is_in_the_table_and_marked() -> None:
    table = curve_markdown(CURVE)
    assert "| 200 | 4,000 | 4.0 | **+0.400 %** |" in table
    assert table.count("**") == 2


def test_long_curves_are_thinned_and_end_with_the_last_point() -> None:
    long = [{**CURVE[0], "iterations": i} for i in range(1, 101)]
    rows = curve_markdown(long).splitlines()[2:]
    assert len(rows) <= 12
    assert rows[-1].startswith("| 100 |")
