"""What of a run one request shows: the episode, a few actions around it, within a bound of characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from reroute import lanes
from reroute.episode_text import calls
from reroute.review.plan import span
from reroute.safe_text import excerpt, one_line
from reroute.trace import Step

if TYPE_CHECKING:
    from reroute.episode import Episode

_TASK = 1_500
_EARLIER = 8
_DECISIVE = 2_400
"""Characters that a step on which the verdict hangs may take."""
_LEAST, _MOST = 160, 1_200
"""Characters of any other step."""
_HEADER = 60
"""About what the line above a step takes."""
_BY_WORDS = frozenset({"masked", "reported", "handed_off"})
"""Episode outcomes that hang on what the agent says at the end."""
_UNSEEN = frozenset({"system", "developer"})


@dataclass(frozen=True)
class Window:
    """The recording as text, and the last step that it shows."""

    text: str
    last_step: int


def window(episode: Episode, steps: Sequence[Step], task: str | None, actions: int, characters: int) -> Window:
    """The path of the episode's lane from ``actions`` / 2 before it to ``actions`` after it, in so many characters.

    Steps far from the episode's own are left out first, before others those in which no person speaks; those on which
    the verdict hangs never are.
    """
    lane = [step for step in lanes.path(steps, episode.lane) if step.role not in _UNSEEN]
    hangs = {episode.onset_step, episode.manifest_step, episode.recovery_step, episode.recovery_result_step}
    decisive = {step for step in hangs if step is not None}
    shown = _around(episode, lane, actions)
    opening = _opening(task, lane, shown[0])
    room = characters - sum(map(len, opening))
    room -= sum(min(_size(step), _DECISIVE) + _HEADER for step in shown if step.step in decisive)
    others = [step for step in shown if step.step not in decisive]
    others.sort(key=lambda step: (step.role != "user", min(abs(step.step - near) for near in decisive), step.step))
    others = others[: max(room // (_LEAST + _HEADER), 0)]
    chosen = decisive | {step.step for step in others}
    shown = [step for step in shown if step.step in chosen]
    each, room = _MOST, room - _HEADER * len(others)
    while each > _LEAST and sum(min(_size(step), each) for step in others) > room:
        each -= 20
    blocks, places = [], {step.step: index for index, step in enumerate(lane)}
    for index, step in enumerate(shown):
        gap = places[step.step] - places[shown[index - 1].step] - 1 if index else 0
        blocks += [f"[{gap:,} {'step' if gap == 1 else 'steps'} left out]"] if gap else []
        blocks.append(_block(step, episode, _DECISIVE if step.step in decisive else each))
    over = shown[-1] is lane[-1]
    closing = "[the recording ends here]" if over else "[the run goes on; what comes later is not shown]"
    return Window("\n".join([*opening, *blocks, closing]), shown[-1].step)


def _around(episode: Episode, lane: Sequence[Step], actions: int) -> list[Step]:
    """The steps of the lane around an episode, with the agent's last words where the outcome hangs on them."""
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


def _opening(task: str | None, lane: Sequence[Step], first: Step) -> list[str]:
    """What stands above the first step that is shown: the task, unless that step is it, and the last calls before it.

    The calls are a line each, with what the harness stated about their results.
    """
    opening = []
    is_task = first is lane[0] and task is not None and (first.content or "").strip()[:200] == task.strip()[:200]
    if task is not None and not is_task:
        opening.append("[what the agent was asked to do]\n" + _quoted(task, _TASK))
    results = {step.parent_step: step for step in lane if step.type == "result"}
    lines = ["[earlier calls, a line each]"]
    for step in [step for step in lane if step.type == "call" and step.step < first.step][-_EARLIER:]:
        result, stated = results.get(step.step), ""
        if result is not None and result.exit_code is not None:
            stated = f" -> exit code {result.exit_code}"
        elif result is not None and result.status in {"error", "denied"}:
            stated = f" -> {result.status}"
        lines.append(f"| step {step.step}: {calls.summary(step, 110)}{stated}")
    return [*opening, "\n".join(lines)] if len(lines) > 1 else opening


def _size(step: Step) -> int:
    """Characters of a step's text and arguments."""
    return len(step.content or "") + len(step.arguments or "")


def _block(step: Step, episode: Episode, most: int) -> str:
    """One step: its facts in brackets, then at most ``most`` characters of it behind the margin."""
    facts = [f"step {step.step}", _what(step)]
    facts += [f"status {step.status}" if step.status in {"ok", "error", "denied"} else ""]
    facts += [f"exit code {step.exit_code}" if step.exit_code is not None else ""]
    facts += [f"HTTP {step.http_status}" if step.http_status is not None else ""]
    facts += [f"approval {step.approval}" if step.approval else ""]
    if step.step == episode.onset_step:
        facts.append("THE ACTION IN QUESTION")
    elif step.step == episode.manifest_step:
        facts.append("WHAT CAME OF IT")
    if step.type == "call":
        body = "\n".join(_quoted(line, most) for line, _ in calls.lines(step))
    else:
        marks = [mark for mark in episode.evidence if mark.step == step.step and mark.field == "content"]
        body = _quoted(step.content or "(nothing)", most, [(mark.span_start, mark.span_end) for mark in marks])
    return f"[{', '.join(fact for fact in facts if fact)}]\n{body}"


def _what(step: Step) -> str:
    """Who does what in a step, as ``call: bash`` or ``the agent says``."""
    tool = one_line(step.tool or "", 60).translate({ord(sign): None for sign in "[]|<>"})
    if step.type == "call":
        return f"call: {tool or 'a tool'}"
    if step.type == "result":
        of_call = step.parent_step is not None
        return f"result of step {step.parent_step}" if of_call else f"result: {tool or 'of a tool'}"
    if step.type not in {"message", "reasoning"}:
        return step.type
    who = {"assistant": "the agent", "user": "the person or the harness"}.get(step.role, step.role)
    return f"{who} {'thinks' if step.type == 'reasoning' else 'says'}"


def _quoted(text: str, most: int, spans: Sequence[tuple[int, int]] = ()) -> str:
    """``text`` behind a margin, its middle cut out where it is longer than ``most`` characters."""
    foot = most // 3
    pieces = excerpt(text, spans, head=most - foot, foot=foot, around=80)
    lines: list[str] = []
    for is_gap, group in groupby(pieces, key=lambda piece: piece.look == "gap"):
        joined = "".join(piece.text for piece in group)
        if is_gap:
            lines.append(f"[{len(joined):,} characters cut]")
        else:
            lines += [f"| {line}" for line in joined.split("\n") if line.strip()]
    return "\n".join(lines)
