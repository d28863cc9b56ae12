"""What ``reroute look`` prints: how much failed, how it ended, and the episodes that tell most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reroute.safe_text import one_line, tail
from reroute.terminal.paper import text

if TYPE_CHECKING:
    from rich.text import Text

    from reroute.episode import Episode
    from reroute.look import Looked, Told

# Columns of the table, and the outcomes that each one holds.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "recovered": ("recovered_retry", "recovered_fix", "recovered_repair", "recovered_reroute", "recovered_degraded"),
    "to a person": ("conceded", "reported", "handed_off"),
    "looped": ("looped",),
    "masked": ("masked",),
    "given up": ("abandoned",),
    "run ended": ("ended",),
    "unknown": ("unknown",),
}
_GAP = 2


def screen(looked: Looked, told: Sequence[Told], again: str, columns: int) -> Iterator[Text]:
    """The first screen; ``again`` is the command that was typed, to say how to see one episode."""
    yield headline(looked)
    yield text((_detail(looked), "dim"))
    if looked.firm:
        yield text("")
        yield from table(looked.firm)
    if told:
        yield text("")
        yield text(("The most telling", "bold"))
        yield from lines(told, columns)
        yield text("")
        yield text(("One in full:  ", "dim"), f"{again} --show {told[0].short_id}")
    yield from _left_out(looked)


def headline(looked: Looked) -> Text:
    """``214 sessions, 61 episodes, 38 recovered, 4 % of tokens spent failing``"""
    found, recovered = len(looked.firm), sum(e.outcome.startswith("recovered") for e in looked.firm)
    spans: list[tuple[str, str] | str] = [
        (f"{looked.sessions:,} session{_s(looked.sessions)}", "bold"),
        ", ",
        (f"{found:,} episode{_s(found)}", "bold red" if found else "bold"),
        ", ",
        (f"{recovered:,} recovered", "bold green" if recovered else "bold"),
    ]
    if looked.spent is not None and found:
        spans += [", ", (f"{percent(looked.spent.share)} of {looked.spent.unit} spent failing", "bold yellow")]
    return text(*spans)


def percent(share: float) -> str:
    """A share as people say it: ``4 %``, ``0.3 %``."""
    value = 100 * share
    if 0 < value < 0.1:
        return "under 0.1 %"
    return f"{value:.1f} %" if value < 1 else f"{value:.0f} %"


def table(found: Sequence[Episode]) -> Iterator[Text]:
    """Kind by outcome, only the columns that have a number, the commonest kind first."""
    counts = Counter((episode.kind, column_of(episode.outcome)) for episode in found)
    kinds = [kind for kind, _ in Counter(episode.kind for episode in found).most_common()]
    columns = [name for name in _COLUMNS if any(counts[kind, name] for kind in kinds)]
    first = max(len(kind) for kind in kinds)
    yield text((" " * first + "".join(f"{name:>{len(name) + _GAP}}" for name in [*columns, "all"]), "dim"))
    for kind in kinds:
        cells = [_cell(counts[kind, name], name) for name in columns]
        total = sum(counts[kind, name] for name in columns)
        yield text(f"{kind:<{first}}", *cells, (f"{total:>{len('all') + _GAP},}", "bold"))


def column_of(outcome: str) -> str:
    """The column of the table that an outcome is counted in."""
    return next((name for name, outcomes in _COLUMNS.items() if outcome in outcomes), "unknown")


def lines(told: Sequence[Told], columns: int) -> Iterator[Text]:
    """Each episode on a line: its short id, then what happened."""
    longest = max((len(one.short_id) for one in told), default=0)
    for one in told:
        style = "green" if one.episode.outcome.startswith("recovered") else "red"
        what, arrow, came = one.line.partition(" → ")
        # The ending is what one looks for, so what failed gives way on a narrow screen.
        what = one_line(what, max(24, columns - longest - 5 - len(arrow) - len(came)))
        yield text((f"  #{one.short_id:<{longest}}  ", "cyan"), what, (arrow, "dim"), (came, style))


def _cell(count: int, name: str) -> tuple[str, str]:
    shown = f"{count:,}" if count else "·"
    return f"{shown:>{len(name) + _GAP}}", ("green" if name == "recovered" else "") if count else "dim"


def _detail(looked: Looked) -> str:
    formats = ", ".join(f"{count:,} {name}" for name, count in looked.formats.items())
    parts = [f"{formats} in {looked.files:,} file{_s(looked.files)}" if formats else "", f"{looked.steps:,} steps"]
    if looked.spent is not None and looked.spent.sessions < looked.sessions:
        parts.append(f"{looked.spent.unit} stated in {looked.spent.sessions:,} sessions")
    if guesses := len(looked.episodes) - len(looked.firm):
        parts.append(f"{guesses:,} more nominated, which only a person can judge")
    return " · ".join(part for part in [*parts, f"{looked.seconds:.1f} s"] if part)


def _left_out(looked: Looked) -> Iterator[Text]:
    notes = []
    if looked.rejected:
        notes.append((f"{looked.rejected:,} record{_s(looked.rejected)} could not be read", ""))
    if looked.problems:
        such = f", such as {_named(looked.problems[0])}"
        notes.append((f"{len(looked.problems):,} file{_s(len(looked.problems))} could not be read", such))
    if unknown := looked.unknown_files:
        notes.append((f"{len(unknown):,} file{_s(len(unknown))} of no known format", _some(unknown)))
    if notes:
        yield text("")
    for what, which in notes:
        yield text((what, "yellow"), which)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(_named(name) for name in names[:3])
    return f": {shown}{f' and {len(names) - 3:,} more' if len(names) > 3 else ''}"


def _named(name: str) -> str:
    """A file's name without most of its folders, and the reason where there is one."""
    path, colon, reason = name.partition(": ")
    return f"{tail(path, 48)}{colon}{one_line(reason, 60)}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"
