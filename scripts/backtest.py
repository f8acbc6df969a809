"""Hold the calibration's forecasts against what happened, origin by origin, beside naive rivals."""

from omegaconf import DictConfig

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
    command_line,
    console,
    launch,
    print_line,
    print_notes,
    progress,
    run_folder,
    to_plain_dict,
)


def main(config: DictConfig) -> None:
    """Backtest; write ``backtest.json`` and ``backtest.png``."""
    settings = to_plain_dict(config)
    asked = BacktestCommand.read(settings)
    history = asked.history()
    with progress("backtesting") as say:
        found = backtest(history, settings, asked.metric, say)
    content = backtest_document(*found, asked, history)
    folder = asked.output or run_folder()
    path = write_json(folder / "backtest.json", content)
    write_text(folder / "backtest.md", backtest_markdown(content, command_line("backtest")))
    picture = draw_backtest(content, folder)
    console.print(rolling_table(content))
    print_notes(content["remarks"])
    print_line(f"\nbacktest  {path}")
    print_line(f"picture   {picture}")


def run() -> None:
    """Console entry."""
    launch(main, "backtest")


if __name__ == "__main__":
    run()
