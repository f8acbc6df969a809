"""Serve the application and its API: pages for marketers, `/v1` for programs."""

from mediagym.scripts.app import ServeCommand, make_key, serve
from mediagym.scripts.cli import command, print_line


@command("serve", ServeCommand.read)
def run(options: ServeCommand) -> None:
    """Serve until the process is asked to end, or make a further key."""
    if options.new_key is not None:
        print_line(make_key(options))
        return
    serve(options)


if __name__ == "__main__":
    run()
