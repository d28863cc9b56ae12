"""What ``reroute look`` shows: how much failed, how it ended, and the most informative episodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reroute.collect.collected import shortened
from reroute.safe_text import one_line, tail
from reroute.terminal.output import counted, table, text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    from reroute.episode import Episode
    from reroute.look import Looked
    from reroute.look.summary import Summary

COLUMNS: dict[str, tuple[str, ...]] = {
    "recovered": ("recovered_retry", "recovered_fix", "recovered_repair", "recovered_reroute", "recovered_degraded"),
    "to a person": ("conceded", "reported", "handed_off"),
    "looped": ("looped",),
    "masked": ("masked",),
    "given up": ("abandoned",),
    "run ended": ("ended",),
    "unknown": ("unknown",),
}
"""Columns of the table, and the episode outcomes that each one holds."""
_COLUMN_OF = {outcome: name for name, outcomes in COLUMNS.items() for outcome in outcomes}


def screen(looked: Looked, shown: Sequence[Summary], again: str, columns: int) -> Iterator[RenderableType]:
    """The first screen; ``again`` is the command that was typed, to say how to see one episode."""
    yield from _totals(looked)
    if looked.firm:
        yield text("")
        yield outcomes(looked.firm)
    if shown:
        yield text("")
        yield text(("The most informative", "bold"))
        yield from listing(shown, columns)
        yield text("")
        yield text(("One in full:  ", "dim"), f"{again} --show {shown[0].short_id}")
    left_out = []
    if looked.rejected:
        left_out.append((f"{counted(looked.rejected, 'record')} could not be read", ""))
    if looked.problems:
        such = f", such as {_named(looked.problems[0])}"
        left_out.append((f"{counted(len(looked.problems), 'file')} could not be read", such))
    for reason, names in looked.passed_by.items():
        such = ", ".join(_named(name) for name in shortened(names))
        left_out.append((f"{counted(len(names), 'file')} passed by ({reason})", f": {such}"))
    if left_out:
        yield text("")
    for what, which in left_out:
        yield text((what, "yellow"), which)


def totals(looked: Looked) -> dict[str, object]:
    """What ``reroute look --json`` says: the counts, and every episode on a line."""
    return {
        "sessions": looked.sessions,
        "files": looked.files,
        "steps": looked.steps,
        "formats": looked.formats,
        "episodes": len(looked.firm),
        "guesses": len(looked.episodes) - len(looked.firm),
        "recovered": sum(episode.outcome.startswith("recovered") for episode in looked.firm),
        "spent_failing": looked.spent,
        "passed_by": looked.passed_by,
        "hidden": looked.hidden,
        "rejected": looked.rejected,
        "problems": looked.problems,
        "found": [looked.summary(episode) for episode in looked.episodes],
    }


def listing(shown: Sequence[Summary], columns: int, total: int | None = None) -> Iterator[RenderableType]:
    """Each episode on a line: its short id, then what happened; and how many more of ``total`` there are."""
    longest = max((len(one.short_id) for one in shown), default=0)
    lines = table()
    for one in shown:
        style = "green" if one.episode.outcome.startswith("recovered") else "red"
        what, arrow, ending = one.line.partition(" → ")
        # The ending is what one looks for, so what failed gives way on a narrow screen.
        what = one_line(what, max(24, columns - longest - 5 - len(arrow) - len(ending)))
        lines.add_row(text((f"  #{one.short_id}", "cyan")), text(what, (arrow, "dim"), (ending, style)))
    if shown:
        yield lines
    if total is not None and total > len(shown):
        yield text((f"  … {total - len(shown):,} more; --limit 0 lists all", "dim"))
    if total == 0:
        yield text("No episodes like that here. `reroute status` says what was collected and tagged.")


def outcomes(found: Sequence[Episode]) -> Table:
    """Kind by episode outcome, only the columns that have a number, the commonest kind first."""
    counts = Counter((episode.kind, _COLUMN_OF.get(episode.outcome, "unknown")) for episode in found)
    kinds = [kind for kind, _ in Counter(episode.kind for episode in found).most_common()]
    columns = [name for name in COLUMNS if any(counts[kind, name] for kind in kinds)]
    shown = table(alignment="<" + ">" * (len(columns) + 1))
    shown.add_row("", *(text((name, "dim")) for name in [*columns, "all"]))
    for kind in kinds:
        cells = []
        for name in columns:
            count = counts[kind, name]
            style = "dim" if not count else "green" if name == "recovered" else ""
            cells.append(text((f"{count:,}" if count else "·", style)))
        total = sum(counts[kind, name] for name in columns)
        shown.add_row(kind, *cells, text((f"{total:,}", "bold")))
    return shown


def percent(share: float) -> str:
    """A share as people say it: ``4 %``, ``0.3 %``."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    return f"{value:.1f} %" if value < 1 else f"{value:.0f} %"


def _totals(looked: Looked) -> Iterator[Text]:
    """``214 sessions, 61 episodes, 38 recovered, 4 % of tokens spent failing``, and what that is counted over."""
    found, recovered = len(looked.firm), sum(e.outcome.startswith("recovered") for e in looked.firm)
    spans: list[tuple[str, str] | str] = [
        (counted(looked.sessions, "session"), "bold"),
        ", ",
        (counted(found, "episode"), "bold red" if found else "bold"),
        ", ",
        (f"{recovered:,} recovered", "bold green" if recovered else "bold"),
    ]
    if looked.spent is not None and found:
        spans += [", ", (f"{percent(looked.spent.share)} of {looked.spent.unit} spent failing", "bold yellow")]
    yield text(*spans)
    formats = ", ".join(f"{count:,} {name}" for name, count in looked.formats.items())
    parts = [f"{formats} in {counted(looked.files, 'file')}" if formats else "", f"{looked.steps:,} steps"]
    if looked.spent is not None and looked.spent.sessions < looked.sessions:
        parts.append(f"{looked.spent.unit} stated in {looked.spent.sessions:,} sessions")
    if guesses := len(looked.episodes) - len(looked.firm):
        parts.append(f"{guesses:,} more nominated, which only a person can judge")
    yield text((" · ".join(part for part in [*parts, f"{looked.seconds:.1f} s"] if part), "dim"))


def _named(name: str) -> str:
    """A file's name without most of its folders, and the reason where there is one."""
    path, colon, reason = name.partition(": ")
    return f"{tail(path, 48)}{colon}{one_line(reason, 60)}"
