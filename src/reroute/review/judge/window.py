"""What of a run one request shows: the episode, a few actions around it, within a bound of characters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reroute.episode_text import calls
from reroute.safe_text import Piece, excerpt, one_line
from reroute.trace import Step

if TYPE_CHECKING:
    from reroute.episode import Episode

_TASK = 1_500
_EARLIER = 8
_TELLING = 2_400
"""Characters that a step on which the verdict hangs may take."""
_LEAST, _MOST = 160, 1_200
"""Characters of any other step."""
_HEADER = 60
"""About what the line above a step takes."""
_BY_WORDS = frozenset({"masked", "reported", "handed_off"})
"""Outcomes that hang on what the agent says at the end."""
_UNSEEN = frozenset({"system", "developer"})


@dataclass(frozen=True)
class Window:
    """The recording as text, and the last step that it shows."""

    text: str
    last_step: int


def window(episode: Episode, steps: Sequence[Step], task: str | None, actions: int, characters: int) -> Window:
    """The steps of the episode's lane from ``actions`` / 2 before it to ``actions`` after it, in so many characters.

    Steps far from the episode's own are left out first, those on which the verdict hangs never.
    """
    lane = [step for step in steps if step.lane == episode.lane and step.role not in _UNSEEN]
    shown, telling = _around(episode, lane, actions), _telling(episode)
    first = _task(task, lane, shown)
    opening = [first, _earlier(lane, shown[0].step)]
    room = (
        characters - sum(map(len, opening)) - sum(min(_size(s), _TELLING) + _HEADER for s in shown if s.step in telling)
    )
    shown = _thinned(shown, telling, room // (_LEAST + _HEADER))
    rest = [min(_size(step), _MOST) for step in shown if step.step not in telling]
    each = _share(rest, room - _HEADER * len(rest))
    blocks = [_block(s, episode, _TELLING if s.step in telling else each, gap) for s, gap in _gaps(shown, lane)]
    over = shown[-1] is lane[-1]
    closing = "[the recording ends here]" if over else "[the run goes on; what comes later is not shown]"
    return Window("\n".join(block for block in (*opening, *blocks, closing) if block), shown[-1].step)


def span(episode: Episode) -> tuple[int, int]:
    """First and last step that a verdict on this episode judges."""
    return episode.onset_step, max(episode.manifest_step, episode.close_step, episode.recovery_result_step or 0)


def _around(episode: Episode, lane: Sequence[Step], actions: int) -> list[Step]:
    start, end = span(episode)
    earlier = [step.step for step in lane if step.type == "call" and step.step < start]
    later = [step.step for step in lane if step.type == "call" and step.step > end]
    before = actions // 2
    first = earlier[-before] if before and len(earlier) >= before else -1
    stop = later[actions] if len(later) > actions else None
    shown = [step for step in lane if first <= step.step and (stop is None or step.step < stop)]
    said = [s for s in lane if s.role == "assistant" and s.type == "message" and (s.content or "").strip()]
    if episode.outcome in _BY_WORDS and said and said[-1].step > shown[-1].step:
        shown.append(said[-1])
    return shown


def _telling(episode: Episode) -> frozenset[int]:
    """The steps on which the verdict hangs."""
    hangs = {episode.onset_step, episode.manifest_step, episode.recovery_step, episode.recovery_result_step}
    return frozenset(step for step in hangs if step is not None)


def _thinned(shown: list[Step], telling: frozenset[int], room: int) -> list[Step]:
    """``shown`` with at most ``room`` steps beside those on which the verdict hangs: the nearest to them, and before
    others what a person said.
    """
    others = [step for step in shown if step.step not in telling]
    if len(others) <= room:
        return shown
    others.sort(key=lambda step: (step.role != "user", min(abs(step.step - near) for near in telling), step.step))
    kept = telling | {step.step for step in others[: max(room, 0)]}
    return [step for step in shown if step.step in kept]


def _share(sizes: list[int], room: int) -> int:
    """The most characters that each may have, so that all together stay within ``room``."""
    each = _MOST
    while each > _LEAST and sum(min(size, each) for size in sizes) > room:
        each -= 20
    return each


def _gaps(shown: Sequence[Step], lane: Sequence[Step]) -> Iterator[tuple[Step, int]]:
    """Each step with how many of its lane were left out before it."""
    places = {step.step: index for index, step in enumerate(lane)}
    last = None
    for step in shown:
        place = places[step.step]
        yield step, 0 if last is None else place - last - 1
        last = place


def _size(step: Step) -> int:
    return len(step.content or "") + len(step.arguments or "")


def _earlier(lane: Sequence[Step], before: int) -> str:
    """The last calls before a step, a line each, with what the harness stated about their results."""
    calling = [step for step in lane if step.type == "call" and step.step < before][-_EARLIER:]
    results = {step.parent_step: step for step in lane if step.type == "result"}
    lines = [f"| step {step.step}: {calls.summary(step, 110)}{_came(results.get(step.step))}" for step in calling]
    return "\n".join(["[earlier calls, a line each]", *lines]) if lines else ""


def _came(result: Step | None) -> str:
    if result is None or (result.exit_code is None and result.status not in {"error", "denied"}):
        return ""
    return f" -> exit code {result.exit_code}" if result.exit_code is not None else f" -> {result.status}"


def _task(task: str | None, lane: Sequence[Step], shown: Sequence[Step]) -> str:
    first = shown[0].content or ""
    if task is None or (shown[0] is lane[0] and first.strip()[:200] == task.strip()[:200]):
        return ""
    return "[what the agent was asked to do]\n" + _quoted(task, _TASK)


def _block(step: Step, episode: Episode, most: int, gap: int) -> str:
    left_out = f"[{gap:,} {'step' if gap == 1 else 'steps'} left out]\n" if gap else ""
    marks = [mark for mark in episode.evidence if mark.step == step.step and mark.field == "content"]
    if step.type == "call":
        body = "\n".join(_quoted(line, most) for line, _ in calls.lines(step))
    else:
        body = _quoted(step.content or "(nothing)", most, [(mark.span_start, mark.span_end) for mark in marks])
    return f"{left_out}[{_header(step, episode)}]\n{body}"


def _header(step: Step, episode: Episode) -> str:
    facts = [f"step {step.step}", _what(step)]
    facts += [f"status {step.status}" if step.status in {"ok", "error", "denied"} else ""]
    facts += [f"exit code {step.exit_code}" if step.exit_code is not None else ""]
    facts += [f"HTTP {step.http_status}" if step.http_status is not None else ""]
    facts += [f"approval {step.approval}" if step.approval else ""]
    if step.step == episode.onset_step:
        facts.append("THE ACTION IN QUESTION")
    elif step.step == episode.manifest_step:
        facts.append("WHAT CAME OF IT")
    return ", ".join(fact for fact in facts if fact)


def _what(step: Step) -> str:
    tool = one_line(step.tool or "", 60).translate({ord(sign): None for sign in "[]|<>"})
    if step.type == "call":
        return f"call: {tool or 'a tool'}"
    if step.type == "result":
        return (
            f"result of step {step.parent_step}" if step.parent_step is not None else f"result: {tool or 'of a tool'}"
        )
    who = {"assistant": "the agent", "user": "the person or the harness"}.get(step.role, step.role)
    return (
        f"{who} {'thinks' if step.type == 'reasoning' else 'says'}"
        if step.type in {"message", "reasoning"}
        else step.type
    )


def _quoted(text: str, most: int, spans: Sequence[tuple[int, int]] = ()) -> str:
    """``text`` behind a margin, its middle cut out where it is longer than ``most`` characters."""
    foot = most // 3
    lines: list[str] = []
    for is_gap, pieces in groupby(excerpt(text, spans, head=most - foot, foot=foot, around=80), _is_gap):
        joined = "".join(piece.text for piece in pieces)
        if is_gap:
            lines.append(f"[{len(joined):,} characters cut]")
        else:
            lines += [f"| {line}" for line in joined.split("\n") if line.strip()]
    return "\n".join(lines)


def _is_gap(piece: Piece) -> bool:
    return piece.look == "gap"
