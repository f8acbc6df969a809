"""Backtest the calibrated simulator's forecasts from rolling origins, beside naive forecasts."""

from mediagym.agents.studies import (
    BacktestCommand,
    backtest,
    backtest_document,
    backtest_markdown,
    draw_backtest,
    rolling_table,
)
from mediagym.data.storage import write_json, write_text
from mediagym.scripts.cli import (
    command,
    command_line,
    console,
    print_line,
    print_notes,
    progress,
    run_folder,
)


@command("backtest", BacktestCommand.read)
def run(options: BacktestCommand) -> None:
    """Backtest; write ``backtest.json`` and ``backtest.png``."""
    history = options.history()
    with progress("backtesting") as show_progress:
        origins, latest = backtest(history, options, show_progress)
    content = backtest_document(origins, latest, options, history)
    folder = options.output or run_folder()
    path = write_json(folder / "backtest.json", content)
    write_text(folder / "backtest.md", backtest_markdown(content, command_line("backtest")))
    picture = draw_backtest(content, folder)
    console.print(rolling_table(content))
    print_notes(content["remarks"])
    print_line(f"\nbacktest  {path}")
    print_line(f"picture   {picture}")


if __name__ == "__main__":
    run()
