"""The command ``reroute``: one verb a function, each calling the package; results to stdout, narration to stderr."""

from __future__ import annotations

import importlib
import sys

from reroute.cli.command import app
from reroute.errors import RerouteError

# The order of the story, which is the order of the help: a chapter's verbs are added when it is imported.
for _chapter in ("looking", "collecting", "tagging", "reviewing", "exporting", "tuning", "operating"):
    importlib.import_module(f"reroute.cli.{_chapter}")


def main() -> None:
    """Run the command; a user's error prints one message without a traceback and sets the exit code."""
    try:
        app()
    except RerouteError as error:
        print(f"reroute: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.exit(0)  # the reader of a pipe, such as head, has seen enough
