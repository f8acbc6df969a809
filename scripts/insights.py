"""Analyse the exports: history, attribution, changes, forecast, and their limitations."""

from typing import TYPE_CHECKING

from mediagym.data.storage import write_bytes, write_json, write_text
from mediagym.scripts.cli import command, console, print_line, print_notes, progress, run_folder

if TYPE_CHECKING:
    from mediagym.agents.studies import InsightsCommand


@command("insights", "mediagym.agents.studies:InsightsCommand.read")
def run(options: "InsightsCommand") -> None:
    """Write ``insights.json``, ``insights.html`` and the figures."""
    from mediagym.agents.studies import gather_insights
    from mediagym.data.insights import insights_document, insights_tables
    from mediagym.data.insights.figures import insights_figures
    from mediagym.data.insights.page import insights_page
    from mediagym.data.plotting import png_of

    folder = options.output or run_folder()
    with progress("analysing the exports") as show_progress:
        document = insights_document(gather_insights(options, show_progress))
        show_progress("drawing the figures")
        pictures = {name: png_of(figure) for name, figure in insights_figures(document).items()}
    path = write_json(folder / "insights.json", document)
    plan = "plan.html" if (folder / "plan.html").exists() else None
    page = write_text(folder / "insights.html", insights_page(document, pictures, plan))
    for name, picture in pictures.items():
        write_bytes(folder / f"{name}.png", picture)
    for table in insights_tables(document):
        console.print(table)
    print_notes(document["notes"], page)
    print_line(f"\nreport    {page}")
    print_line(f"document  {path}")
    print_line(f"figures   {', '.join(f'{name}.png' for name in pictures)}")


if __name__ == "__main__":
    run()
