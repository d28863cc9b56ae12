"""The head of a trajectory: how it ended, and where it went wrong, most likely first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from reroute.safe_text import Piece, one_line
from reroute.terminal.paper import block, text

if TYPE_CHECKING:
    from rich.text import Text

    from reroute.tag.endings import Ending, Suspect

_ENDED = {"pass": ("it passed", "bold green"), "fail": ("it failed", "bold red")}
_INDENT = " " * 7
_REASON = 300
_MEANING = "score: an order of what the rules suspect, from 0 to 1; not a probability. Most silent failures are unseen"


def view(ending: Ending, columns: int) -> Iterator[Text]:
    """The ending as lines of at most ``columns`` columns."""
    words, style = _ENDED.get(ending.outcome or "", ("nobody said how it ended", "bold"))
    said = f" ({ending.outcome_source})" if ending.outcome in _ENDED else ""
    yield text((f"{ending.trajectory_id[:12]}  ", "bold cyan"), (words, style), said)
    if ending.outcome == "pass":
        return
    if not ending.suspects:
        yield text("where it went wrong: nothing that could be seen; most failures leave no sign")
        return
    yield text(("where it went wrong, most likely first", "bold"))
    for suspect in ending.suspects:
        yield from _suspect(suspect, columns)
    yield text((_MEANING, "dim"))


def _suspect(suspect: Suspect, columns: int) -> Iterator[Text]:
    facts = f"step {suspect.step} · score {suspect.score:.2f}"
    facts += f" · #{suspect.episode_id[:8]}" if suspect.episode_id else ""
    yield text((f"{suspect.rank:>4}.  ", "bold"), (facts, "yellow"))
    yield from block([(Piece("plain", one_line(suspect.reason, _REASON)), "")], _INDENT, columns, 4)
