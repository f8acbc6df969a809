"""Serve the application and its API: pages for marketers, `/v1` for programs."""

from typing import TYPE_CHECKING

from mediagym.scripts.cli import command, print_line

if TYPE_CHECKING:
    from mediagym.scripts.app import ServeCommand


@command("serve", "mediagym.scripts.app:ServeCommand.read")
def run(options: "ServeCommand") -> None:
    """Serve until the process is asked to end, or make a further key."""
    from mediagym.scripts.app import make_key, serve

    if options.new_key is not None:
        print_line(make_key(options))
        return
    serve(options)


if __name__ == "__main__":
    run()
