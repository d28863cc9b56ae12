"""The command ``reroute``: one verb a function, each calling the package; results to stdout, narration to stderr."""

from __future__ import annotations

import importlib
import sys

import typer

from reroute.errors import RerouteError

app = typer.Typer(
    name="reroute",
    help="Find where agent runs failed and recovered, grade the doubtful, export small fine-tuning datasets.",
    no_args_is_help=True,
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# The order of the story, which is the order of the help.
CHAPTERS = ("looking", "collecting", "tagging", "reviewing", "exporting", "tuning", "operating")


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    """What holds for every verb."""
    if version:
        from reroute import __version__

        print(f"reroute {__version__}")
        raise typer.Exit


def load_chapters() -> None:
    """Let every chapter add its verbs."""
    for chapter in CHAPTERS:
        importlib.import_module(f"reroute.cli.{chapter}").register(app)


def main() -> None:
    """Run the command; a user's error prints one message without a traceback and sets the exit code."""
    load_chapters()
    try:
        app()
    except RerouteError as error:
        print(f"reroute: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)  # the reader of a pipe, such as head, has seen enough
