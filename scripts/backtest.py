"""Backtest the calibrated simulator's forecasts from rolling origins, beside naive forecasts."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_json, write_text
from mediagym.scripts.cli import (
    command,
    command_line,
    console,
    print_line,
    print_notes,
    progress_bar,
    run_folder,
)

if TYPE_CHECKING:
    from mediagym.agents.studies import BacktestCommand


@command("backtest", "mediagym.agents.studies:BacktestCommand.read")
def run(options: "BacktestCommand") -> None:
    """Backtest; write ``backtest.json``, ``backtest.md`` and ``backtest.png``."""
    from mediagym.agents.studies import (
        backtest,
        backtest_document,
        backtest_markdown,
        draw_backtest,
        origins_of,
        rolling_table,
        verdict_lines,
    )

    history = options.history()
    with progress_bar("origins", len(origins_of(history, options.backtest))) as advance:
        origins, latest = backtest(history, options, lambda _: advance())
    content = backtest_document(origins, latest, options, history)
    folder = options.output or run_folder()
    path = write_json(folder / "backtest.json", content)
    write_text(folder / "backtest.md", backtest_markdown(content, command_line("backtest")))
    picture = draw_backtest(content, folder)
    for line in verdict_lines(content):
        print_line(line)
    console.print(rolling_table(content))
    print_notes(content["remarks"][1:], path)
    print_line(f"\nbacktest  {path}")
    print_line(f"picture   {picture}")


if __name__ == "__main__":
    run()
