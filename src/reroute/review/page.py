"""An episode as the HTML of a review task: coloured blocks, evidence marked, long text folded.

Every byte that came from a trace is escaped here and nowhere else; styles stand on the elements, because the screen
that shows them has its own.
"""

from __future__ import annotations

from html import escape

from reroute.episode_text import calls
from reroute.episode_text.timeline import Part, Segment, Timeline
from reroute.safe_text import Piece, clean, excerpt, one_line
from reroute.trace import Step

# Part: (label, background, border). Text is dark on all of them, also where the screen is dark.
_LOOKS: dict[Part, tuple[str, str, str]] = {
    "before": ("before", "#f6f8fa", "#d0d7de"),
    "failure": ("the failing call", "#ffebe9", "#cf222e"),
    "shown": ("what showed it", "#fff5f4", "#cf222e"),
    "between": ("in between", "#fffbea", "#d4a72c"),
    "recovery": ("the recovering call", "#dafbe1", "#1a7f37"),
    "recovered": ("what it brought", "#f0fff4", "#1a7f37"),
    "after": ("after", "#f6f8fa", "#d0d7de"),
    "last": ("the agent's last word", "#fbefff", "#8250df"),
    "skipped": ("", "#ffffff", "#d0d7de"),
}
_MONO = "font:12px/1.45 ui-monospace,'DejaVu Sans Mono',monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0"
_LABEL = "font:600 11px/1.6 system-ui,sans-serif;letter-spacing:.03em"
_INK = {"#d0d7de": "#656d76", "#d4a72c": "#9a6700"}  # a border that is too pale to read as text
_MARK = "background:#ffd33d;color:#1f2328;border-radius:3px;padding:0 2px"
_HEAD, _FOOT = 500, 400
_HEAD_SIDE = 260


def page(timeline: Timeline) -> str:
    """The HTML of one task: the run's task first, then every segment in order."""
    task = timeline.origin.task or "(the trace does not say what was asked)"
    blocks = [_block("the task", _text(excerpt(task, head=500)), "#e7f0fd", "#0969da")]
    blocks += [_segment(each, timeline.failed if each.part == "recovery" else None) for each in timeline.segments]
    return f'<div style="color:#1f2328;max-width:980px">{"".join(blocks)}</div>'


def _segment(segment: Segment, failed: Step | None) -> str:
    label, background, border = _LOOKS[segment.part]
    if segment.step is None:
        return f'<div style="{_LABEL};color:#656d76;padding:2px 12px">… {segment.count:,} more steps</div>'
    who = f" · {_who(segment.step)} · step {segment.step.step}"
    return _block(label, _body(segment, failed), background, border, who)


def _block(label: str, body: str, background: str, border: str, who: str = "") -> str:
    return (
        f'<div style="background:{background};border-left:4px solid {border};border-radius:6px;padding:6px 12px 8px;'
        f'margin:6px 0;color:#1f2328"><div style="{_LABEL};color:{_INK.get(border, border)}">{escape(label.upper())}'
        f'<span style="color:#656d76">{escape(who)}</span></div>{body}</div>'
    )


def _body(segment: Segment, failed: Step | None) -> str:
    step = segment.step
    if step is None:
        return ""
    if step.type == "call":
        return _call(step, failed)
    in_full = segment.part in {"shown", "recovered", "last"}
    stated = _stated(step)
    text = (
        _text(
            excerpt(
                step.content or "", segment.spans, head=_HEAD if in_full else _HEAD_SIDE, foot=_FOOT if in_full else 0
            )
        )
        if step.content
        else ""
    )
    return stated + (text or f'<div style="{_MONO};color:#656d76">(nothing)</div>')


def _call(step: Step, failed: Step | None) -> str:
    """A call, an argument a line; what differs from the failed call of the same tool stands out."""
    other = failed if failed is not None and failed.tool == step.tool else None
    lines = []
    for line, differs in calls.lines(step, other):
        shown = _text(excerpt(line, head=_HEAD))
        lines.append(f'<div style="background:#aceebb;border-radius:3px">{shown}</div>' if differs else shown)
    return "".join(lines)


def _stated(step: Step) -> str:
    """What the source itself says about a result: status and codes, where they say more than 'fine'."""
    facts = [f"exit code {step.exit_code}" if step.exit_code is not None else ""]
    facts += [f"HTTP {step.http_status}" if step.http_status is not None else ""]
    facts += [step.status if step.status in {"error", "denied"} else "", step.approval or ""]
    shown = " · ".join(dict.fromkeys(fact for fact in facts if fact))
    return f'<div style="font:12px system-ui,sans-serif;color:#656d76">{escape(shown)}</div>' if shown else ""


def _text(pieces: list[Piece]) -> str:
    inner = []
    for piece in pieces:
        if piece.look == "evidence":
            inner.append(f'<mark style="{_MARK}">{escape(piece.text)}</mark>')
        elif piece.look == "gap":
            inner.append(_fold(piece.text))
        else:
            inner.append(escape(piece.text))
    return f'<div style="{_MONO}">{"".join(inner)}</div>'


def _fold(text: str) -> str:
    summary = f'<summary style="cursor:pointer;color:#0969da">… {len(text):,} more characters</summary>'
    return f"<details>{summary}{escape(text)}</details>"


def _who(step: Step) -> str:
    if step.type in {"call", "result"}:
        return one_line(clean(step.tool or "tool"), 40)
    who = {"assistant": "agent", "user": "person"}.get(step.role, step.role)
    return f"{who} (thinking)" if step.type == "reasoning" else who
