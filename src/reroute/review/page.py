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
"""Characters of a text's beginning and end that are shown unfolded."""
_HEAD_SIDE = 260
"""Of a step beside the episode's own."""


def page(timeline: Timeline) -> str:
    """The HTML of one task: the run's task first, then every segment in order."""
    task = timeline.origin.task or "(the trace does not say what was asked)"
    blocks = [_block("the task", _text(excerpt(task, head=500)), "#e7f0fd", "#0969da")]
    for segment in timeline.segments:
        step = segment.step
        if step is None:
            more = f"… {segment.count:,} more steps"
            blocks.append(f'<div style="{_LABEL};color:#656d76;padding:2px 12px">{more}</div>')
            continue
        if step.type in {"call", "result"}:
            who = one_line(clean(step.tool or "tool"), 40)
        else:
            who = {"assistant": "agent", "user": "person"}.get(step.role, step.role)
            who += " (thinking)" if step.type == "reasoning" else ""
        body = _body(segment, step, timeline.failed if segment.part == "recovery" else None)
        label, background, border = _LOOKS[segment.part]
        at = f" · {one_line(step.file, 120)} record {step.source_index}" if step.file is not None else ""
        blocks.append(_block(label, body, background, border, f" · {who} · step {step.step}{at}"))
    return f'<div style="color:#1f2328;max-width:980px">{"".join(blocks)}</div>'


def _block(label: str, body: str, background: str, border: str, who: str = "") -> str:
    """A coloured block; ``body`` is HTML, label and ``who`` are text."""
    return (
        f'<div style="background:{background};border-left:4px solid {border};border-radius:6px;padding:6px 12px 8px;'
        f'margin:6px 0;color:#1f2328"><div style="{_LABEL};color:{_INK.get(border, border)}">{escape(label.upper())}'
        f'<span style="color:#656d76">{escape(who)}</span></div>{body}</div>'
    )


def _body(segment: Segment, step: Step, failed: Step | None) -> str:
    """A call, an argument a line: what differs from the failed call of the same tool stands out.

    Of any other step what the source itself says about it, where that is more than 'fine', and then its text.
    """
    if step.type == "call":
        other = failed if failed is not None and failed.tool == step.tool else None
        lines = []
        for line, differs in calls.lines(step, other):
            shown = _text(excerpt(line, head=_HEAD))
            lines.append(f'<div style="background:#aceebb;border-radius:3px">{shown}</div>' if differs else shown)
        return "".join(lines)
    facts = [f"exit code {step.exit_code}" if step.exit_code is not None else ""]
    facts += [f"HTTP {step.http_status}" if step.http_status is not None else ""]
    facts += [step.status if step.status in {"error", "denied"} else "", step.approval or ""]
    stated = escape(" · ".join(dict.fromkeys(fact for fact in facts if fact)))
    if stated:
        stated = f'<div style="font:12px system-ui,sans-serif;color:#656d76">{stated}</div>'
    if not step.content:
        return f'{stated}<div style="{_MONO};color:#656d76">(nothing)</div>'
    in_full = segment.part in {"shown", "recovered", "last"}
    head, foot = (_HEAD, _FOOT) if in_full else (_HEAD_SIDE, 0)
    return stated + _text(excerpt(step.content, segment.spans, head=head, foot=foot))


def _text(pieces: list[Piece]) -> str:
    """Pieces of a text as HTML: evidence marked, gaps folded."""
    inner = []
    for piece in pieces:
        words = escape(piece.text)
        if piece.look == "evidence":
            words = f'<mark style="{_MARK}">{words}</mark>'
        elif piece.look == "gap":
            more = f"… {len(piece.text):,} more characters"
            words = f'<details><summary style="cursor:pointer;color:#0969da">{more}</summary>{words}</details>'
        inner.append(words)
    return f'<div style="{_MONO}">{"".join(inner)}</div>'
