"""Read a folder of ad exports: what was found by file, and the history as one table."""

from typing import TYPE_CHECKING

from mediagym.data.errors import DataError
from mediagym.data.storage import write_json, write_text
from mediagym.scripts.cli import command, console, print_line, print_notes, progress, run_folder

if TYPE_CHECKING:
    from mediagym.data.ingestion import IngestCommand


@command("ingest", "mediagym.data.ingestion:IngestCommand.read")
def run(options: "IngestCommand") -> None:
    """Write ``history.csv``, ``ingest.json`` and ``ingest.html``.

    Of a folder that is refused, only ``ingest.json`` is written, with all problems of all files.
    """
    from mediagym.data.exports import read_exports
    from mediagym.data.ingestion import (
        history_csv,
        ingest_document,
        ingest_tables,
        problems_document,
    )
    from mediagym.data.ingestion.figures import ingest_figures
    from mediagym.data.ingestion.page import ingest_page
    from mediagym.data.plotting import png_of
    from mediagym.data.units import history_of, units_of

    folder = options.output or run_folder()
    with progress("reading the exports") as show_progress:
        try:
            records = read_exports(options.data, show_progress)
            # a folder that is too short for a calibration is described all the same
            settings = options.data.model_copy(update={"minimum_days": 1})
            history = history_of(records, settings)
            units, _ = units_of(records, options.data)  # notes are in the history's
        except DataError as error:
            write_json(folder / "ingest.json", problems_document(error))
            raise
        show_progress("drawing the figures")
        document = ingest_document(records, history, units)
        pictures = {
            name: png_of(figure) for name, figure in ingest_figures(records, document).items()
        }
    path = write_json(folder / "ingest.json", document)
    table = write_text(folder / "history.csv", history_csv(records))
    page = write_text(folder / "ingest.html", ingest_page(document, pictures))
    for each in ingest_tables(document):
        console.print(each)
    print_notes(document["notes"], page)
    print_line(f"\nhistory   {table}")
    print_line(f"report    {page}")
    print_line(f"document  {path}")


if __name__ == "__main__":
    run()
