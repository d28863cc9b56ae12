"""One episode in full: what was asked, the failure with its evidence, what was in between, how it ended, and why.

A trajectory begins with its end: how it ended, and where it went wrong, most likely first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reroute.episode_text import calls, wording
from reroute.episode_text.timeline import Part, Segment, Timeline
from reroute.lineage import source_place
from reroute.safe_text import Piece, excerpt, one_line
from reroute.terminal.output import block, counted, text
from reroute.trace import Step

if TYPE_CHECKING:
    from rich.text import Text

    from reroute.tag.endings import Ending

# Part: (sign, style of the sign and of the tool).
_SIGNS: dict[Part, tuple[str, str]] = {
    "before": ("·", "dim"),
    "failure": ("✗", "bold red"),
    "shown": (" ", "red"),
    "between": ("·", "yellow"),
    "recovery": ("✓", "bold green"),
    "recovered": (" ", "green"),
    "after": ("·", "dim"),
    "last": ("“", "magenta"),
    "skipped": ("·", "dim"),
}
_MARGIN = " " * 9
_BLANK_LINES = re.compile(r"\n\s*\n")
_LONGEST = 20_000
"""Characters of one text that are laid out; the block then shows a few lines of them."""
_OUTCOME_STYLE = {"recovered": "green", "reported": "cyan", "conceded": "yellow", "handed_off": "yellow"}
_TIERS = {
    "A": "recovered, and the run passed",
    "B": "recovered, the run's outcome is unknown",
    "C": "recovered, but the run failed",
}
_ASSISTED = {"user_assisted": "a person's message helped", "agent_initiated": "by the agent itself"}
_ENDED = {"pass": ("it passed", "bold green"), "fail": ("it failed", "bold red")}
_RELATIONS = {
    "owner": "{}: its history is this run's through step {}, counted there; this run's own begins with step {}",
    "copy": "{}: begins with this run's history, through its step {}; its own begins with step {}",
    "whole": "{}: this run is the beginning of it, and is counted there",
    "beginning": "{}: the beginning of this run, counted here",
}
"""Of a relative, its id, the last copied step and the one after it."""
_REASON = 300
_MEANING = "score: an order of what the rules suspect, from 0 to 1; not a probability. Most silent failures are unseen"


def ending_lines(ending: Ending, columns: int) -> Iterator[Text]:
    """The end of a trajectory and its suspects, most likely first, in at most ``columns`` columns."""
    words, style = _ENDED.get(ending.outcome or "", ("nobody said how it ended", "bold"))
    said = f" ({ending.outcome_source})" if ending.outcome in _ENDED else ""
    yield text((f"{ending.trajectory_id[:12]}  ", "bold cyan"), (words, style), said)
    for one in ending.relatives:
        words = _RELATIONS[one.relation].format(one.trajectory_id[:12], one.copied_through, one.copied_through + 1)
        ends = f"; failures open there ended: {', '.join(one.episodes)}" if one.episodes else ""
        yield text(("relative ", "bold"), words, ends)
    if ending.outcome == "pass":
        return
    if not ending.suspects:
        yield text("where it went wrong: nothing that could be seen; most failures leave no sign")
        return
    yield text(("where it went wrong, most likely first", "bold"))
    for suspect in ending.suspects:
        facts = f"step {suspect.step} · score {suspect.score:.2f}"
        facts += f" · #{suspect.episode_id[:8]}" if suspect.episode_id else ""
        yield text((f"{suspect.rank:>4}.  ", "bold"), (facts, "yellow"))
        yield from block([(Piece("plain", one_line(suspect.reason, _REASON)), "")], " " * 7, columns, 4)
    yield text((_MEANING, "dim"))


def view(shown: Timeline, columns: int) -> Iterator[Text]:
    """The episode as lines of at most ``columns`` columns."""
    episode = shown.episode
    facts = [episode.kind, f"cause: {episode.cause}"]
    facts += [f"{counted(episode.failures, 'failure')} in {counted(episode.actions, 'action')}"]
    facts += [f"{episode.tokens_open:,} tokens"] if episode.tokens_open else []
    flags = ("hinted", "near_miss", "looped", "lost_call")
    facts += [name.replace("_", " ") for name in flags if getattr(episode, name)]
    facts += ["in an abandoned branch"] if shown.abandoned else []
    facts += ["nominated: a person decides"] if episode.nominated else []
    yield text((f"#{episode.episode_id[:8]}  ", "bold cyan"), (shown.title, "bold"))
    yield text((" · ".join(facts), "dim"))
    yield text("")
    task = shown.origin.task or "(the trace does not say)"
    yield from _labelled("asked", excerpt(_BLANK_LINES.sub("\n", task), head=2000), "", columns, 4)
    yield text("")
    for segment in shown.segments:
        yield from _segment(shown, segment, columns)
    yield text("")
    yield from _conclusion(shown, columns)


def _segment(shown: Timeline, segment: Segment, columns: int) -> Iterator[Text]:
    """A segment: failed and recovering calls and the results beside them in full, every other step on one line."""
    sign, style = _SIGNS[segment.part]
    step = segment.step
    if step is None:
        yield text((f"     · … {segment.count:,} more steps", "dim"))
        return
    margin = (f"{step.step:>4} {sign} ", style)
    who, stated = _said_by(step)
    if segment.part in {"failure", "recovery"} and step.type == "call":
        yield text(margin, (one_line(step.tool or "call", 40), style))
        # What differs from the failed call of the same tool stands out.
        failed = shown.failed if segment.part == "recovery" else None
        other = failed if failed is not None and failed.tool == step.tool else None
        for line, differs in calls.lines(step, other):
            weight = "bold green" if differs else "bold"
            yield from block([(piece, weight) for piece in excerpt(line, head=_LONGEST)], _MARGIN, columns, 6)
    elif segment.part in {"shown", "recovered", "last"} or segment.spans:
        yield text(margin, (f"in the end the {who}" if segment.part == "last" else stated or who, style))
        pieces = excerpt(step.content or "", segment.spans, head=_LONGEST, around=800) or [Piece("plain", "(nothing)")]
        yield from block([(piece, "") for piece in pieces], _MARGIN, columns)
    else:
        room = columns - len(_MARGIN)
        line = one_line(f"{who}: {step.content or ''}", room)
        if step.type == "call":
            line = calls.summary(step, room)
        elif step.type == "result":
            line = one_line(f"→ {stated} {step.content or '(nothing)'}".replace("  ", " "), room)
        yield text(margin, (line, "dim"))


def _said_by(step: Step) -> tuple[str, str]:
    """Who a step is of, and what the trace itself states of a result: exit code, HTTP status, error, approval."""
    facts = [f"exit {step.exit_code}" if step.exit_code is not None else ""]
    facts += [f"HTTP {step.http_status}" if step.http_status is not None else ""]
    facts += [step.status if step.status in {"error", "denied"} else "", step.approval or ""]
    stated = " · ".join(dict.fromkeys(fact for fact in facts if fact))
    if step.type in {"call", "result"}:
        return one_line(step.tool or "tool", 40), stated
    name = {"assistant": "agent", "user": "person"}.get(step.role, step.role)
    return f"{name} thinks" if step.type == "reasoning" else f"{name} says", stated


def _conclusion(shown: Timeline, columns: int) -> Iterator[Text]:
    """How the episode ended, what it was found by and how sure that is, and where it comes from."""
    episode, origin = shown.episode, shown.origin
    recovered, graded = episode.outcome.startswith("recovered"), episode.tier in _TIERS
    ended = [f"{episode.outcome}: {wording.outcome(episode.outcome)}"]
    ended += [_ASSISTED.get(episode.assisted, "")] if recovered else []
    ended += [f"tier {episode.tier}: {_TIERS[episode.tier]}"] if episode.tier is not None and graded else []
    ended += [f"the run: {origin.run_outcome}"] if origin.run_outcome and not graded else []
    style = _OUTCOME_STYLE.get(episode.outcome.partition("_")[0], _OUTCOME_STYLE.get(episode.outcome, "red"))
    yield from _labelled("outcome", " · ".join(part for part in ended if part), style, columns, 3)
    signals = "; ".join(dict.fromkeys(f"{e.signal} in step {e.step}" for e in episode.evidence)) or "no signal recorded"
    sure = f"score {episode.score:.2f} (not calibrated)"
    if episode.probability is not None:
        sure = f"probability of a failure {episode.probability:.2f}{', left to people' if episode.ambiguous else ''}"
    yield from _labelled("why", f"{signals} · {sure}", "", columns, 6)
    place = f"{one_line(origin.path, 120)} record {origin.record} · {origin.format} · trajectory {origin.trajectory_id}"
    if (failed := shown.onset) is not None and failed.file is not None:
        at = source_place(failed, origin.path)
        place += f" · the failure in {one_line(at.file, 120)} record {at.record} {one_line(at.pointer, 60)}".rstrip()
    who = " · ".join(filter(None, [origin.agent, origin.model]))
    yield from _labelled("from", f"{place} · {one_line(who, 60)}" if who else place, "dim", columns, 3)


def _labelled(label: str, words: str | list[Piece], style: str, columns: int, most: int) -> Iterator[Text]:
    """A block of at most ``most`` lines whose first begins with its label in the margin."""
    pieces = [Piece("plain", words)] if isinstance(words, str) else words
    for index, line in enumerate(block([(piece, style) for piece in pieces], _MARGIN, columns, most)):
        if index:
            yield line
        else:
            yield text((f"{label:<{len(_MARGIN)}}", "bold"), line[len(_MARGIN) :])
