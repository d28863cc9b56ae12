"""What a person hears while work goes on: lines and progress bars on stderr, never on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from rich.console import Console

Item = TypeVar("Item")


def console(*, stderr: bool = True) -> Console:
    """A console on stderr (narration) or stdout (results); text is never read as markup or emoji codes."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True)


def say(line: str) -> None:
    """One line of narration."""
    print(line, file=sys.stderr, flush=True)


def warn(line: str) -> None:
    """One line that a person should act on."""
    say(f"warning: {line}")


def track(items: Iterable[Item], what: str, total: int | None = None) -> Iterator[Item]:
    """Pass ``items`` through under a progress bar on stderr; silent where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import track as bar

    yield from bar(items, description=what, total=total, console=console(), transient=True)
