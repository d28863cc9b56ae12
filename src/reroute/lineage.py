"""Where a step was read: the file, the record and the place in it."""

from __future__ import annotations

import msgspec

from reroute.trace import Step


class SourcePlace(msgspec.Struct, frozen=True):
    """A place in a source."""

    file: str
    """Relative to the source."""
    record: int
    """0-based in the file."""
    pointer: str
    """JSON pointer inside the record."""


def source_place(step: Step, file: str) -> SourcePlace:
    """Where a step was read, of a run whose own file is ``file``: its session may lie in several."""
    return SourcePlace(step.file or file, step.source_index, step.source_pointer)
