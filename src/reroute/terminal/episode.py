"""One episode in full: what was asked, the failure with its evidence, what was in between, how it ended, and why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from reroute.episode_text import calls
from reroute.episode_text.scene import Beat, Part, Scene
from reroute.episode_text.wording import OUTCOMES
from reroute.safe_text import Piece, excerpt, one_line
from reroute.terminal.paper import block, text
from reroute.trace import Step

if TYPE_CHECKING:
    from rich.text import Text

    from reroute.episode import Episode

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
"""Characters of one text that are laid out; the paper then shows a few lines of them."""
_OUTCOME_STYLE = {"recovered": "green", "reported": "cyan", "conceded": "yellow", "handed_off": "yellow"}
_TIERS = {
    "A": "recovered, and the run passed",
    "B": "recovered, the run's outcome is unknown",
    "C": "recovered, but the run failed",
}
_ASSISTED = {"user_assisted": "a person's message helped", "agent_initiated": "by the agent itself"}


def view(told: Scene, columns: int) -> Iterator[Text]:
    """The episode as lines of at most ``columns`` columns."""
    episode = told.episode
    yield text((f"#{episode.episode_id[:8]}  ", "bold cyan"), (told.title, "bold"))
    yield text((_facts(episode), "dim"))
    yield text("")
    task = told.origin.task or "(the trace does not say)"
    yield from _labelled("asked", excerpt(_BLANK_LINES.sub("\n", task), head=2000), "", columns, 4)
    yield text("")
    for beat in told.beats:
        yield from _beat(told, beat, columns)
    yield text("")
    yield from _labelled("outcome", _plain(_outcome(told)), _style(episode.outcome), columns, 3)
    yield from _labelled("why", _plain(_why(episode)), "", columns, 6)
    yield from _labelled("from", _plain(_from(told)), "dim", columns, 3)


def _facts(episode: Episode) -> str:
    failures, actions = _count(episode.failures, "failure"), _count(episode.actions, "action")
    parts = [episode.kind, f"cause: {episode.cause}", f"{failures} in {actions}"]
    parts += [f"{episode.tokens_open:,} tokens"] if episode.tokens_open else []
    parts += [
        name.replace("_", " ") for name in ("hinted", "near_miss", "looped", "lost_call") if getattr(episode, name)
    ]
    parts += ["nominated: a person decides"] if episode.nominated else []
    return " · ".join(parts)


def _count(number: int, of: str) -> str:
    return f"{number:,} {of}{'' if number == 1 else 's'}"


def _beat(told: Scene, beat: Beat, columns: int) -> Iterator[Text]:
    sign, style = _SIGNS[beat.part]
    step = beat.step
    if step is None:
        yield text((f"     · … {beat.count:,} more steps", "dim"))
    elif beat.part in {"failure", "recovery"} and step.type == "call":
        yield text((f"{step.step:>4} {sign} ", style), (one_line(step.tool or "call", 40), style))
        yield from _call(step, told.failed if beat.part == "recovery" else None, columns)
    elif beat.part in {"shown", "recovered", "last"} or beat.spans:
        yield from _result(step, beat, style, columns)
    else:
        yield text((f"{step.step:>4} {sign} ", style), (_brief(step, columns - len(_MARGIN)), "dim"))


def _result(step: Step, beat: Beat, style: str, columns: int) -> Iterator[Text]:
    stated = _stated(step)
    pieces = excerpt(step.content or "", beat.spans, head=_LONGEST, around=800) or _plain("(nothing)")
    sign = f"{step.step:>4} {_SIGNS[beat.part][0]} "
    yield text((sign, style), (f"in the end the {_who(step)}" if beat.part == "last" else stated or _who(step), style))
    yield from block([(piece, "") for piece in pieces], _MARGIN, columns)


def _call(step: Step, failed: Step | None, columns: int) -> Iterator[Text]:
    """A call in full; what differs from the failed call of the same tool stands out."""
    other = failed if failed is not None and failed.tool == step.tool else None
    for line, differs in calls.told(step, other):
        style = "bold green" if differs else "bold"
        yield from block([(piece, style) for piece in excerpt(line, head=_LONGEST)], _MARGIN, columns, 6)


def _brief(step: Step, columns: int) -> str:
    """A step on one line."""
    if step.type == "call":
        return calls.summary(step, columns)
    if step.type == "result":
        return one_line(f"→ {_stated(step)} {step.content or '(nothing)'}".replace("  ", " "), columns)
    return one_line(f"{_who(step)}: {step.content or ''}", columns)


def _stated(step: Step) -> str:
    facts = [f"exit {step.exit_code}" if step.exit_code is not None else ""]
    facts += [f"HTTP {step.http_status}" if step.http_status is not None else ""]
    facts += [step.status if step.status in {"error", "denied"} else "", step.approval or ""]
    return " · ".join(dict.fromkeys(fact for fact in facts if fact))


def _who(step: Step) -> str:
    if step.type in {"call", "result"}:
        return one_line(step.tool or "tool", 40)
    name = {"assistant": "agent", "user": "person"}.get(step.role, step.role)
    return f"{name} thinks" if step.type == "reasoning" else f"{name} says"


def _outcome(told: Scene) -> str:
    episode = told.episode
    parts = [f"{episode.outcome}: {OUTCOMES.get(episode.outcome, 'no words for it')}"]
    parts += [_ASSISTED.get(episode.assisted, "")] if episode.outcome.startswith("recovered") else []
    parts += [f"tier {episode.tier}: {_TIERS[episode.tier]}"] if episode.tier in _TIERS else []
    parts += [f"the run: {told.origin.outcome}"] if told.origin.outcome and episode.tier not in _TIERS else []
    return " · ".join(part for part in parts if part)


def _why(episode: Episode) -> str:
    seen = [f"{e.signal} in step {e.step}" for e in episode.evidence]
    return f"{'; '.join(dict.fromkeys(seen)) or 'no signal kept'} · {_sure(episode)}"


def _sure(episode: Episode) -> str:
    if episode.probability is None:
        return f"score {episode.score:.2f} (not calibrated)"
    open_ = ", left to people" if episode.ambiguous else ""
    return f"probability of a failure {episode.probability:.2f}{open_}"


def _from(told: Scene) -> str:
    origin, who = told.origin, " · ".join(filter(None, [told.origin.agent, told.origin.model]))
    place = f"{one_line(origin.path, 120)} record {origin.record} · {origin.format} · trajectory {origin.trajectory_id}"
    return f"{place} · {one_line(who, 60)}" if who else place


def _style(outcome: str) -> str:
    return _OUTCOME_STYLE.get(outcome.partition("_")[0], _OUTCOME_STYLE.get(outcome, "red"))


def _plain(words: str) -> list[Piece]:
    return [Piece("plain", words)]


def _labelled(label: str, pieces: list[Piece], style: str, columns: int, most: int) -> Iterator[Text]:
    for index, line in enumerate(block([(piece, style) for piece in pieces], _MARGIN, columns, most)):
        if index:
            yield line
        else:
            yield text((f"{label:<{len(_MARGIN)}}", "bold"), line[len(_MARGIN) :])
